"""`python -m tests.benchmarks.ablation --corpora DIR --bench DIR`: what each ranking feature is worth.

Indexes the benchmark's repositories, gathers the evidence for each query once (with `--store` for the next time too)
and prints NDCG@10 by intent and language beside plain BM25 with one hit per file, then without each feature, and, with
`--folds N`, of weights that were chosen on all repositories and of such as were chosen on the others. `--worst N` lists
the queries that do worst. `--bench` is a folder with the annotated queries and the scorer. Not here: the score of the
installed command, which the benchmark's own scorer measures.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import pickle
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from dt6_lsp.index.index import Index
from dt6_lsp.index.path_facts import ROLES, PathFacts
from dt6_lsp.index.question import Question
from dt6_lsp.index.ranking import WEIGHTS, Evidence, Weights, order, see
from dt6_lsp.index.terms import Terms
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dt6_lsp.index.candidates import Candidate
    from dt6_lsp.index.ranking import SeenFile
    from dt6_lsp.models.embedder import Embedder

    Judge = Callable[[list[dict[str, Any]], list[Any]], tuple[float, float]]

_FACTORS = (0.4, 0.7, 1.5, 2.5)
_ROUNDS = 2
_GAIN = 0.001  # a step that gains less is noise, as is a feature: smaller steps gain nothing on other repositories


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with what was found for it and what should have been."""

    repository: str
    language: str
    intent: str
    query: str
    evidence: Evidence
    targets: list[Any]


@dataclass(frozen=True, slots=True)
class Case:
    """What was asked, with all that the order depends on but the weights."""

    asked: Asked
    seen: Sequence[SeenFile]


def main() -> None:
    args = _arguments()
    judge, terms = _judge(args.bench), Terms()
    cases = [_case(asked, terms) for asked in _evidence(args)]
    print(f"{len(cases)} queries in {'whole checkouts' if args.whole else 'benchmark roots'}")
    for by in ("intent", "language", "repository"):
        _table(cases, by, judge)
    for case in sorted(cases, key=lambda case: _ndcg(case, WEIGHTS, judge))[: args.worst]:
        _show(case, judge)
    shipped = score(cases, WEIGHTS, judge)
    for name, neutral in _neutral().items():
        without = score(cases, replace(WEIGHTS, **{name: neutral}), judge)
        print(f"without {name:24s}{without - shipped:+.4f}", flush=True)
    if args.folds:
        _print_chosen(cases, args.folds, judge)


def score(cases: Sequence[Case], weights: Weights, judge: Judge) -> float:
    return mean(_ndcg(case, weights, judge) for case in cases)


def cross_validated(cases: Sequence[Case], folds: int, judge: Judge) -> float:
    """Each repository judged by weights that were chosen without it."""
    names = sorted({case.asked.repository for case in cases})
    judged: list[float] = []
    for fold in range(folds):
        held = set(names[fold::folds])
        weights = chosen([case for case in cases if case.asked.repository not in held], judge)
        judged += [_ndcg(case, weights, judge) for case in cases if case.asked.repository in held]
    return mean(judged)


def chosen(cases: Sequence[Case], judge: Judge) -> Weights:
    """Coordinate ascent from weights that know of no repository: everything counts alike."""
    weights = _alike()
    best = score(cases, weights, judge)
    for _ in range(_ROUNDS):
        for name in asdict(weights):
            for factor in _FACTORS:
                tried = replace(weights, **{name: getattr(weights, name) * factor})
                found = score(cases, tried, judge)
                if found > best + _GAIN:
                    weights, best = tried, found
    return weights


def _alike() -> Weights:
    return Weights(
        **{field.name: 0.6 if field.name in ROLES else 0.4 for field in fields(Weights)},
    )


def _print_chosen(cases: Sequence[Case], folds: int, judge: Judge) -> None:
    weights = chosen(cases, judge)
    print(f"everything counting alike: NDCG@10 {score(cases, _alike(), judge):.4f}")
    print(f"weights chosen on all repositories, from there: NDCG@10 {score(cases, weights, judge):.4f}")
    print("  " + ", ".join(f"{name} {value:.2f}" for name, value in asdict(weights).items()), flush=True)
    print(f"weights chosen on other repositories: NDCG@10 {cross_validated(cases, folds, judge):.4f}")


def _table(cases: Sequence[Case], by: str, judge: Judge) -> None:
    print(f"{by:20s}  NDCG@10  recall@10  BM25, one hit per file")
    groups = sorted({getattr(case.asked, by) for case in cases})
    for name, group in [(name, [c for c in cases if getattr(c.asked, by) == name]) for name in groups]:
        _row(name, group, judge)
    _row("all", cases, judge)


def _row(name: str, cases: Sequence[Case], judge: Judge) -> None:
    found = [judge(_hits(case, _best(case, WEIGHTS)), case.asked.targets) for case in cases]
    plain = mean(judge(_hits(case, _by_words(case.asked.evidence)), case.asked.targets)[0] for case in cases)
    ndcg, recall = (mean(each) for each in zip(*found, strict=True))
    print(f"  {name:18s}  {ndcg:7.4f}  {recall:9.4f}  {plain:7.4f}{'  below it' if ndcg < plain else ''}")


