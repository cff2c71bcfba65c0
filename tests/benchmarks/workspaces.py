"""Workspaces of any size for the benchmarks: code that people wrote (the standard library and what is installed beside
it), and functions that are made up.

Real code comes in an order that is mixed and always the same, so that a small workspace is a sample of a large one.
Where there is not enough, it is copied again with its names changed: no two chunks are alike. Not here: measuring.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import sysconfig
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dt6_lsp.app import store_folder
from dt6_lsp.assistant.services import Services
from dt6_lsp.engine import Engine
from dt6_lsp.index.index import Index
from dt6_lsp.models.build import build_embedder
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import RoutingSettings, Settings
from tests.unit.assistant_fixtures import nobody, somebody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from dt6_lsp.engine import IndexReport
    from tests.unit.assistant_fixtures import FakeChat

_SUFFIXES = frozenset({".py", ".pyi", ".h", ".js", ".ts", ".css", ".md", ".toml"})
_LARGEST = 200_000  # bytes; what is larger is mostly tables
_NAME = re.compile(r"\b[A-Za-z]+(?:_[A-Za-z0-9]+|(?<=[a-z])[A-Z][A-Za-z0-9]*)+\b")  # of two words or more
_FILES_PER_FOLDER = 50
LINES_PER_CHUNK = 32  # of real code, about
_TEXT = "open close read write parse token cache route index query chunk merge graph layer batch stream"
_WORDS = tuple(_TEXT.split())


@dataclass(frozen=True, slots=True)
class Source:
    path: str
    text: str
    lines: int


def real_code(most_lines: int | None = None) -> Iterator[Source]:
    """Files without end. `most_lines` cuts each of them."""
    originals = _originals()
    for copy in itertools.count():
        for number, path in enumerate(originals):
            text = path.read_text(encoding="utf-8", errors="replace")
            lines = text.splitlines(keepends=True)[:most_lines]
            folder = f"copy{copy}/part{number // _FILES_PER_FOLDER}"
            body = "".join(lines)
            yield Source(f"{folder}/{path.stem}_{number}{path.suffix}", _renamed(body, copy), len(lines))


def write(root: Path, sources: Iterator[Source], lines: int) -> int:
    """Takes files until there are so many lines; how many there are then."""
    written = 0
    while written < lines:
        source = next(sources)
        _put(root / source.path, source.text)
        written += source.lines
    return written


def write_files(root: Path, sources: Iterator[Source], files: int) -> int:
    """The lines that so many files have."""
    taken = list(itertools.islice(sources, files))
    for source in taken:
        _put(root / source.path, source.text)
    return sum(source.lines for source in taken)


async def index(engine: Engine, paths: frozenset[str] | None = None, *, wait_sync: bool = False) -> IndexReport:
    last = None
    async for step in engine.index(paths=paths, wait_sync=wait_sync):
        last = step.report or last
    assert last is not None
    return last


@asynccontextmanager
async def engine_over(folder: Path, chat: FakeChat | None = None) -> AsyncIterator[Engine]:
    """The engine of `folder`/work, with its data in `folder`/data and the settings that DT6 comes with. Put together as
    `app.build_engine` does, but that `chat`, or nobody, writes the answers, whatever model this machine has."""
    root = folder / "work"
    root.mkdir(parents=True, exist_ok=True)
    settings = Settings(routing=RoutingSettings(confirm_seconds=0.0))  # what is measured is DT6's, not the model's
    hub = nobody() if chat is None else somebody(chat)
    embedder = build_embedder(settings)
    own = await asyncio.to_thread(Index.open, root, store_folder(root, folder / "data"), embedder, settings)
    engine = Engine(Services(settings, hub, TokenCounter()), [own], own, release=embedder.close)
    try:
        yield engine
    finally:
        await engine.close()


async def fill(engine: Engine, chunks: int) -> int:
    """Real code until the index has so many chunks, and few more; indexed, and copied to ChromaDB. What an earlier
    benchmark left there is used. How many chunks there are."""
    root, sources, lines, have = engine.roots[0], real_code(), 0, 0
    if any(root.iterdir()):
        have = (await index(engine)).chunks
    while have < chunks:
        more = (chunks - have) * lines / have if have else chunks * LINES_PER_CHUNK * 0.9
        lines += write(root, sources, max(200, int(1.002 * more)))
        have = (await index(engine)).chunks
    return (await index(engine, wait_sync=True)).chunks


def function(number: int, name: str = "") -> str:
    """About as long as a chunk; no two are alike."""
    first, second, third = (_WORDS[number // step % len(_WORDS)] for step in (1, 16, 256))
    name = name or f"{first}_{second}_{third}_{number}"
    body = [f"    {third}_{line} = {first}.{second}(value, {number + line}, '{third} {line}')" for line in range(28)]
    lines = [f"def {name}(value, {second}):", f'    """{first} the {third} of a {second}."""', *body]
    return "\n".join([*lines, f"    return {third}_0", "", ""])


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="replace", newline="")


def _originals() -> list[Path]:
    """Mixed by name, not by where they are installed."""
    paths = sysconfig.get_paths()
    found: dict[str, Path] = {}
    for folder in (Path(paths["stdlib"]), Path(paths["purelib"])):
        for path in folder.rglob("*"):
            inside = path.relative_to(folder).as_posix()
            if path.suffix in _SUFFIXES and "site-packages" not in inside and path.is_file():
                found.setdefault(inside, path)
    usable = {name: path for name, path in found.items() if 0 < path.stat().st_size <= _LARGEST}
    return [usable[name] for name in sorted(usable, key=lambda name: hashlib.sha256(name.encode()).digest())]


def _renamed(text: str, copy: int) -> str:
    return _NAME.sub(lambda name: f"{name[0]}_c{copy}", text) if copy else text
