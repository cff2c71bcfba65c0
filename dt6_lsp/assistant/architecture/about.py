"""What a workspace and its parts say of themselves: the README's first words, a package's docstring, a description.

All of it is quoted, with its place. Not here: what imports tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import HOLDERS
from dt6_lsp.assistant.events import Citation
from dt6_lsp.assistant.prose import file_doc, first_sentences, paragraphs
from dt6_lsp.assistant.translations import is_translation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.assistant.architecture.manifests import Manifest
    from dt6_lsp.assistant.prose import Paragraph
    from dt6_lsp.index.model import Reader

_FACE = re.compile(r"(?:^|/)(?:__init__|index|mod|lib|main|doc|package-info|readme)\.[a-z]+$", re.IGNORECASE)
_README = re.compile(r"(?:^|/)readme\b[^/]*$", re.IGNORECASE)
_SAYS_WHAT_IT_IS = re.compile(r"^\W*(?:\S+\s+){1,6}?(?:is|are)\s+(?:an?|the)\b|^\W*an?\s", re.IGNORECASE)
_TO_AUTHORS = re.compile(r"(?:TODO|FIXME|XXX|HACK|@ts-|eslint|generated|file generated)\b", re.IGNORECASE)
_DOC_MARKS = re.compile(r"\{@\w+\s+(?P<words>[^{}]*)\}|</?[a-z][^<>]{0,80}>", re.IGNORECASE)
_PARAGRAPHS = 8
_SUMMARY = 320  # characters
_LONGEST = 140
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Said:
    """`source` is None for what is not quoted: the names of a part's contents."""

    text: str
    source: Citation | None = None


def summary(files: Sequence[str], manifests: Sequence[Manifest], reader: Reader, folder: str = "") -> Said:
    """The paragraph at the head of the topmost README that says what this is, else the manifest's description, else the
    README's first words."""
    paths = _readmes(files, folder)[:2]
    prose = {path: _prose(path, reader) for path in paths}
    telling = [each for path in paths for each in prose[path] if _SAYS_WHAT_IT_IS.search(each.text)]
    described = next((each for each in manifests if each.description and each.folder == folder), None)
    if not telling and described is not None:
        place = Citation(described.path, described.line, described.line)
        return Said(first_sentences(described.description, _SUMMARY), place)
    own = [each for path in paths if path.rpartition("/")[0] == folder for each in prose[path]]
    shown = telling or [each for each in own if not _DOC_MARKS.search(each.text)]
    if not shown:
        return Said("")
    best = shown[0]
    return Said(first_sentences(best.text, _SUMMARY), Citation(best.path, best.start_line, best.end_line))


def _readmes(files: Sequence[str], folder: str) -> list[str]:
    """The outermost ones, that which speaks for most files first."""
    found = [path for path in files if _README.search(path) and (not folder or path.rpartition("/")[0] == folder)]
    depth = min((path.count("/") for path in found), default=0)
    outer = [path for path in found if path.count("/") == depth]
    return sorted(outer, key=lambda path: (is_translation(path), -_size(path, files), path))


def _prose(path: str, reader: Reader) -> list[Paragraph]:
    found = [paragraph for chunk in reader.chunks(path)[:4] for paragraph in paragraphs(chunk)]
    return [paragraph for paragraph in found if not paragraph.code and len(paragraph.text) > 40][:_PARAGRAPHS]


def _size(path: str, files: Sequence[str]) -> int:
    """How many files the README speaks for."""
    folder = path.rpartition("/")[0]
    return sum(other.startswith(f"{folder}/") for other in files) if folder else len(files)


def head_of(path: str, reader: Reader, longest: int = 120) -> Said:
    """What a file says of itself at its head; a note to its own authors is not that."""
    chunks = reader.chunks(path)[:1]
    said = plain(first_sentences(file_doc(chunks[0].text), longest)) if chunks else ""
    if len(said.split()) < _LEAST_WORDS or _TO_AUTHORS.match(said):
        return Said("")
    return Said(said, Citation(path, chunks[0].start_line, chunks[0].end_line))


def plain(said: str) -> str:
    """Without the marks of documentation tools."""
    return _DOC_MARKS.sub(lambda mark: mark["words"] or "", said)


def about(part: str, members: Sequence[str], manifests: Sequence[Manifest], reader: Reader) -> Said:
    """What the file that speaks for a part says at its head, else its manifest, else the names in it."""
    folder = "" if part == "." else part
    for path in sorted(path for path in members if path == part or _is_face(path, folder)):
        said = head_of(path, reader, _LONGEST)
        if said.text:
            return said
    for manifest in manifests:
        if manifest.description and folder and manifest.folder == folder:
            place = Citation(manifest.path, manifest.line, manifest.line)
            return Said(first_sentences(manifest.description, _LONGEST), place)
    return Said(", ".join(_contents(part, members, reader)))


def _is_face(path: str, folder: str) -> bool:
    return _FACE.search(path) is not None and path.rpartition("/")[0] in (folder, f"{folder}/src")


def _contents(part: str, members: Sequence[str], reader: Reader) -> list[str]:
    """The first names in a folder, or the first definitions at the top of a file, classes before functions."""
    if part not in members:
        head = "" if part == "." else f"{part}/"  # paths at the top begin with no folder
        while True:  # a folder that only holds another tells nothing
            inside = sorted({path.removeprefix(head).split("/")[0] for path in members})
            if len(inside) != 1 or f"{head}{inside[0]}" in members:
                return inside[:4]
            head = f"{head}{inside[0]}/"
    top = [item for item in reader.outline(part) if not item.container and not item.name.startswith("_")]
    ranked = sorted(top, key=lambda item: (item.kind not in HOLDERS, item.kind in ("constant", "variable", "key")))
    return list(dict.fromkeys(item.name for item in ranked))[:4]
