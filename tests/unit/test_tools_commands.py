"""The page of the commands: nothing that a command takes is missing, and examples are what the code makes."""

from __future__ import annotations

from dataclasses import fields

from dt6_lsp.server import commands, questions
from tools.commands import page

PAGE = page("")


def test_every_command_has_its_section() -> None:
    assert [name for name in commands.NAMES if f"\n## {name}\n" not in PAGE] == []


def test_every_field_is_there_with_its_type_and_its_default() -> None:
    section = PAGE.partition("## dt6.ask\n")[2].partition("\n## ")[0]
    assert [field.name for field in fields(questions.AskArguments) if f"| `{field.name}`" not in section] == []
    assert "| `question` *or alone* | string | must be given |" in section
    assert "| `files` | list of strings |  |" in section
    assert "| `use_cache` | true or false | `true` |" in section


def test_results_and_partial_results_are_shown_as_they_come() -> None:
    assert '"kind": "token", "text"' in PAGE
    for kind in ("resolved", "routed", "retrieved"):
        assert f'{{"kind": "{kind}", ' in PAGE
    assert '  "prompt_tokens": 900,' in PAGE
