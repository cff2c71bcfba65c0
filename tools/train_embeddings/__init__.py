"""Makes `dt6_lsp/models/data/static.npz`, the vectors of the built-in embedding.

Steps: bring source text beyond Python (`fetch`), read permissively licensed text only (`sources`), choose a vocabulary
and count it (`vocabulary`), encode every token with all-MiniLM-L6-v2 and reduce the result (`distil`), mine pairs of a
sentence and its code (`pairs`), train on them (`train`), write the artifact. `make train-embeddings` runs it in an
environment with the `train` extra. Nothing of this is needed, or installed, to use DT6.
"""
