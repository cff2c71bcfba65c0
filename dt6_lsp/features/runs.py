"""One index run over all roots: told as one run, with counts over all of them and one report.

Not here: how a root is indexed, and who waits for a run (`indexing`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from dt6_lsp.index.model import IndexProgress, IndexReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.features.indexing import Progress, Wish
    from dt6_lsp.features.roots import Roots
    from dt6_lsp.index.model import IndexStats


class RootIndex(Protocol):
    """The index of one root, as far as runs, statistics and questions about single files need it."""

    @property
    def root(self) -> Path: ...

    @property
    def writer(self) -> bool: ...

    @property
    def notices(self) -> tuple[str, ...]: ...

    def update(
        self,
        *,
        cancel: CancelToken | None = None,
        progress: Callable[[IndexProgress], None] | None = None,
        paths: Iterable[str] | None = None,
        rebuild: bool = False,
        wait_sync: bool = False,
    ) -> IndexReport: ...

    def changes(self, cancel: CancelToken) -> Iterator[frozenset[str]]: ...

    def wants(self, path: str) -> bool: ...

    def stats(self) -> IndexStats: ...

    def close(self) -> None: ...


def wanted(indexes: Sequence[RootIndex], roots: Roots, path: str) -> bool:
    """Whether the file is one that is indexed: no rule leaves it out, and it is not secret by name."""
    root, inside = roots.split(path)
    return any(index.root == root and index.wants(inside) for index in indexes)


def run_over(indexes: Sequence[RootIndex], roots: Roots, wish: Wish, cancel: CancelToken, progress: Progress) -> None:
    """Update each root in turn; the last progress is "done" with the report over all of them."""
    reports = []
    for index in indexes:
        cancel.raise_if_cancelled()
        paths = _paths_in(index.root, roots, wish.paths)
        tell = _teller(index.root, roots, progress)
        reports.append(
            index.update(cancel=cancel, progress=tell, paths=paths, rebuild=wish.rebuild, wait_sync=wish.wait_sync)
        )
    report = merged(reports)
    progress(IndexProgress("done", report.files, report.files, report=report))


def _paths_in(root: Path, roots: Roots, paths: frozenset[str] | None) -> list[str] | None:
    if paths is None:
        return None
    split = (roots.split(path) for path in sorted(paths))
    return [inside for holder, inside in split if holder == root]


def _teller(root: Path, roots: Roots, progress: Progress) -> Progress:
    """A root's own "done" is not the end of the run, so it is not passed on."""

    def tell(step: IndexProgress) -> None:
        if step.phase != "done":
            progress(replace(step, path=roots.named(root, step.path) if step.path else ""))

    return tell


def merged(reports: Sequence[IndexReport]) -> IndexReport:
    """Counts added up; model and dimension are those of the first root that has any."""
    if len(reports) == 1:
        return reports[0]
    seconds = sum(report.seconds for report in reports)
    chunks = sum(report.chunks for report in reports)
    embedded = [report for report in reports if report.dimension]
    return IndexReport(
        files=sum(report.files for report in reports),
        chunks=chunks,
        skipped=_added(report.skipped for report in reports),
        languages=_added(report.languages for report in reports),
        model=embedded[0].model if embedded else "",
        dimension=embedded[0].dimension if embedded else 0,
        seconds=seconds,
        chunks_per_second=sum(report.chunks_per_second * report.seconds for report in reports) / (seconds or 1.0),
        vectors_synced=sum(report.vectors_synced for report in reports),
        changed=sum(report.changed for report in reports),
        removed=sum(report.removed for report in reports),
        problems=tuple(problem for report in reports for problem in report.problems),
    )


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)
