"""What each language's query finds: one small file of it, with everything that is expected of that file below it.

A fixture is `//- name`, the source, then the expected symbols, references, imports and chunks as `render` writes them.
A symbol is `lines @line:column kind qualified | signature | doc`. Chunk sizes are tiny
here, so that small files are cut.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.syntax.chunks import Sizes
from dt6_lsp.syntax.languages import TABLE, language_of
from dt6_lsp.syntax.parser import parse

if TYPE_CHECKING:
    from dt6_lsp.syntax.model import ParsedFile

FIXTURES = Path(__file__).parent / "syntax_fixtures"
SMALL = Sizes(target=120, max=200)


def render(path: str, source: str) -> str:
    found = parse(path, source, SMALL)
    parts = {
        "symbols": _symbols(found),
        "references": [f"{one.line}:{one.column} {one.name}" for one in found.references],
        "imports": [" ".join((str(one.line), one.module, one.names)).rstrip() for one in found.imports],
        "chunks": [f"{one.start_line}-{one.end_line} {one.kind} {one.symbol}".rstrip() for one in found.chunks],
        "problems": list(found.problems),
    }
    return "".join("\n".join([f"//- {name}", *lines, ""]) for name, lines in parts.items() if lines)


def _symbols(found: ParsedFile) -> list[str]:
    return [
        f"{one.start_line}-{one.end_line} @{one.name_line}:{one.name_column} {one.kind} {one.qualified}"
        f" | {one.signature}" + (f" | {one.doc!r}" if one.doc else "")
        for one in found.symbols
    ]


def check(fixture: Path) -> None:
    head, _, rest = fixture.read_text("utf-8").partition("\n")
    source, _, expected = rest.partition("\n\n//- symbols\n")
    assert render(head.removeprefix("//- "), source) == f"//- symbols\n{expected}"


@pytest.mark.parametrize("language", [row.name for row in TABLE])
def test_a_small_file_of_each_language(language: str) -> None:
    fixture = FIXTURES / f"{language}.txt"
    assert language_of(fixture.read_text("utf-8").partition("\n")[0].removeprefix("//- ")) == language
    check(fixture)


@pytest.mark.parametrize(
    ("path", "first_line", "language"),
    [
        ("src/a.PY", "", "python"),
        ("a.d.ts", "", "typescript"),
        ("Gemfile", "", "ruby"),
        ("deep/Cargo.lock", "", "toml"),
        (".bashrc", "", "bash"),
        (".gitignore", "", "text"),
        ("LICENSE", "Apache License", "text"),
        ("notes.txt", "#!/usr/bin/env python3", "text"),
        ("bin/tool", "#!/usr/bin/env python3", "python"),
        ("bin/tool", "#!/usr/bin/env -S FOO=1 node --x", "javascript"),
        ("bin/tool", "#! /bin/sh -e", "bash"),
        ("bin/tool", "#!/usr/local/bin/python3.12", "python"),
        ("bin/tool", "#!", "text"),
        ("win\\dir\\a.rs", "", "rust"),
        ("", "", "text"),
    ],
)
def test_the_name_tells_the_language_and_else_the_first_line(path: str, first_line: str, language: str) -> None:
    assert language_of(path, first_line) == language


def test_a_header_with_classes_is_cplusplus_and_one_without_is_c() -> None:
    assert parse("a.h", "namespace n {\nclass A { int f(); };\n}\n").language == "cpp"
    assert parse("a.h", "struct a { int class; };\nint f(void);\n").language == "c"


def test_another_file_is_read_by_lines() -> None:
    found = parse("notes.txt", "one\n\ntwo\n")
    assert [(one.start_line, one.end_line, one.kind, one.symbol, one.text) for one in found.chunks] == [
        (1, 3, "text", "", "one\n\ntwo")
    ]
    assert (found.language, found.symbols, found.problems) == ("text", (), ())
