"""`python -m tests.benchmarks.token_economy --corpora DIR --bench DIR`: how soon what is found holds a relevant file.

For each annotated query two contexts are measured at 500, 1,000 and 2,000 tokens:

- `hits`: what `search` gives, in rank order, each as its place and its text. Those count that end within the budget:
  the first N tokens of what a caller of `search` reads.
- `texts of hits`: the same without places, as the published figures count.
- `packed`: the excerpts that `ask` packs for a model when its window leaves N tokens for them, with the marks around
  them, as the router, retrieval and packing make them. With `--own-count` by DT6's own count before any server has told
  it better (rather too many than too few, so that N tokens are fewer in truth); otherwise by the neutral count.

A piece counts for a target when the benchmark's scorer says that it matches (same file, and the target's lines where it
has any), and when it shows something: three lines that are not blank, or all that the chunk has. `any` is the share of
queries with at least one target so covered. `recall` is the mean share of a query's targets, which is stricter and what
the published .685 / .849 / .938 are (semble, in cl100k_base tokens).

Tokens are counted in cl100k_base where `--vocabulary` names its file as tiktoken caches it, else as bytes / 3.5. Not
here: the order of hits (`ablation`), and whether an answer made from them is good.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.context import MESSAGE_TOKENS, Parts, pack
from dt6_lsp.assistant.retrieval import retrieve
from dt6_lsp.assistant.router import packaged_router
from dt6_lsp.index.index import Index
from dt6_lsp.models.build import build_embedder
from dt6_lsp.models.tokens import TokenCounter, load_vocabulary
from dt6_lsp.settings import Settings
from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dt6_lsp.assistant.retrieval import Findings
    from dt6_lsp.index.model import Hit

    Count = Callable[[str], int]
    Matches = Callable[[dict[str, Any], Any], bool]

BUDGETS = (500, 1_000, 2_000)
GOAL = (0.75, 0.90, 0.96)
_HITS = 50  # looked at for each query, as the published figures do
_LEAST_LINES = 3
_BYTES_PER_TOKEN = 3.5


@dataclass(frozen=True, slots=True)
class Case:
    """A query with what was found for it and what should have been."""

    query: str
    hits: tuple[Hit, ...]
    findings: Findings
    targets: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that a context shows, and whether they show something."""

    path: str
    start_line: int
    end_line: int
    telling: bool


@dataclass(frozen=True, slots=True)
class Share:
    any: float
    recall: float

    def __str__(self) -> str:
        return f"{self.any:.3f} ({self.recall:.3f})"


def main() -> None:
    args = _arguments()
    count = _count(args.vocabulary)
    matches = _scorer(args.bench)
    with tempfile.TemporaryDirectory() as folder:
        cases = list(_cases(args, args.store or Path(folder)))
    packing = TokenCounter().count if args.own_count else count
    print(f"{len(cases)} queries: any (recall) within a budget of tokens")
    print("".join(f"{title:>18}" for title in ("", *map(str, BUDGETS))))
    print(f"{'goal':>18}" + "".join(f"{goal:>18.3f}" for goal in GOAL))
    contexts: dict[str, Callable[[Case, int], Iterable[Piece]]] = {
        "hits": lambda case, budget: within(case.hits, count, budget),
        "texts of hits": lambda case, budget: within(case.hits, count, budget, places=False),
        "packed": lambda case, budget: packed(case, packing, budget),
    }
    for name, pieces_of in contexts.items():
        shares = [share(cases, [list(pieces_of(case, budget)) for case in cases], matches) for budget in BUDGETS]
        print(f"{name:>18}" + "".join(f"{found!s:>18}" for found in shares), flush=True)


def share(cases: Sequence[Case], contexts: Iterable[Sequence[Piece]], matches: Matches) -> Share:
    covered = [_covered(pieces, case.targets, matches) for case, pieces in zip(cases, contexts, strict=True)]
    return Share(mean(any(each) for each in covered), mean(mean(each) for each in covered))


