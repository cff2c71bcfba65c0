"""The composition root: builds every object of DT6 once, from the settings, and hands down what each part needs.

What is heavy (numpy, tree-sitter, SQLite, model clients) is imported inside these functions, so that a face can start
and answer before it is needed.
Not here: arguments and rendering (`cli`), and what the parts do.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sys
from contextlib import ExitStack, suppress
from functools import cache
from typing import TYPE_CHECKING

from dt6_lsp import settings as sources
from dt6_lsp.errors import WorkspaceError
from dt6_lsp.metrics import Metrics
from dt6_lsp.settings.folders import ANSWERS, MARK, STORES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dt6_lsp.assistant.cache.answers import Answers
    from dt6_lsp.assistant.memory.memory import Memory
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.engine import Engine
    from dt6_lsp.features.explanations import Explanations
    from dt6_lsp.index.garbage import Collected
    from dt6_lsp.index.index import Index
    from dt6_lsp.index.records import Records
    from dt6_lsp.models.embedder import Embedder
    from dt6_lsp.server.listening import Transport
    from dt6_lsp.settings import Loaded, Settings
    from dt6_lsp.workspace.history import Churn

logger = logging.getLogger(__name__)


def build_engine(
    settings: Settings, roots: Sequence[Path], data_dir: Path | None = None, metrics: Metrics | None = None
) -> Engine:
    """Open every root and put the engine together. Blocking; the errors of `errors` for what can't be opened. Of a
    workspace that is not trusted nothing is run or sent, whatever the settings say.
    `metrics` for a face that counts, too, or whose engines follow one another."""
    from dt6_lsp.assistant import kept_counts
    from dt6_lsp.assistant.architecture.facts import Atlas
    from dt6_lsp.assistant.cache import rows as cache_rows
    from dt6_lsp.assistant.memory import rows
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.engine import Engine
    from dt6_lsp.features import explanations
    from dt6_lsp.index import measures
    from dt6_lsp.index.federation import Federation
    from dt6_lsp.index.records import Records
    from dt6_lsp.models.build import build_embedder
    from dt6_lsp.models.orchestrator import ModelHub
    from dt6_lsp.models.tokens import TokenCounter

    settings, folders = sources.restricted(settings), _resolved(roots)
    data = data_dir or sources.data_dir()
    with ExitStack() as undo:
        embedder, shared = build_embedder(settings), ExitStack()
        shared.callback(embedder.close)
        undo.callback(shared.close)
        indexes = []
        for root in folders:
            indexes.append(_open(root, data, embedder, settings))
            undo.callback(indexes[-1].close)
        reader = indexes[0] if len(indexes) == 1 else Federation(indexes)
        tables = (measures.TABLES, rows.TABLES, cache_rows.TABLES, kept_counts.TABLES, explanations.TABLES)
        records = Records(store_folder(folders[0], data), tables)
        undo.callback(records.close)
        counter = TokenCounter(kept=kept_counts.KeptCounts(records))
        counter.use_vocabulary_on_disk()
        memory = _memory(settings, folders[0], records, _built_in(settings, embedder, shared))
        atlas, kept = (
            Atlas(_history(folders if settings.workspace.trusted else ())),
            _answers(settings, folders[0], records),
        )
        services = Services(settings, ModelHub(settings), counter, metrics or Metrics(), memory, atlas, answers=kept)
        engine = Engine(
            services,
            indexes,
            reader,
            records=records,
            release=shared.close,
            answers=data / ANSWERS,
            explanations=_explanations(settings, folders[0], records),
        )
        undo.pop_all()
    return engine


def serve(loaded: Loaded, data_dir: Path | None = None) -> int:
    """Serve one editor over stdin and stdout; the result is the exit code."""
    from dt6_lsp.index.allocator import give_memory_back
    from dt6_lsp.server.main import serve_stdio

    give_memory_back()
    metrics = Metrics()
    return serve_stdio(
        lambda settings, roots: build_engine(settings, roots, data_dir, metrics), loaded, metrics, data_dir
    )


def listen(transport: Transport, address: str, command: Sequence[str], announce: Callable[[str], object]) -> int:
    """Serve many editors at HOST:PORT, each by a process that `command` starts; the result is the exit code."""
    import asyncio

    from dt6_lsp.server.address import parse_address
    from dt6_lsp.server.listening import listen

    return asyncio.run(listen(transport, parse_address(address), command, announce))


def store_folder(root: Path, data_dir: Path) -> Path:
    """Where the index of a root is kept: named for people, told apart by a hash of the whole path. A folder reached in
    another case has the same store exactly where the file system takes them for the same folder."""
    resolved = root.resolve()
    slug = re.sub(r"[^a-z0-9]+", "-", resolved.name.lower()).strip("-")[:40] or "root"
    name = str(resolved).casefold() if _ignores_case(resolved) else str(resolved)
    return data_dir / STORES / f"{slug}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def collect_garbage(data_dir: Path, *, dry_run: bool, unused_days: float | None = None) -> Iterator[Collected]:
    """What each store could do without, and written answers that are old. With `dry_run` only said."""
    from dt6_lsp.index.garbage import collect, collect_answers

    yield from collect(data_dir / STORES, dry_run=dry_run, unused_days=unused_days)
    yield from collect_answers(data_dir / ANSWERS, dry_run=dry_run)


def _history(roots: Sequence[Path]) -> Callable[[CancelToken], list[Churn]]:
    """What changed often, in paths as answers name them."""
    from dt6_lsp.index.federation import unique_names
    from dt6_lsp.workspace.history import History, within

    names = [""] if len(roots) == 1 else unique_names(roots)
    pairs = [(name, History(root)) for name, root in zip(names, roots, strict=True)]
    return lambda cancel: [within(name, each) for name, history in pairs for each in history.churn(cancel)]


def _open(root: Path, data_dir: Path, embedder: Embedder, settings: Settings) -> Index:
    from dt6_lsp.index.index import Index

    own, problems = sources.narrowed(settings, root)
    for problem in problems:
        logger.warning("%s", problem)
    store = store_folder(root, data_dir)
    index = Index.open(root, store, embedder, own)
    _mark(store, root)
    return index


def _built_in(settings: Settings, embedder: Embedder, shared: ExitStack) -> Callable[[], Embedder]:
    """The embedding that ships with DT6: the index's own where that is the one, else made when it is first needed."""

    @cache
    def build() -> Embedder:
        from dt6_lsp.models.build import static_embeddings
        from dt6_lsp.models.embedder import Embedder

        other = Embedder(static_embeddings(settings))
        shared.callback(other.close)
        return other

    return (lambda: embedder) if settings.embedding.backend == "static" else build


