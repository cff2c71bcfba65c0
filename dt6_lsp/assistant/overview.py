"""The workspace as a whole: its parts with a line about each, where it starts, and which part imports which.

Parts are folders, as deep as it takes to tell them apart. Not here: the text that this becomes (`digest`).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import HOLDERS, is_side
from dt6_lsp.assistant.events import Citation
from dt6_lsp.assistant.prose import file_doc, first_sentences, paragraphs
from dt6_lsp.assistant.translations import is_translation
from dt6_lsp.syntax.languages import language_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.index.model import Reader

MOST_PARTS = 14
MOST_FILES_READ = 1_500  # for imports; beyond that, the first of each part tell enough
_ENTRY = re.compile(
    r"(?:^|/)(?:__main__|main|cli|app|server|manage|wsgi|asgi|program|bin/[^/]+|cmd/[^/]+/[^/]+)\.[a-z]+$"
    r"|(?:^|/)index\.(?:[jt]sx?|mjs|php)$|^(?:src/)?lib\.rs$",
    re.IGNORECASE,
)
_FACE = re.compile(r"(?:^|/)(?:__init__|index|mod|lib|main|package-info|readme)\.[a-z]+$", re.IGNORECASE)
_DATA = frozenset({"json", "yaml", "toml", "text", "css", "html", "markdown", "sql"})
_HIDDEN = re.compile(r"(?:^|/)\.|^[^/]*\.?config\.[a-z]+$|^(?:conftest|setup|noxfile|tasks)\.py$", re.IGNORECASE)
_SAYS_WHAT_IT_IS = re.compile(r"\b(?:is|are)\s+(?:an?|the)\b", re.IGNORECASE)
_PARAGRAPHS = 8
_NOT_NAMES = re.compile(r"::|\.(?=\w)|\\|/+")


@dataclass(frozen=True, slots=True)
class Part:
    """A folder (or a file beside such folders). `about` is its own words and `source` where they stand; a folder that
    says nothing of itself has the names of its files instead."""

    name: str
    files: int
    about: str
    source: Citation | None
    contents: tuple[str, ...]
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    about: str
    source: Citation


@dataclass(frozen=True, slots=True)
class Overview:
    summary: str
    summary_source: Citation | None
    parts: tuple[Part, ...]
    entries: tuple[Entry, ...]


def overview(reader: Reader) -> Overview:
    files = reader.files()
    code = [path for path in files if _is_code(path)] or files
    members = grouped(code)
    links = _links(members, code, reader)
    weight = Counter({name: len(paths) for name, paths in members.items()})
    for _, target in links:
        weight[target] += 2
    largest = sorted(members, key=lambda name: (-weight[name], name))[:MOST_PARTS]
    parts = (_part(name, members[name], links, set(largest), reader) for name in sorted(largest))
    summary, source = _summary(files, reader)
    return Overview(summary, source, tuple(parts), tuple(_entries(code, reader)))


def _is_code(path: str) -> bool:
    return language_of(path) not in _DATA and not is_side(path) and not _HIDDEN.search(path)


def grouped(paths: Sequence[str]) -> dict[str, list[str]]:
    """Files by folder: the folder that holds everything is opened until there are parts to tell apart."""
    folders = [PurePosixPath(path).parts for path in paths]
    depth = _common(folders)
    groups: dict[str, list[str]] = {}
    for path, parts in zip(paths, folders, strict=True):
        groups.setdefault("/".join(parts[: depth + 1]) if len(parts) > depth + 1 else path, []).append(path)
    return groups


def _common(folders: Sequence[tuple[str, ...]]) -> int:
    """How many leading folders nearly all files share."""
    depth = 0
    while True:
        heads = Counter(parts[: depth + 1] for parts in folders if len(parts) > depth + 1)
        if not heads:
            return depth
        _, most = heads.most_common(1)[0]
        if most < 0.75 * len(folders):
            return depth
        depth += 1


def _part(name: str, members: Sequence[str], links: Counter[tuple[str, str]], shown: set[str], reader: Reader) -> Part:
    about, source = _about(name, members, reader)
    imported = [target for (origin, target), _ in links.most_common() if origin == name and target in shown]
    return Part(name, len(members), about, source, _contents(name, members, reader), tuple(imported[:5]))


def _contents(name: str, members: Sequence[str], reader: Reader) -> tuple[str, ...]:
    """The first names in a folder, or the first definitions at the top of a file, classes before functions."""
    if name not in members:
        return tuple(sorted({path.removeprefix(f"{name}/").split("/")[0] for path in members})[:5])
    top = [item for item in reader.outline(name) if not item.container and not item.name.startswith("_")]
    ranked = sorted(top, key=lambda item: (item.kind not in HOLDERS, item.kind in ("constant", "variable", "key")))
    return tuple(dict.fromkeys(item.name for item in ranked[:4]))


def _about(name: str, members: Sequence[str], reader: Reader) -> tuple[str, Citation | None]:
    """What the file that speaks for a part says at its head."""
    faces = [
        path for path in members if path == name or (_FACE.search(path) and path.count("/") == name.count("/") + 1)
    ]
    for path in sorted(faces):
        chunks = reader.chunks(path)[:1]
        said = first_sentences(file_doc(chunks[0].text), 140) if chunks else ""
        if said:
            return said, Citation(path, chunks[0].start_line, chunks[0].end_line)
    return "", None


def _links(members: dict[str, list[str]], code: Sequence[str], reader: Reader) -> Counter[tuple[str, str]]:
    """How often a file of one part imports a file of another."""
    owner = {path: name for name, paths in members.items() for path in paths}
    stems = {stem: owner[path] for path in code for stem in _stems(path)}
    links: Counter[tuple[str, str]] = Counter()
    for path in code[:MOST_FILES_READ]:
        for item in reader.imports(path):
            target = _resolve(item.module, path, stems)
            if target is not None and target != owner[path]:
                links[owner[path], target] += 1
    return links


def _stems(path: str) -> Iterable[str]:
    """The names by which a file may be imported: its path without the ending, and its folder where it is its face."""
    stem = path.rsplit(".", 1)[0]
    yield stem
    if "/" in stem:
        yield stem.rsplit("/", 1)[0]


def _resolve(module: str, path: str, stems: dict[str, str]) -> str | None:
    """The part that an import means; None for what is not of this workspace. Leading segments that only name the host
    or the crate, and trailing ones that name a symbol, are passed over."""
    folder = PurePosixPath(path).parent
    if module.startswith("."):
        dots = len(module) - len(module.lstrip("."))
        up = dots - 1 if "/" not in module else module.count("../")
        for _ in range(up):
            folder = folder.parent
        rest = [*folder.parts, *_segments(module)]
        return next((stems[key] for key in _prefixes(rest) if key in stems), None)
    segments = _segments(module)
    for start in range(min(4, len(segments))):
        for key in _prefixes(segments[start:]):
            for candidate in (key, f"src/{key}", f"lib/{key}"):
                if candidate in stems and (start == 0 or "/" in key):
                    return stems[candidate]
    return None


def _segments(module: str) -> list[str]:
    plain = re.sub(r"\.(?:jsx?|tsx?|mjs|cjs|h|hpp|hh|py|rb|php|lua)$", "", module)
    return [
        part for part in _NOT_NAMES.sub("/", plain).split("/") if part not in ("", ".", "..", "crate", "self", "super")
    ]


def _prefixes(segments: Sequence[str]) -> list[str]:
    return ["/".join(segments[:end]) for end in range(len(segments), max(0, len(segments) - 3), -1)]


def _summary(files: Sequence[str], reader: Reader) -> tuple[str, Citation | None]:
    """The paragraph at the head of the topmost README that says what this is, else the first that there is."""
    readmes = (path for path in files if re.search(r"(?:^|/)readme\b", path, re.IGNORECASE))
    for path in sorted(readmes, key=lambda path: (path.count("/"), is_translation(path), path))[:2]:
        found = [paragraph for chunk in reader.chunks(path)[:4] for paragraph in paragraphs(chunk)]
        prose = [paragraph for paragraph in found if not paragraph.code and len(paragraph.text) > 40][:_PARAGRAPHS]
        if prose:
            best = next((paragraph for paragraph in prose if _SAYS_WHAT_IT_IS.search(paragraph.text)), prose[0])
            return first_sentences(best.text, 320), Citation(path, best.start_line, best.end_line)
    return "", None


def _entries(code: Sequence[str], reader: Reader) -> list[Entry]:
    found = sorted((path for path in code if _ENTRY.search(path)), key=lambda path: (path.count("/"), path))
    entries = []
    for path in found[:5]:
        chunks = reader.chunks(path)
        if chunks:
            about = first_sentences(file_doc(chunks[0].text), 120)
            entries.append(Entry(about, Citation(path, chunks[0].start_line, chunks[-1].end_line)))
    return entries
