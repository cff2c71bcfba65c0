"""Code actions: what can be done at a place (`offers`), and the changes that a model drafts for it (`drafting`)."""
