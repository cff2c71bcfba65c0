"""Citations in the pages that DT6 writes lead to their lines; nothing does anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.lsp.harness import VSCODE, Editor, editing, make_workspace
from tests.lsp.test_explain import taking_content

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = """# Where?

😀 It starts in app/server.py:7-9, is used in `app/windows.py:4`, [as here](app/faces.py:3) and app\\server.py:13.
See http://localhost:8080 and https://example.org/app/server.py:7, nothing.py:1, ../secret.py:2, /etc/passwd:1.
link.py:1 leads out.
"""
Session = tuple[Editor, "Path", "Path"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Session]:
    folder = tmp_path_factory.mktemp("cited")
    root = make_workspace(folder / "work")
    (folder / "secret.py").write_text("x = 1\n", encoding="utf-8")
    (root / "link.py").symlink_to(folder / "secret.py")
    async with editing(root, folder / "state", editor=taking_content()) as editor:
        await editor.indexed()
        yield editor, root, folder / "state" / "data" / "answers"


def page(answers: Path, text: str = PAGE) -> Path:
    answers.mkdir(parents=True, exist_ok=True)
    path = answers / "20260101-000000-000000-where.md"
    path.write_text(text, encoding="utf-8")
    return path


async def links(editor: Editor, uri: str) -> list[tuple[str, str]]:
    """What each link is on, and where it leads when it is followed."""
    params = types.DocumentLinkParams(types.TextDocumentIdentifier(uri))
    found = []
    for link in await editor.text_document_document_link_async(params) or []:
        assert link.target is None, "it is told when it is followed"
        line = PAGE.split("\n")[link.range.start.line].encode("utf-16-le")
        shown = line[2 * link.range.start.character : 2 * link.range.end.character].decode("utf-16-le")
        resolved = await editor.document_link_resolve_async(link)
        found.append((shown, str(resolved.target)))
    return found


async def definition(editor: Editor, uri: str, line: int, character: int) -> Any:
    where = types.DefinitionParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
    return await editor.text_document_definition_async(where)


async def test_citations_are_links_into_the_workspace_and_nothing_else_is(session: Session) -> None:
    editor, root, answers = session
    uri = editor.open(page(answers))
    server = (root / "app/server.py").as_uri()
    assert await links(editor, uri) == [
        ("app/server.py:7-9", f"{server}#L7"),
        ("app/windows.py:4", f"{(root / 'app/windows.py').as_uri()}#L4"),
        ("app/faces.py:3", f"{(root / 'app/faces.py').as_uri()}#L3"),
        ("app\\server.py:13", f"{server}#L13"),
    ]


async def test_the_definition_of_a_citation_is_its_first_line(session: Session) -> None:
    editor, root, answers = session
    uri = editor.open(page(answers))
    found = await definition(editor, uri, 2, 20)
    assert isinstance(found, types.Location)
    assert (found.uri, found.range.start.line) == ((root / "app/server.py").as_uri(), 6)
    assert await definition(editor, uri, 2, 4) is None
    assert await definition(editor, uri, 3, 60) is None


async def test_a_page_of_the_scheme_has_them_too_whether_it_is_open_or_not(session: Session) -> None:
    editor, _, answers = session
    name = page(answers).name
    assert len(await links(editor, f"dt6:/{name}")) == 4


async def test_other_markdown_has_none(session: Session) -> None:
    editor, root, answers = session
    (root / "notes.md").write_text(PAGE, encoding="utf-8")
    below = answers / "more"
    below.mkdir(parents=True, exist_ok=True)
    (below / "20260101-000000-000000-where.md").write_text(PAGE, encoding="utf-8")
    for path in (root / "notes.md", below / "20260101-000000-000000-where.md"):
        uri = editor.open(path)
        assert await links(editor, uri) == []
        assert await definition(editor, uri, 2, 20) is None
    assert await links(editor, "untitled:Untitled-1") == []


async def test_only_pages_are_registered_for_definitions(session: Session, tmp_path: Path) -> None:
    editor, _, _ = session
    (registered,) = [each for each in editor.registrations if each.method == types.TEXT_DOCUMENT_DEFINITION]
    schemes = [each["scheme"] for each in _plain(registered.register_options)["documentSelector"]]
    assert schemes == ["dt6", "file"]
    unable = client_capabilities(VSCODE)
    assert unable.text_document
    unable.text_document.definition = types.DefinitionClientCapabilities(dynamic_registration=False)
    async with editing(make_workspace(tmp_path / "work"), tmp_path / "state", editor=unable) as other:
        await other.indexed()
        assert not [each for each in other.registrations if each.method == types.TEXT_DOCUMENT_DEFINITION]


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(inner) for name, inner in value._asdict().items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
