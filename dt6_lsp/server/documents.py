"""The texts that are open in the editor, and snapshots of them.

pygls keeps the documents. Its incremental edits are replaced, because they count a form feed or U+2028 as the end of a
line and misplace an edit at the end of a text that has no final line break. After either, every later answer is about a
text that the user does not have. So are its keys: a client may spell one URI in several ways (`document_key`).
Not here: files on disk. A document that is not open has no snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol.types import TextDocumentSyncKind
from pygls.workspace import TextDocument, Workspace

from dt6_lsp.server import notebooks
from dt6_lsp.server.convert import document_key, to_offset, to_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lsprotocol.types import (
        TextDocumentContentChangeEvent,
        TextDocumentContentChangePartial,
        TextDocumentItem,
        VersionedTextDocumentIdentifier,
    )

    from dt6_lsp.engine import Engine
_CELL_SCHEME = "vscode-notebook-cell:"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One document at one moment. `language` is the editor's name for it; `cell` the path of a cell of a notebook;
    `changed_at` when it was edited last, by `time.monotonic`."""

    uri: str
    text: str
    version: int | None
    language: str = ""
    cell: str = ""
    changed_at: float = -inf

    def name(self, engine: Engine) -> str:
        """As the engine names it; "" for what has no place in the workspace."""
        path = self.cell or (None if self.uri.startswith(_CELL_SCHEME) else to_path(self.uri))
        return engine.relative(Path(path)) or "" if path else ""


class OpenDocument(TextDocument):
    changed_at = -inf

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

    def put_text_document(self, text_document: TextDocumentItem, notebook_uri: str | None = None) -> None:
        uri = text_document.uri
        self._text_documents[document_key(uri)] = self._create_text_document(
            uri, text_document.text, text_document.version, text_document.language_id
        )
        if notebook_uri is not None:
            self._cell_in_notebook[unquote(uri)] = unquote(notebook_uri)

    def update_text_document(
        self, text_doc: VersionedTextDocumentIdentifier, change: TextDocumentContentChangeEvent
    ) -> None:
        """The document that changed last stands last."""
        key = document_key(text_doc.uri)
        changed = self._text_documents.pop(key)
        self._text_documents[key] = changed
        changed.apply_change(change)
        if isinstance(changed, OpenDocument):
            changed.changed_at = time.monotonic()
        changed.version = text_doc.version

    def get_text_document(self, doc_uri: str) -> TextDocument:
        return self._text_documents.get(document_key(doc_uri)) or self._create_text_document(doc_uri)

    def remove_text_document(self, doc_uri: str) -> None:
        self._text_documents.pop(document_key(doc_uri), None)
        self._cell_in_notebook.pop(unquote(doc_uri), None)


class Snapshots(Mapping[str, Snapshot]):
    """All open documents. They are found by any spelling of their URIs, and listed by the one of `didOpen`."""

    def __init__(self, by_key: Mapping[str, Snapshot]) -> None:
        self._by_key = by_key

    def __getitem__(self, uri: str) -> Snapshot:
        return self._by_key[document_key(uri)]

    def __iter__(self) -> Iterator[str]:
        return (snapshot.uri for snapshot in self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)


def named_file(engine: Engine, name: str) -> str:
    """A file as the engine names it, from a URI or from such a name; "" for one that is on no disk of this machine."""
    if "://" not in name and not name.startswith(("file:", "untitled:")):
        return name.replace("\\", "/")
    path = to_path(name)
    return "" if path is None else engine.relative(Path(path)) or ""


def named_texts(engine: Engine, documents: Iterable[Snapshot]) -> dict[str, str]:
    """The texts of those that have a place in the workspace, by the engine's names."""
    named = ((document.name(engine), document.text) for document in documents)
    return {name: text for name, text in named if name}


def snapshots(workspace: Workspace) -> Snapshots:
    """All open documents as they are now. No text is copied: an edit makes a new string."""
    in_notebooks = notebooks.cells(workspace)
    taken = {}
    for key, document in workspace.text_documents.items():
        language = document.language_id or ""
        cell = notebooks.cell_path(*in_notebooks[key], language) if key in in_notebooks else ""
        changed_at = getattr(document, "changed_at", -inf)
        taken[key] = Snapshot(document.uri, document.source, document.version, language, cell, changed_at)
    return Snapshots(taken)


def text_of(workspace: Workspace, uri: str) -> str | None:
    """Of an open document, as it is now."""
    document = workspace.text_documents.get(document_key(uri))
    return None if document is None else document.source
