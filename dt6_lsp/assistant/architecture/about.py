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
    from dt6_lsp.index.model import Reader

_FACE = re.compile(r"(?:^|/)(?:__init__|index|mod|lib|main|doc|package-info|readme)\.[a-z]+$", re.IGNORECASE)
_README = re.compile(r"(?:^|/)readme\b[^/]*$", re.IGNORECASE)
_SAYS_WHAT_IT_IS = re.compile(r"\b(?:is|are)\s+(?:an?|the)\b", re.IGNORECASE)
_PARAGRAPHS = 8
_LONGEST = 140
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Said:
    """`source` is None for what is not quoted: the names of a part's contents."""

    text: str
    source: Citation | None = None


def summary(files: Sequence[str], reader: Reader, folder: str = "") -> Said:
    """The paragraph at the head of the topmost README that says what this is, else the first that there is."""
    readmes = [path for path in files if _README.search(path) and (not folder or path.startswith(f"{folder}/"))]
    for path in sorted(readmes, key=lambda path: (path.count("/"), is_translation(path), path))[:2]:
        if folder and path.rpartition("/")[0] != folder:
            continue
        found = [paragraph for chunk in reader.chunks(path)[:4] for paragraph in paragraphs(chunk)]
        prose = [paragraph for paragraph in found if not paragraph.code and len(paragraph.text) > 40][:_PARAGRAPHS]
        if prose:
            best = next((paragraph for paragraph in prose if _SAYS_WHAT_IT_IS.search(paragraph.text)), prose[0])
            return Said(first_sentences(best.text, 320), Citation(path, best.start_line, best.end_line))
    return Said("")


def about(part: str, members: Sequence[str], manifests: Sequence[Manifest], reader: Reader) -> Said:
    """What the file that speaks for a part says at its head, else its manifest, else the names in it."""
    folder = "" if part == "." else part
    for path in sorted(path for path in members if path == part or _is_face(path, folder)):
        chunks = reader.chunks(path)[:1]
        said = first_sentences(file_doc(chunks[0].text), _LONGEST) if chunks else ""
        if len(said.split()) >= _LEAST_WORDS:
            return Said(said, Citation(path, chunks[0].start_line, chunks[0].end_line))
    for manifest in manifests:
        if manifest.description and folder and manifest.folder == folder:
            said = first_sentences(manifest.description, _LONGEST)
            return Said(said, Citation(manifest.path, manifest.line, manifest.line))
    return Said(", ".join(_contents(part, members, reader)))


def _is_face(path: str, folder: str) -> bool:
    return _FACE.search(path) is not None and path.rpartition("/")[0] in (folder, f"{folder}/src")


def _contents(part: str, members: Sequence[str], reader: Reader) -> list[str]:
    """The first names in a folder, or the first definitions at the top of a file, classes before functions."""
    if part not in members:
        return sorted({path.removeprefix(f"{part}/").split("/")[0] for path in members})[:4]
    top = [item for item in reader.outline(part) if not item.container and not item.name.startswith("_")]
    ranked = sorted(top, key=lambda item: (item.kind not in HOLDERS, item.kind in ("constant", "variable", "key")))
    return list(dict.fromkeys(item.name for item in ranked))[:4]
