"""A written answer as a Markdown file: what a workspace names its files stays words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.app import build_engine
from dt6_lsp.engine import Citation, Done, IndexState, Routed, Usage
from dt6_lsp.server.answers import to_markdown
from dt6_lsp.server.pages import file_name, write
from dt6_lsp.settings import Settings
from dt6_lsp.settings.folders import ANSWERS_BYTES, ANSWERS_KEPT, old_answers

if TYPE_CHECKING:
    from pathlib import Path


def test_few_answers_are_kept_and_little_of_them_and_the_newest_always(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    small = [write(folder, file_name(f"question {number}"), "word\n") for number in range(ANSWERS_KEPT + 5)]
    assert sorted(folder.iterdir()) == sorted(small[5:])
    half = "w" * (ANSWERS_BYTES // 2)
    first, second = (write(folder, file_name("long"), half) for _ in range(2))
    assert sorted(folder.iterdir()) == [first, second], "together they fill the room"
    third = write(folder, file_name("short"), "word\n")
    assert sorted(folder.iterdir()) == [second, third], "the oldest goes"
    longest = write(folder, file_name("longest"), half * 3)
    assert list(folder.iterdir()) == [longest], "who asked for it reads it"
    assert old_answers(tmp_path / "absent") == []


async def test_a_source_whose_path_is_a_picture_is_a_link_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    cited = Citation("![a](https:/evil.example/x.png)/m.py", 1, 2)
    engine = build_engine(Settings(), [root], tmp_path / "data")
    try:
        done = Done("It is so.", (cited,), 0, "code", "none", "", False, Usage(0, 0), IndexState(1, 1, 0))
        text = to_markdown(engine, "Is it so?", done)
    finally:
        await engine.close()
    folder = (root / "%21%5Ba%5D%28https%3A/evil.example/x.png%29/m.py").as_posix()
    assert f"- [\\!\\[a\\](https:/evil.example/x.png)/m.py:1-2](file://{folder}#L1)" in text


async def test_what_is_said_about_an_answer_is_words_too(tmp_path: Path) -> None:
    """It names files, and quotes what a server said."""
    (tmp_path / "work").mkdir()
    engine = build_engine(Settings(), [tmp_path / "work"], tmp_path / "data")
    try:
        notice = "![x](https://evil.example/x.png) is not\nin the index."
        index = IndexState(1, 1, 0)
        done = Done("It is so.", (), 0, "code", "ollama", "[m](x)", False, Usage(0, 0), index, notice)
        text = to_markdown(engine, "Is it so?", done)
    finally:
        await engine.close()
    assert "\\!\\[x\\](https://evil.example/x.png) is not in the index.\n" in text
    assert "by \\[m\\](x) (ollama)" in text


async def test_a_follow_up_is_shown_as_it_was_understood(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    engine = build_engine(Settings(), [tmp_path / "work"], tmp_path / "data")
    try:
        index = IndexState(1, 1, 0)
        done = Done(
            "There.", (), 0, "code", "none", "", False, Usage(0, 0), index, resolved="Where is `read_all` called?"
        )
        text = to_markdown(engine, "and where is that called?", done)
    finally:
        await engine.close()
    assert text.startswith("# and where is that called?\n\n*Taken as: Where is \\`read_all\\` called?*\n\nThere.\n")


async def test_how_a_question_was_taken_is_said_in_words_that_stay_words(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    engine = build_engine(Settings(), [tmp_path / "work"], tmp_path / "state")
    try:
        route = Routed("code", 0.9, "it names `![x](http://evil)`")
        index = IndexState(1, 1, 0)
        done = Done("It is so.", (), 0, "code", "none", "", False, Usage(0, 0), index, route=route)
        text = to_markdown(engine, "Where?", done)
    finally:
        await engine.close()
    assert "Taken for a code question: it names \\`\\!\\[x\\](http://evil)\\`. Written without a model" in text