def _show(case: Case, judge: Judge) -> None:
    asked = case.asked
    print(f"{_ndcg(case, WEIGHTS, judge):.2f} [{asked.repository}, {asked.intent}] {asked.query}")
    print("     wanted: " + ", ".join(each if isinstance(each, str) else each["path"] for each in asked.targets))
    for chunk in [asked.evidence.chunks[chunk_id] for chunk_id in _best(case, WEIGHTS)[:5]]:
        words, meaning = (of.get(chunk.id, 0.0) for of in (asked.evidence.words, asked.evidence.meaning))
        print(f"     {chunk.path}:{chunk.start_line} {chunk.symbol} (words {words:.1f}, meaning {meaning:.2f})")


def _ndcg(case: Case, weights: Weights, judge: Judge) -> float:
    return judge(_hits(case, _best(case, weights)), case.asked.targets)[0]


def _best(case: Case, weights: Weights) -> list[int]:
    return [chunk_id for chunk_id, _ in order(case.seen, weights)[:10]]


def _by_words(evidence: Evidence) -> list[int]:
    """The ten best files by BM25 alone, each by its best chunk."""
    files: dict[int, int] = {}
    for chunk_id in sorted(evidence.words, key=lambda chunk_id: -evidence.words[chunk_id]):
        if chunk_id in evidence.chunks:
            files.setdefault(evidence.chunks[chunk_id].file_id, chunk_id)
    return list(files.values())[:10]


def _hits(case: Case, chunk_ids: Sequence[int]) -> list[dict[str, Any]]:
    chunks: list[Candidate] = [case.asked.evidence.chunks[chunk_id] for chunk_id in chunk_ids]
    return [{"path": c.path, "start_line": c.start_line, "end_line": c.end_line} for c in chunks]


def _case(asked: Asked, terms: Terms) -> Case:
    question = Question.of(asked.query, terms)
    return Case(asked, see(question, asked.evidence, lambda path: PathFacts.of(path, terms), terms))


def _evidence(args: argparse.Namespace) -> list[Asked]:
    """Of the last time, if it was kept and is not to be gathered again."""
    kept: Path | None = args.store and args.store / ("whole.evidence" if args.whole else "roots.evidence")
    if kept and kept.is_file() and not args.again:
        found: list[Asked] = pickle.loads(kept.read_bytes())  # written by this program
        return found
    with tempfile.TemporaryDirectory() as folder:
        gathered = list(_gathered(args, (args.store or Path(folder)) / ("whole" if args.whole else "roots")))
    if kept:
        kept.write_bytes(pickle.dumps(gathered))
    return gathered


def _gathered(args: argparse.Namespace, store: Path) -> Iterator[Asked]:
    embedder, settings = build_embedder(Settings()), Settings()
    for facts in json.loads((args.bench / "repos.json").read_text(encoding="utf-8")):
        checkout = args.corpora / facts["name"]
        root = checkout if args.whole else checkout / (facts.get("benchmark_root") or "")
        queries = json.loads((args.bench / "annotations" / f"{facts['name']}.json").read_text(encoding="utf-8"))
        if root.is_dir():
            yield from _of_repository(facts, root, store / facts["name"], queries, embedder, settings)


def _of_repository(
    facts: Mapping[str, str],
    root: Path,
    store: Path,
    queries: list[dict[str, Any]],
    embedder: Embedder,
    settings: Settings,
) -> Iterator[Asked]:
    terms = Terms()
    with closing(Index.open(root, store, embedder, settings)) as index:
        index.update()
        searcher = index._searcher  # evidence is no part of what an index answers
        for query in queries:
            yield Asked(
                repository=facts["name"],
                language=facts["language"],
                intent=query.get("category", "?"),
                query=query["query"],
                evidence=searcher.evidence(Question.of(query["query"], terms)),
                targets=query["relevant"] + query.get("secondary", []),
            )


def _neutral() -> dict[str, float]:
    """For each weight the value that takes its feature away."""
    return {field.name: float(field.name in {*ROLES, "words_share", "next_chunk"}) for field in fields(Weights)}


def _judge(bench: Path) -> Judge:
    """The benchmark's own metric, so that there is one."""
    spec = importlib.util.spec_from_file_location("score", bench / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    judge: Judge = module.judge
    return judge


def _arguments() -> argparse.Namespace:
    ask = argparse.ArgumentParser(prog="python -m tests.benchmarks.ablation", description=__doc__)
    ask.add_argument("--corpora", type=Path, required=True, help="folder with a checkout per repository")
    ask.add_argument("--bench", type=Path, required=True, help="folder with repos.json, annotations and score.py")
    ask.add_argument("--store", type=Path, help="where to keep the indexes and the evidence for the next time")
    ask.add_argument("--again", action="store_true", help="gather the evidence again, as the code has changed")
    ask.add_argument("--folds", type=int, default=0, help="also choose weights on other repositories, in so many parts")
    ask.add_argument("--worst", type=int, default=0, help="also list so many of the queries that do worst")
    ask.add_argument("--whole", action="store_true", help="index whole checkouts")
    return ask.parse_args()


if __name__ == "__main__":
    main()
