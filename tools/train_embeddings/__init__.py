"""Makes `dt6_lsp/models/data/static.npz`, the vectors of the built-in embedding.

Steps: read permissively licensed source text (`sources`), choose a vocabulary and count it (`vocabulary`), encode every
token with all-MiniLM-L6-v2 and reduce the result (`distil`), write the artifact. Run by `make train-embeddings` in an
environment with the `train` extra. Nothing of this is needed, or installed, to use DT6.
"""
