"""Conversations of editors: a follow-up is understood and shown, two editors share them, and all can be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pygls.exceptions import JsonRpcException

from tests.lsp.harness import editing, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.harness import Editor

HOW = "What does twice do?"
FOLLOW_UP = "and where is it defined?"
MEANT = "Where is `twice` defined?"


async def ask(editor: Editor, question: str, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await editor.request("dt6/ask", {"question": question, **params})
    return answer


async def test_an_editor_talks_another_goes_on_and_all_is_forgotten(tmp_path: Path) -> None:
    root, state = make_workspace(tmp_path / "work"), tmp_path / "state"
    async with editing(root, state) as editor, editing(root, state) as other:
        await editor.indexed()
        await other.indexed()
        first = await ask(editor, HOW)
        assert first["conversation"]
        second = await ask(editor, FOLLOW_UP, partialResultToken="mine")
        assert (second["conversation"], second["resolved"]) == (first["conversation"], MEANT)
        assert "app/windows.py" in {cited["path"] for cited in second["citations"]}
        shown = editor.partial_results["mine"][0]
        assert (shown["kind"], shown["question"]) == ("resolved", MEANT)

        alone = await ask(other, FOLLOW_UP)
        assert alone["resolved"] == ""
        assert alone["conversation"] != first["conversation"]
        joined = await ask(other, FOLLOW_UP, conversation=first["conversation"])
        assert joined["resolved"] == MEANT

        gone = await other.execute("dt6.forget", {"conversation": first["conversation"]})
        assert (gone["turns"], gone["conversations"]) == (3, 1)
        assert (await ask(editor, FOLLOW_UP))["resolved"] == ""
        assert (await editor.execute("dt6.forget"))["turns"] == 2
        assert (await ask(other, FOLLOW_UP))["resolved"] == ""
        assert (await other.execute("dt6.forget", {"all": True}))["turns"] == 1
        assert (await other.execute("dt6.forget", {"conversation": "nobodys"}))["turns"] == 0
        with pytest.raises(JsonRpcException, match="takes a conversation, or all"):
            await other.execute("dt6.forget", {"conversation": first["conversation"], "all": True})
        with pytest.raises(JsonRpcException, match="no name of a conversation"):
            await ask(editor, HOW, conversation="../elsewhere")


async def test_switched_off_by_the_editor_nothing_is_remembered(tmp_path: Path) -> None:
    root, state = make_workspace(tmp_path / "work"), tmp_path / "state"
    async with editing(root, state, settings={"memory": {"keep": False}}) as editor:
        await editor.indexed()
        assert (await ask(editor, HOW))["conversation"] == ""
        assert (await ask(editor, FOLLOW_UP))["resolved"] == ""
        assert (await editor.execute("dt6.forget"))["turns"] == 0
