"""`python -m tools.train_embeddings --out FILE`: reads, distils, writes. The same input gives the same bytes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from tools.train_embeddings import distil, sources, vocabulary

if TYPE_CHECKING:
    from tools.train_embeddings.sources import Source

_HERE = Path(__file__).parent


def main() -> None:
    args = _arguments()
    torch.set_num_threads(args.threads)
    used = _sources(args.npm, args.guard)
    model = distil.teacher()
    counts = vocabulary.count_words(sources.read(path) for source in used for path in source.files)
    tokens = vocabulary.choose(distil.teacher_words(model), counts, args.tokens)
    print(f"{sum(counts.values()):,} words, {len(counts):,} different; {len(tokens):,} tokens")
    vectors = distil.reduce(distil.encode(model, tokens), args.dimension)
    vectors *= distil.sif_weights(vocabulary.count_tokens(tokens, counts))[:, None]
    distil.quantised(tokens, vectors).save(str(args.out))
    _list_sources(used)
    print(f"{args.out}: {args.out.stat().st_size:,} bytes")


def _arguments() -> argparse.Namespace:
    ask = argparse.ArgumentParser(prog="python -m tools.train_embeddings", description=__doc__)
    ask.add_argument("--out", type=Path, required=True, help="the artifact to write")
    ask.add_argument("--npm", type=Path, help="a node_modules folder to read as well")
    ask.add_argument("--guard", type=Path, help="folder of checkouts that must not be learned from")
    ask.add_argument("--tokens", type=int, default=18_000)
    ask.add_argument("--dimension", type=int, default=256)
    ask.add_argument("--threads", type=int, default=1)
    return ask.parse_args()


def _sources(npm: Path | None, guard: Path | None) -> list[Source]:
    found = [sources.standard_library(), *sources.installed_packages()]
    if npm is not None:
        found += sources.npm_packages(npm)
    return [source for source in sources.without_overlap(found, guard) if source.files]


def _list_sources(used: list[Source]) -> None:
    lines = [{"name": s.name, "version": s.version, "licence": s.licence, "files": len(s.files)} for s in used]
    text = "[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n"
    (_HERE / "sources.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
