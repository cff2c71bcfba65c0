"""Which file imports which: this index's graph against the languages' own tools, on real packages.

    python -m tests.benchmarks.import_edges [--corpora DIR] [--only NAME ...] [--cache DIR] [--wrong N]

The packages are those that are installed beside DT6 (Python), that npm installs (JavaScript, TypeScript), and that come
with Go and the JDK; with `--corpora` the repositories of that folder, too. The truth is what Python's importlib, the
TypeScript compiler, `go list`, javac and rustc say. A tool that is not installed is told as skipped, not as met.
`--wrong` shows that many of the edges of each package that differ.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from dt6_lsp.cancel import CancelToken
from dt6_lsp.index.imports.facts import facts, is_config
from dt6_lsp.index.imports.model import Sources, source_file
from dt6_lsp.index.imports.resolve import resolve
from dt6_lsp.index.prepare import Prepared
from dt6_lsp.index.rows import replace_files
from dt6_lsp.index.store import Store
from dt6_lsp.settings import WorkspaceSettings
from dt6_lsp.syntax.model import Import
from dt6_lsp.syntax.parser import parse
from dt6_lsp.workspace.documents import read
from dt6_lsp.workspace.model import FileEntry
from dt6_lsp.workspace.walker import walk
from tests.benchmarks.import_truth.corpus import Package, bundled, repositories
from tests.benchmarks.import_truth.model import SkippedError
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, scratch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dt6_lsp.index.graph import Edge, ImportGraph
    from tests.benchmarks.import_truth.model import Pair, Truth

BUDGET = 0.97
_FILES = 10_000
_ROUNDS = 5
_SECONDS = 1.0


def graph_of(root: Path) -> ImportGraph:
    """As the index would have it."""
    documents = (read(root, entry.path) for entry in walk(root, WorkspaceSettings(), CancelToken()).files)
    texts = {document.path: document.text for document in documents if not isinstance(document, str)}
    files = tuple(source_file(path, parse(path, text)) for path, text in sorted(texts.items()))
    return resolve(Sources(files, {path: text for path, text in texts.items() if is_config(path)}))


def compare(package: Package, cache: Path, wrong: int) -> Iterator[Figure]:
    graph = graph_of(package.root)
    for language, tool in package.tools.items():
        name = f"{package.name} ({language})"
        try:
            truth = tool(package.root, frozenset(graph.files), cache)
        except SkippedError as reason:
            print(f"  {name}: skipped, {reason}.")
            continue
        edges = [edge for edge in graph.edges if {edge.source, edge.target} <= truth.judged]
        unknown = {(edge.source, edge.target) for edge in edges if _is_unknown(edge, truth)} - truth.edges
        found = {(edge.source, edge.target) for edge in edges} - unknown
        _show(found, truth, wrong)
        both = len(found & truth.edges)
        print(f"  {name}: {len(truth.edges):,} edges of {len(truth.judged):,} files, {len(unknown):,} not judged")
        yield Figure(f"{name}: precision", both / max(1, len(found)), "", BUDGET, at_least=True)
        yield Figure(f"{name}: recall", both / max(1, len(truth.edges)), "", BUDGET, at_least=True)


def _is_unknown(edge: Edge, truth: Truth) -> bool:
    unread = truth.lines is not None and (edge.source, edge.line) not in truth.lines
    return unread or (edge.source, edge.module) in truth.unknown


def _show(found: set[Pair], truth: Truth, most: int) -> None:
    for what, pairs in (("not so", found - truth.edges), ("missing", truth.edges - found)):
        for source, target in sorted(pairs)[:most]:
            print(f"    {what}: {source} -> {target}")


def speed() -> Iterator[Figure]:
    """Of a made workspace, from the ledger's rows to the graph."""
    with scratch() as folder, closing(Store.open(folder / "store", folder)) as store:
        with store.ledger.write() as connection:
            replace_files(connection, [(FileEntry(path, 1, 1), _made(path, number)) for number, path in _paths()])
        seconds = []
        for _ in range(_ROUNDS):
            started = time.process_time()
            graph = resolve(store.ask(facts))
            seconds.append(time.process_time() - started)
    what = f"{len(graph.files):,} files with {len(graph.edges):,} edges, read and resolved"
    yield Figure(what, median(seconds), "CPU s", _SECONDS)


def _paths() -> Iterator[tuple[int, str]]:
    return ((number, f"src/app/part{number % 100}/module{number}.py") for number in range(_FILES))


def _made(path: str, number: int) -> Prepared:
    """Six imports, four of which are of the workspace."""
    others = ((number * step + step) % _FILES for step in (3, 17, 101))
    modules = [f"app.part{other % 100}.module{other}" for other in others]
    imports = [Import(module, line, "a, b") for line, module in enumerate((*modules, ".", "os", "numpy.linalg"), 1)]
    return Prepared(path, "", "python", b"", "", (), (), (), tuple(imports), ())


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--corpora", type=Path, metavar="DIR", help="a folder of repositories, by their names")
    ask.add_argument("--only", nargs="+", default=[], metavar="NAME", help="of these packages only")
    ask.add_argument("--cache", type=Path, metavar="DIR", help="where npm's packages stay for the next time")
    ask.add_argument("--wrong", type=int, default=0, metavar="N", help="show so many edges that differ")
    options: argparse.Namespace = ask.parse_args()

    def work() -> Measured:
        with scratch(options.cache) as cache, scratch() as folder:
            packages = [*bundled(folder, cache, options.only), *repositories(options.corpora, folder, options.only)]
            figures = [figure for package in packages for figure in compare(package, cache, options.wrong)]
        return Measured([*figures, *speed()])

    return conclude("import_edges", options.json, work)


if __name__ == "__main__":
    sys.exit(main())
