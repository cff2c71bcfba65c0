"""The cells of notebooks that are open: each is a document of its own, in the language of the cell.

The engine knows a cell as a file beside its notebook, `analysis.ipynb#2.py`: so a definition in one cell is found from
the others, and from everywhere else. On disk a notebook is one file of JSON, and is indexed as such.
Not here: keeping the cells, which pygls does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.server.convert import document_key, to_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pygls.workspace import Workspace

SYNC = types.NotebookDocumentSyncOptions(
    [types.NotebookDocumentFilterWithNotebook("*", [types.NotebookCellLanguage("*")])], save=True
)
_CELL = re.compile(r"#\d+\.\w+$")


def cells(workspace: Workspace) -> Mapping[str, tuple[str, int]]:
    """By the key of each cell: its notebook's URI, and its number from 1."""
    return {
        document_key(cell.document): (notebook.uri, number)
        for notebook in workspace.notebook_documents.values()
        for number, cell in enumerate(notebook.cells, start=1)
    }


def cell_path(notebook: str, number: int, language: str) -> str:
    """Beside the notebook; "" for one that is no file on this machine."""
    from dt6_lsp.syntax.languages import BY_NAME, language_by_id  # late, as all that only a cell needs

    path = to_path(notebook)
    row = BY_NAME.get(language_by_id(language))
    return f"{path}#{number}.{row.extensions[0] if row else 'txt'}" if path else ""


def file_of(path: str) -> str:
    """What lies on the disk: the notebook of a cell, and every other path as it is."""
    return _CELL.sub("", path) if ".ipynb#" in path else path
