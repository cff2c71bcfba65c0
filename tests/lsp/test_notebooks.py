"""Notebooks that are open: every cell is a document, and what one defines is known in the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.lsp.harness import NEOVIM, VSCODE, Editor, editing, environment, make_workspace, spawned
from tests.lsp.test_asking import with_model
from tests.lsp.test_code_actions import action, honouring
from tests.servers.model_server import ModelServer, Reply

if TYPE_CHECKING:
    from pathlib import Path

DEFINES = 'def summed(rows: list[int]) -> int:\n    """Adds up what a column holds."""\n    return sum(rows)\n'
USES = "é = '😀'; summed([1, 2])\nServer()\n"


def on_disk(*sources: str) -> str:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text.splitlines(True)} for text in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


class Notebook:
    """As VS Code speaks of one. Cells keep their URIs when others come and go."""

    def __init__(self, editor: Editor, path: Path, *texts: str) -> None:
        self.editor, self.uri, self.version = editor, path.as_uri(), 1
        self.cells = [f"vscode-notebook-cell:{path}#W{number}sZmlsZQ%3D%3D" for number in range(len(texts))]
        documents = [self.document(uri, text) for uri, text in zip(self.cells, texts, strict=True)]
        notebook = types.NotebookDocument(self.uri, "jupyter-notebook", 1, [self.cell(uri) for uri in self.cells])
        editor.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, documents))

    @staticmethod
    def cell(uri: str) -> types.NotebookCell:
        return types.NotebookCell(types.NotebookCellKind.Code, uri)

    @staticmethod
    def document(uri: str, text: str) -> types.TextDocumentItem:
        return types.TextDocumentItem(uri, "python", 1, text)

    def change(self, changes: types.NotebookDocumentCellChanges) -> None:
        self.version += 1
        which = types.VersionedNotebookDocumentIdentifier(self.version, self.uri)
        event = types.NotebookDocumentChangeEvent(cells=changes)
        self.editor.notebook_document_did_change(types.DidChangeNotebookDocumentParams(which, event))

    def edit(self, cell: str, text: str) -> None:
        which = types.VersionedTextDocumentIdentifier(self.version + 1, cell)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        content = types.NotebookDocumentCellContentChanges(which, [whole])
        self.change(types.NotebookDocumentCellChanges(text_content=[content]))

    def insert_first(self, cell: str, text: str) -> None:
        array = types.NotebookCellArrayChange(0, 0, [self.cell(cell)])
        structure = types.NotebookDocumentCellChangeStructure(array, did_open=[self.document(cell, text)])
        self.change(types.NotebookDocumentCellChanges(structure=structure))

    def remove(self, number: int, cell: str) -> None:
        array = types.NotebookCellArrayChange(number, 1, [])
        structure = types.NotebookDocumentCellChangeStructure(array, did_close=[types.TextDocumentIdentifier(cell)])
        self.change(types.NotebookDocumentCellChanges(structure=structure))

    def close(self) -> None:
        which = types.NotebookDocumentIdentifier(self.uri)
        cells = [types.TextDocumentIdentifier(uri) for uri in self.cells]
        self.editor.notebook_document_did_close(types.DidCloseNotebookDocumentParams(which, cells))


async def places(editor: Editor, name: str) -> list[tuple[str, types.Range | None]]:
    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(name)) or []
    return [(one.location.uri, getattr(one.location, "range", None)) for one in found if one.name == name]


async def hovered(editor: Editor, cell: str, line: int, character: int) -> str:
    found = await editor.hover(cell, line, character)
    return found.contents.value if found and isinstance(found.contents, types.MarkupContent) else ""


@pytest.mark.parametrize("name", [VSCODE, f"{NEOVIM}@v0.11"])
async def test_what_a_cell_defines_is_known_in_the_others(tmp_path: Path, name: str) -> None:
    root = make_workspace(tmp_path / "work")
    path = root / "notes" / "sums.ipynb"
    path.parent.mkdir()
    path.write_text(on_disk(DEFINES, USES), encoding="utf-8")
    capabilities = client_capabilities(name)
    capabilities.notebook_document = types.NotebookDocumentClientCapabilities(
        types.NotebookDocumentSyncClientCapabilities()
    )
    async with editing(root, tmp_path / "state", editor=capabilities) as editor:
        await editor.indexed()
        notebook = Notebook(editor, path, DEFINES, USES)
        defines, uses = notebook.cells
        column = len("é = '😀'; ".encode("utf-16-le")) // 2 if name == VSCODE else len("é = '😀'; ".encode())
        assert "Adds up what a column holds." in await hovered(editor, uses, 0, column)
        assert "Answers requests." in await hovered(editor, uses, 1, 0)
        ((uri, where),) = await places(editor, "summed")
        assert uri == defines
        assert where in (None, types.Range(types.Position(0, 4), types.Position(0, 10)))

        notebook.edit(defines, DEFINES.replace("column", "row"))
        assert "Adds up what a row holds." in await hovered(editor, uses, 0, column)
        first = f"vscode-notebook-cell:{path}#W7sZmlsZQ%3D%3D"
        notebook.insert_first(first, "import sys\n\n\ndef above() -> None: ...\n")
        assert [uri for uri, _ in await places(editor, "above")] == [first]
        assert [uri for uri, _ in await places(editor, "summed")] == [defines]
        notebook.remove(0, first)
        assert await places(editor, "above") == []

        answer = await editor.request("dt6/ask", {"question": "What does summed add up?", "uri": uses})
        assert "notes/sums.ipynb#1.py" in {cited["path"] for cited in answer["citations"]}
        notebook.close()
        assert await places(editor, "summed") == []


async def test_the_answer_about_a_cell_links_to_its_notebook(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        Notebook(editor, root / "sums.ipynb", DEFINES, USES)
        await editor.execute("dt6.ask", "What does `summed` do?")
        (shown,) = await editor.until(lambda: editor.shown_documents)
        text = (tmp_path / "state" / "data" / "answers" / shown.uri.rpartition("/")[2]).read_text(encoding="utf-8")
        assert f"{(root / 'sums.ipynb').as_uri()}#L1" in text


async def test_a_cell_is_changed_as_what_it_is(tmp_path: Path) -> None:
    """In its own language, although the file that it lies in is JSON, and by its own URI."""
    root = make_workspace(tmp_path / "work")
    with ModelServer() as server:
        async with editing(root, tmp_path / "state", settings=with_model(server), editor=honouring()) as editor:
            await editor.indexed()
            cell = Notebook(editor, root / "sums.ipynb", "def summed(rows):\n    return sum(rows)\n").cells[0]
            found = await action(editor, cell, 0, "refactor.rewrite.document")
            server.enqueue(Reply("```\nAdds up the rows.\n```"))
            edit = (await editor.code_action_resolve_async(found)).edit
            assert edit is not None
            (change,) = edit.document_changes or []
            assert isinstance(change, types.TextDocumentEdit)
            assert change.text_document.uri == cell
            (inserted,) = change.edits
            assert isinstance(inserted, types.AnnotatedTextEdit)
            assert inserted.new_text == '    """Adds up the rows."""\n'


async def test_a_notebook_that_is_saved_is_indexed(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state", settings={"index": {"watch": False}}) as editor:
        await editor.indexed()
        path = root / "sums.ipynb"
        path.write_text(on_disk(DEFINES), encoding="utf-8")
        editor.notebook_document_did_save(
            types.DidSaveNotebookDocumentParams(types.NotebookDocumentIdentifier(path.as_uri()))
        )
        while "sums.ipynb" not in {hit["path"] for hit in await editor.execute("dt6.search", "Adds up a column")}:
            pass  # each answer is the event that the next question waits for


async def test_a_notebook_without_a_name_and_cells_without_a_notebook(tmp_path: Path) -> None:
    root = make_workspace(tmp_path / "work")
    async with editing(root, tmp_path / "state") as editor:
        await editor.indexed()
        cells = ["untitled:Untitled-1.ipynb#W0", f"vscode-notebook-cell:{root}/sums.ipynb#W1"]
        notebook = types.NotebookDocument("untitled:Untitled-1.ipynb", "jupyter-notebook", 1, [Notebook.cell(cells[0])])
        documents = [Notebook.document(cells[0], "Server()\n")]
        editor.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, documents))
        editor.open(root, "Server()\n", uri=cells[1])
        for cell in cells:
            assert "Answers requests." in await hovered(editor, cell, 0, 1)


@pytest.mark.parametrize("name", [VSCODE, f"{NEOVIM}@v0.10"])
async def test_notebooks_are_asked_for_where_there_are_any(tmp_path: Path, name: str) -> None:
    capabilities = client_capabilities(name)
    async with spawned(environment(tmp_path)) as editor:
        result = await editor.initialize_session(types.InitializeParams(capabilities=capabilities))
        offered = result.capabilities.notebook_document_sync
        assert (offered is not None) == (capabilities.notebook_document is not None)
