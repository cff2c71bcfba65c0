"""A package, so that no library's stray `tests` can take its place."""
