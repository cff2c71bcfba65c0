"""`python -m tests.benchmarks.ablation --corpora DIR --bench DIR`: what each ranking feature is worth.

Indexes the benchmark's repositories (with `--store` only what changed), gathers the evidence for each query once, and
prints NDCG@10 with all features, without each of them, and, with `--folds N`, of weights that were chosen on the
other repositories. `--bench` is a folder with the annotated queries and the scorer. Not here: the score of the
installed command, which the benchmark's own scorer measures.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from dt6_lsp.index.index import Index
from dt6_lsp.index.path_facts import ROLES, PathFacts
from dt6_lsp.index.question import Question
from dt6_lsp.index.ranking import WEIGHTS, Evidence, Weights, rank
from dt6_lsp.index.terms import Terms
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dt6_lsp.models.embedder import Embedder

    Judge = Callable[[list[dict[str, Any]], list[Any]], tuple[float, float]]

_TERMS = Terms()
_FACTORS = (0.5, 0.75, 1.33, 2.0)
_GAIN = 0.0005  # a step that gains less is noise


@dataclass(frozen=True, slots=True)
class Case:
    """A query with what was found for it and what should have been."""

    repository: str
    question: Question
    evidence: Evidence
    facts: dict[str, PathFacts]
    targets: list[Any]


def main() -> None:
    args = _arguments()
    judge = _judge(args.bench)
    with tempfile.TemporaryDirectory() as folder:
        cases = list(_cases(args, args.store or Path(folder)))
    whole = score(cases, WEIGHTS, judge)
    print(f"{len(cases)} queries, NDCG@10 {whole:.4f}")
    for name, neutral in _neutral().items():
        without = score(cases, replace(WEIGHTS, **{name: neutral}), judge)
        print(f"without {name:24s}{without - whole:+.4f}", flush=True)
    if args.folds:
        print(f"weights chosen on other repositories: NDCG@10 {cross_validated(cases, args.folds, judge):.4f}")


def score(cases: Sequence[Case], weights: Weights, judge: Judge) -> float:
    return mean(_ndcg(case, weights, judge) for case in cases)


def cross_validated(cases: Sequence[Case], folds: int, judge: Judge) -> float:
    """Each repository judged by weights that were chosen without it."""
    names = sorted({case.repository for case in cases})
    judged: list[float] = []
    for fold in range(folds):
        held = set(names[fold::folds])
        weights = chosen([case for case in cases if case.repository not in held], judge)
        judged += [_ndcg(case, weights, judge) for case in cases if case.repository in held]
    return mean(judged)


def chosen(cases: Sequence[Case], judge: Judge) -> Weights:
    """One round of coordinate ascent from the shipped weights."""
    weights, best = WEIGHTS, score(cases, WEIGHTS, judge)
    for name, value in asdict(WEIGHTS).items():
        for factor in _FACTORS:
            tried = replace(weights, **{name: value * factor})
            found = score(cases, tried, judge)
            if found > best + _GAIN:
                weights, best = tried, found
    return weights


def _ndcg(case: Case, weights: Weights, judge: Judge) -> float:
    order = rank(case.question, case.evidence, case.facts.__getitem__, _TERMS, weights)[:10]
    chunks = [case.evidence.chunks[chunk_id] for chunk_id, _ in order]
    hits = [{"path": c.path, "start_line": c.start_line, "end_line": c.end_line} for c in chunks]
    return judge(hits, case.targets)[0]


def _cases(args: argparse.Namespace, store: Path) -> Iterator[Case]:
    embedder, settings = build_embedder(Settings()), Settings()
    for facts in json.loads((args.bench / "repos.json").read_text(encoding="utf-8")):
        checkout = args.corpora / facts["name"]
        root = checkout if args.whole else checkout / (facts.get("benchmark_root") or "")
        queries = json.loads((args.bench / "annotations" / f"{facts['name']}.json").read_text(encoding="utf-8"))
        if root.is_dir():
            yield from _of_repository(facts["name"], root, store / facts["name"], queries, embedder, settings)


def _of_repository(
    name: str, root: Path, store: Path, queries: list[dict[str, Any]], embedder: Embedder, settings: Settings
) -> Iterator[Case]:
    with closing(Index.open(root, store, embedder, settings)) as index:
        index.update()
        searcher = index._searcher  # evidence is no part of what an index answers
        for query in queries:
            question = Question.of(query["query"], _TERMS)
            evidence = searcher.evidence(question)
            facts = {chunk.path: PathFacts.of(chunk.path, _TERMS) for chunk in evidence.chunks.values()}
            yield Case(name, question, evidence, facts, query["relevant"] + query.get("secondary", []))


def _neutral() -> dict[str, float]:
    """For each weight the value that takes its feature away."""
    return {field.name: float(field.name in {*ROLES, "words_share"}) for field in fields(Weights)}


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
    ask.add_argument("--store", type=Path, help="where to keep the indexes for the next time")
    ask.add_argument("--folds", type=int, default=0, help="also choose weights on other repositories, in so many parts")
    ask.add_argument("--whole", action="store_true", help="index whole checkouts")
    return ask.parse_args()


if __name__ == "__main__":
    main()
