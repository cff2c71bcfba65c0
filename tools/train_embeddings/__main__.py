"""`python -m tools.train_embeddings`: reads, distils, trains, writes. The same input gives the same bytes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from dt6_lsp.models.wordpiece import WordPieces
from tools.train_embeddings import distil, fetch, sources, train, vocabulary
from tools.train_embeddings.pairs import mine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tools.train_embeddings.sources import Source

_HERE = Path(__file__).parent
_FETCHED = _HERE.parents[1] / "build" / "training-text"
_ARTIFACT = _HERE.parents[1] / "dt6_lsp" / "models" / "data" / "static.npz"


def main() -> None:
    args = _arguments()
    torch.set_num_threads(args.threads)
    fetch.main(args.fetched.resolve())
    used = _sources(args.fetched.resolve(), args.guard)
    tokens, vectors = _distilled(used, args.tokens, args.dimension)
    if not args.distil_only:
        named = ((path, sources.known_name(source.name, path)) for source in used for path in source.files)
        pairs = mine(named, WordPieces(tokens), seed=0)
        print(f"{len(pairs.weights):,} pairs", flush=True)
        vectors = train.train(vectors, pairs, seeds=(1, 2))
    distil.quantised(tokens, vectors).save(str(args.out))
    _list_sources(used)
    print(f"{args.out}: {args.out.stat().st_size:,} bytes")


def _arguments() -> argparse.Namespace:
    ask = argparse.ArgumentParser(prog="python -m tools.train_embeddings", description=__doc__)
    ask.add_argument("--out", type=Path, default=_ARTIFACT, help="the artifact to write")
    ask.add_argument("--fetched", type=Path, default=_FETCHED, help="where source text beyond Python is kept")
    ask.add_argument("--guard", type=Path, help="folder of checkouts that must not be learned from")
    ask.add_argument("--distil-only", action="store_true", help="write the vectors before training")
    ask.add_argument("--tokens", type=int, default=20_000)
    ask.add_argument("--dimension", type=int, default=256)
    ask.add_argument("--threads", type=int, default=1)
    return ask.parse_args()


def _sources(fetched: Path, guard: Path | None) -> list[Source]:
    found = [sources.standard_library(), *sources.installed_packages(), *sources.fetched_packages(fetched)]
    kept = list(sources.without_overlap(found, guard))
    if guard is not None:
        _list_excluded(found, kept)
    return [source for source in kept if source.files]


def _list_excluded(found: list[Source], kept: list[Source]) -> None:
    """Adds what the guard refused to `excluded.txt`, so that training without the checkouts gives the same."""
    refused = {
        sources.known_name(whole.name, path)
        for whole, rest in zip(found, kept, strict=True)
        for path in set(whole.files) - set(rest.files)
    }
    sources.EXCLUDED.write_text("".join(f"{name}\n" for name in sorted(refused)), encoding="utf-8")


def _distilled(used: list[Source], size: int, dimension: int) -> tuple[list[str], NDArray[np.float32]]:
    model = distil.teacher()
    counts = vocabulary.count_words(sources.read(path) for source in used for path in source.files)
    tokens = vocabulary.choose(distil.teacher_words(model), counts, size)
    print(f"{sum(counts.values()):,} words, {len(counts):,} different; {len(tokens):,} tokens", flush=True)
    vectors = distil.reduce(distil.encode(model, tokens), dimension)
    return tokens, vectors * distil.sif_weights(vocabulary.count_tokens(tokens, counts))[:, None]


def _list_sources(used: list[Source]) -> None:
    lines = [{"name": s.name, "version": s.version, "licence": s.licence, "files": len(s.files)} for s in used]
    text = "[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n"
    (_HERE / "sources.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
