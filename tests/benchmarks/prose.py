"""`python -m tests.benchmarks.prose`: search in a workspace of 1,500 articles beside 150 source files.

Prints how often the first hit is what was asked for: the definition of a name, an article about it where one is asked
for, and the article that alone says a thing. `--articles` and `--sources` make it of another size.
Not here: code that no article talks about (the annotated repositories of `ablation`).
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import closing
from pathlib import Path

from dt6_lsp.index.index import Index
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings
from tests.prose_workspace import ASKING_FOR_PROSE, DEFINED, NAMING, ONLY_IN_PROSE, write


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.benchmarks.prose", description=__doc__)
    ask.add_argument("--articles", type=int, default=1_500)
    ask.add_argument("--sources", type=int, default=150)
    args = ask.parse_args()
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "workspace")
        write(root, args.articles, args.sources)
        with closing(Index.open(root, Path(folder, "store"), build_embedder(settings), settings)) as index:
            report = index.update()
            print(f"{report.files} files, {report.chunks} chunks; the first hit is right for")
            right = [_all_right(index, title, wanted) for title, wanted in _questions().items()]
    return 0 if all(right) else 1


def _questions() -> dict[str, list[tuple[str, str, str]]]:
    """By title: query, and the path and a text that the first hit should have."""
    asked = {form: [(form.format(name=each.name), each.path, "") for each in DEFINED] for form in NAMING}
    asked |= {
        form: [(form.format(name=each.name), "articles/", each.name) for each in DEFINED] for form in ASKING_FOR_PROSE
    }
    return asked | {"what one article says": [(saying, path, "") for path, saying in ONLY_IN_PROSE.items()]}


def _all_right(index: Index, title: str, questions: list[tuple[str, str, str]]) -> bool:
    first = [(index.search(query, 10)[:1], path, text) for query, path, text in questions]
    right = sum(hit.path.startswith(path) and text in hit.text for hits, path, text in first for hit in hits)
    print(f"{right:4} of {len(first):3}  {title}", flush=True)
    return right == len(first)


if __name__ == "__main__":
    raise SystemExit(main())