def _memory(settings: Settings, root: Path, records: Records, embedder: Callable[[], Embedder]) -> Memory:
    """Of the whole workspace; it lies with the first root, whose own file may narrow it."""
    from dt6_lsp.assistant.memory.memory import Memory
    from dt6_lsp.assistant.memory.model import Bound

    own = sources.narrowed(settings, root)[0].memory
    return Memory(records, embedder, Bound(own.max_turns, own.max_bytes), keeping=own.keep)


def _answers(settings: Settings, root: Path, records: Records) -> Answers:
    """Of the whole workspace; they lie with the first root, whose own file may narrow them."""
    from dt6_lsp.assistant.cache.answers import Answers
    from dt6_lsp.assistant.cache.rows import Bound

    own = sources.narrowed(settings, root)[0].cache
    bound = Bound(own.max_entries, own.max_bytes, own.ttl_hours * 3600)
    return Answers(records, bound, keeping=own.enabled)


def _explanations(settings: Settings, root: Path, records: Records) -> Explanations:
    """Beside the answers, and within the same limits."""
    from dt6_lsp.assistant.cache.rows import Bound
    from dt6_lsp.features.explanations import Explanations

    own = sources.narrowed(settings, root)[0].cache
    bound = Bound(own.max_entries, own.max_bytes, own.ttl_hours * 3600)
    return Explanations(records, bound, keeping=own.enabled)


def _mark(store: Path, root: Path) -> None:
    """Say whose store it is, and that it is used. A store that can't be written is told of by whoever has to write."""
    mark = store / MARK
    with suppress(OSError):
        if mark.exists():
            mark.touch()
        else:
            mark.write_text(f"{root}\n", encoding="utf-8", errors="surrogateescape")


def _resolved(roots: Sequence[Path]) -> tuple[Path, ...]:
    """Each root once. One inside another is indexed with it, and not again by itself."""
    from dt6_lsp.workspace.walker import check_root

    folders = list(dict.fromkeys(check_root(root) for root in roots))
    outer = tuple(root for root in folders if not any(other in root.parents for other in folders))
    if not outer:
        raise WorkspaceError("No folder is open, so there is nothing to index.", "Open a folder.")
    return outer


def _ignores_case(folder: Path) -> bool:
    other = folder.with_name(folder.name.swapcase()) if folder.name else folder
    if other.name == folder.name:
        return sys.platform in ("win32", "darwin")
    try:
        return other.samefile(folder)
    except OSError:
        return False
