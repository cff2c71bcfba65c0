"""Where a workspace starts: the commands it installs, its programs, the web applications it makes, and for a library
the file that its users import first.

Told from manifests, from the names of files, and from definitions called `main`; nothing is run. Where a request comes
in, which is asked for only where one is followed, is told by the names that protocols of servers give.
Not here: how an entry leads to other code (`routes`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dt6_lsp.assistant.architecture.about import head_of
from dt6_lsp.assistant.candidates import is_side
from dt6_lsp.assistant.events import Citation
from dt6_lsp.assistant.prose import first_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dt6_lsp.assistant.architecture.manifests import Command, Manifest
    from dt6_lsp.index.model import Definition, Reader

Sort = Literal["command", "program", "application", "library", "handler"]

MOST = 12
_PROGRAM = re.compile(
    r"(?:^|/)(?:__main__\.py|manage\.py|wsgi\.py|asgi\.py|main\.(?:go|rs|c|cc|cpp|kt|swift|zig|dart|lua)|Program\.cs)$"
    r"|(?:^|/)(?:bin|src/bin)/[^/]+\.[a-z]+$|(?:^|/)cmd/[^/]+/main\.go$|(?:^|/)Main\.(?:java|hs|scala)$"
)
_LIBRARY = re.compile(
    r"^(?:(?:src|lib|packages|crates)/)?(?:[^/]+/)?(?:[^/]+/)?(?:__init__\.py|index\.[cm]?[jt]sx?|lib\.rs)$"
    r"|^(?:src/|lib/)?index\.[cm]?[jt]sx?$|^src/lib\.rs$|^doc\.go$|^(?:lib/)?[\w-]+\.rb$"
)
_APPLICATIONS = ("FastAPI", "Flask", "Starlette", "Quart", "Sanic", "express", "fastify", "Koa", "NestFactory")
_TOOL = re.compile(  # for who works on the project, not for who uses it
    r"(?:^|/)(?:tools?|scripts?|hack|ci|dev|contrib|misc|utils?/scripts|www|website|codemods?|demos?|samples?)/"
    r"|(?:^|/)[\w.-]*\bscript\b[\w.-]*$",
    re.IGNORECASE,
)
_SERVES = re.compile(r"(?:^|[/_-])(?:servers?|serve|adapters?|handlers?|gateway|https?|[aw]sgi|api|app)(?=[/._-]|$)")
_HANDLERS = {  # what a server calls with a request, each with what its signature must hold
    "ServeHTTP": "", "wsgi_app": "", "__call__": r"\b(?:environ|scope)\b", "call": r"\benv\b", "do_GET": "",
    "do_POST": "", "doGet": "", "doPost": "", "doFilter": "", "handle": r"\bServerRequestInterface\b",
}  # fmt: skip
_SIGNATURES = {"java": "static void main", "csharp": "static"}  # what a `main` must be there


@dataclass(frozen=True, slots=True)
class Entry:
    """`path` is the file where it starts and `name` the definition in it ("" for the file itself); `source` is what
    says that it does."""

    sort: Sort
    label: str
    about: str
    path: str
    name: str
    source: Citation


def entries(code: Sequence[str], found: Sequence[Manifest], reader: Reader) -> tuple[Entry, ...]:
    """Commands first, then programs, applications and libraries; one for each file and sort. Tools come last."""
    everything = [
        *(entry for manifest in found for entry in _commands(manifest, code, reader)),
        *_programs(code, reader),
        *_applications(set(code), reader),
        *_libraries(code, reader),
    ]
    once: dict[tuple[str, str], Entry] = {}
    for entry in everything:
        key = entry.path, entry.label if entry.sort == "command" else ""
        if entry.sort == "command" or not any(path == entry.path for path, _ in once):
            once.setdefault(key, entry)
    return tuple(sorted(once.values(), key=lambda entry: is_tool(entry.path)))[:MOST]


def _commands(manifest: Manifest, code: Sequence[str], reader: Reader) -> Iterator[Entry]:
    for command in manifest.commands:
        path = _file_of(command, manifest, code)
        name = command.target.partition(":")[2].partition("[")[0].strip() if ":" in command.target else ""
        about = head_of(path, reader).text if path else ""
        source = Citation(manifest.path, command.line, command.line)
        yield Entry("command", command.name, about, path, name, source)


def _file_of(command: Command, manifest: Manifest, code: Sequence[str]) -> str:
    """The file that a command runs; "" where the index has none such (a build makes it)."""
    target = command.target.strip()
    if "/" in target or target.endswith((".js", ".mjs", ".cjs", ".ts", ".rs")):
        plain = target.removeprefix("./")
        path = f"{manifest.folder}/{plain}" if manifest.folder else plain
        return path if path in code else ""
    stem = target.partition(":")[0].strip().replace(".", "/")
    endings = (f"{stem}.py", f"{stem}/__init__.py")
    fitting = (path for path in code if any(path == each or path.endswith(f"/{each}") for each in endings))
    return min(fitting, key=lambda path: (not path.startswith(manifest.folder), path.count("/"), path), default="")


def _programs(code: Sequence[str], reader: Reader) -> Iterator[Entry]:
    mains: dict[str, Definition] = {}
    for item in reader.definitions("main"):
        wanted = _SIGNATURES.get(item.language, "")
        at_top = not item.container or item.language in _SIGNATURES
        if item.kind in ("function", "method") and at_top and wanted in item.signature:
            mains.setdefault(item.path, item)
    named = (path for path in code if path in mains or _PROGRAM.search(path))
    for path in sorted(named, key=lambda path: (not _PROGRAM.search(path), path.count("/"), path)):
        main = mains.get(path)
        about = head_of(path, reader).text or (first_sentences(main.doc, 120) if main else "")
        source = Citation(path, main.start_line, main.end_line) if main else _head(path, reader)
        if source is not None:
            yield Entry("program", path, about, path, main.qualified if main else "", source)


def _applications(code: set[str], reader: Reader) -> Iterator[Entry]:
    """Where a web framework of others is called. (In a framework's own sources that is no entry.)"""
    for name in _APPLICATIONS:
        if reader.definitions(name, limit=1):
            continue
        for use in reader.uses(name, 50):
            if use.path in code:
                source = Citation(use.path, use.line, use.line)
                yield Entry(
                    "application", f"{name} in {use.path}", head_of(use.path, reader).text, use.path, use.inside, source
                )


def _libraries(code: Sequence[str], reader: Reader) -> Iterator[Entry]:
    """The outermost files by which others import this; not those in the folder of another."""
    faces = sorted((path for path in code if _LIBRARY.search(path)), key=lambda path: (path.count("/"), path))
    folders: list[str] = []
    for path in faces:
        folder = path.rpartition("/")[0]
        if any(folder.startswith(f"{outer}/") or not outer for outer in folders):
            continue
        folders.append(folder)
        source = _head(path, reader)
        if source is not None:
            yield Entry("library", path, head_of(path, reader).text, path, "", source)


def _head(path: str, reader: Reader) -> Citation | None:
    chunks = reader.chunks(path)
    return Citation(path, chunks[0].start_line, chunks[0].end_line) if chunks else None


def is_tool(path: str) -> bool:
    return is_side(path) or _TOOL.search(path) is not None


def handlers(code: Sequence[str], reader: Reader) -> list[Entry]:
    """Where a server hands a request to this code."""
    own = set(code)
    return [
        Entry(
            "handler",
            item.qualified,
            "",
            item.path,
            item.qualified,
            Citation(item.path, item.start_line, item.end_line),
        )
        for name, wanted in _HANDLERS.items()
        for item in reader.definitions(name)
        if item.path in own and not is_tool(item.path) and re.search(wanted, item.signature)
    ]


def starts(found: Iterable[Entry], *, serving: bool = False) -> list[list[Entry]]:
    """Those that something may come in by, the likeliest first: with `serving`, which is for requests, applications and
    what is named as a server; then what is run; then what others import; then the project's own tools."""

    def order(entry: Entry) -> int:
        if is_tool(entry.path):
            return 3
        if serving and (entry.sort == "application" or _SERVES.search(entry.path)):
            return 0
        return 2 if entry.sort == "library" else 1

    usable = [entry for entry in found if entry.path]
    ranked = ([entry for entry in usable if order(entry) == rank] for rank in range(4))
    return [group for group in ranked if group]
