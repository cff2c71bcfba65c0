"""The texts that are open in the editor, and snapshots of them.

pygls keeps the documents; its incremental edits are replaced, because they count a form feed or U+2028 as the end of a
line and misplace an edit at the end of a text that has no final line break. After either, every later answer is about a
text that the user does not have.
Not here: files on disk. A document that is not open has no snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol.types import TextDocumentSyncKind
from pygls.workspace import TextDocument, Workspace

from dt6_lsp.server.convert import to_offset, to_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsprotocol.types import (
        TextDocumentContentChangeEvent,
        TextDocumentContentChangePartial,
        VersionedTextDocumentIdentifier,
    )

    from dt6_lsp.engine import Engine


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One document at one moment. `language` is the editor's name for it."""

    uri: str
    text: str
    version: int | None
    language: str = ""


class OpenDocument(TextDocument):
    def _apply_incremental_change(self, change: TextDocumentContentChangePartial) -> None:
        text, encoding = self.source, self.position_codec.encoding or "utf-16"
        start = to_offset(text, change.range.start, encoding)
        end = max(start, to_offset(text, change.range.end, encoding))
        self._source = text[:start] + change.text + text[end:]


class Documents(Workspace):
    @classmethod
    def following(cls, other: Workspace) -> Documents:
        """The same folders and encoding, with the better documents; `other` has no documents yet."""
        folders = list(other.folders.values())
        return cls(other.root_uri, TextDocumentSyncKind.Incremental, folders, other.position_encoding)

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return OpenDocument(doc_uri, source, version, language_id, position_codec=self.position_codec)

    def update_text_document(
        self, text_doc: VersionedTextDocumentIdentifier, change: TextDocumentContentChangeEvent
    ) -> None:
        """The document that changed last stands last."""
        super().update_text_document(text_doc, change)
        uri = unquote(text_doc.uri)
        self._text_documents[uri] = self._text_documents.pop(uri)


def named_file(engine: Engine, name: str) -> str:
    """A file as the engine names it, from a URI or from such a name; "" for one that is on no disk of this machine."""
    if "://" not in name and not name.startswith(("file:", "untitled:")):
        return name.replace("\\", "/")
    path = to_path(name)
    return "" if path is None else engine.relative(Path(path)) or ""


def named_texts(engine: Engine, documents: Iterable[Snapshot]) -> dict[str, str]:
    """The texts of those that have a place in the workspace, by the engine's names."""
    placed = ((to_path(document.uri), document.text) for document in documents)
    named = ((engine.relative(Path(path)), text) for path, text in placed if path is not None)
    return {name: text for name, text in named if name}


def snapshots(workspace: Workspace) -> Mapping[str, Snapshot]:
    """All open documents, by URI as the client wrote it. No text is copied: an edit makes a new string."""
    return {
        document.uri: Snapshot(document.uri, document.source, document.version, document.language_id or "")
        for document in workspace.text_documents.values()
    }