def within(hits: Sequence[Hit], count: Count, budget: int, *, places: bool = True) -> Iterator[Piece]:
    """The hits that end within the first `budget` tokens."""
    spent = 0
    for hit in hits:
        spent += count((f"{hit.path}:{hit.start_line}-{hit.end_line}\n" if places else "") + hit.text)
        if spent > budget:
            return
        yield Piece(hit.path, hit.start_line, hit.end_line, telling=True)


def packed(case: Case, count: Count, budget: int) -> list[Piece]:
    """What `ask` gives a model in a window with `budget` tokens beside its instructions and the question."""
    intent = packaged_router().route(case.query).intent
    bare = sum(count(message.content) + MESSAGE_TOKENS for message in prompts.messages(case.query, intent, ()))
    found = case.findings
    context = pack(Parts(case.query, intent, found.given, found.hits), count, bare + budget)
    whole = {(hit.path, hit.start_line, hit.end_line) for hit in found.hits}
    return [
        Piece(
            hit.path,
            hit.start_line,
            hit.end_line,
            telling=(hit.path, hit.start_line, hit.end_line) in whole or _telling(hit.text),
        )
        for hit in context.hits
    ]


def _telling(text: str) -> bool:
    return sum(bool(line.strip()) for line in lines_of(text)) >= _LEAST_LINES


def _covered(pieces: Sequence[Piece], targets: Sequence[Any], matches: Matches) -> list[bool]:
    shown = [
        {"path": piece.path, "start_line": piece.start_line, "end_line": piece.end_line}
        for piece in pieces
        if piece.telling
    ]
    return [any(matches(piece, target) for piece in shown) for target in targets]


def _cases(args: argparse.Namespace, store: Path) -> Iterator[Case]:
    settings = Settings()
    embedder = build_embedder(settings)
    for facts in json.loads((args.bench / "repos.json").read_text(encoding="utf-8")):
        root = args.corpora / facts["name"] / (facts.get("benchmark_root") or "")
        queries = json.loads((args.bench / "annotations" / f"{facts['name']}.json").read_text(encoding="utf-8"))
        if not root.is_dir():
            continue
        with closing(Index.open(root, (store / facts["name"]).resolve(), embedder, settings)) as index:
            index.update()
            for query in queries:
                words = query["query"]
                yield Case(
                    words,
                    tuple(index.search(words, _HITS)),
                    retrieve(words, packaged_router().route(words).intent, index, AskContext()),
                    (*query["relevant"], *query.get("secondary", [])),
                )


def _count(vocabulary: Path | None) -> Count:
    if vocabulary is None:
        return lambda text: math.ceil(len(text.encode()) / _BYTES_PER_TOKEN)
    count = load_vocabulary(vocabulary)
    if count is None:
        raise SystemExit(f"{vocabulary} is not cl100k_base as tiktoken caches it.")
    return count


def _scorer(bench: Path) -> Matches:
    """The benchmark's own rule for what a hit matches, so that there is one."""
    spec = importlib.util.spec_from_file_location("score", bench / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    matches: Matches = module.matches
    return matches


def _arguments() -> argparse.Namespace:
    ask = argparse.ArgumentParser(prog="python -m tests.benchmarks.token_economy", description=__doc__)
    ask.add_argument("--corpora", type=Path, required=True, help="folder with a checkout per repository")
    ask.add_argument("--bench", type=Path, required=True, help="folder with repos.json, annotations and score.py")
    ask.add_argument("--store", type=Path, help="where to keep the indexes for the next time")
    ask.add_argument("--vocabulary", type=Path, help="the file of cl100k_base, as tiktoken caches it")
    ask.add_argument("--own-count", action="store_true", help="pack by DT6's own count of tokens")
    return ask.parse_args()


if __name__ == "__main__":
    main()
