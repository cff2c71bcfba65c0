"""`parse` never raises and always ends, whatever the file is made of; and its positions are an editor's."""

from __future__ import annotations

import gc
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dt6_lsp.syntax.languages import TABLE
from dt6_lsp.syntax.parser import parse

DEEP = 100_000
HOSTILE = {
    "open brackets": "(" * DEEP,
    "open and closed brackets": "[" * DEEP + "]" * DEEP,
    "open generics": "a<" * 20_000,
    "long chain": "a." * DEEP + "b",
    "one long line": "x " * 200_000,
    "nul bytes": "def f(x):\n\0\n" * 500,
    "lone surrogates": "def \ud800(): pass\nx = '\udfff'\n" * 100,
    "open comment": "/*" + "a\n" * 10_000,
    "open comments": "/*" * 4_000,
    "marks": "#" * 50_000,
    "deep indentation": "".join(" " * level + "a:\n" for level in range(600)),
    "deep list": "- " * 3_000 + "a",
    "open string": '"""' + "x\n" * 10_000,
    "nested functions": "function a(){" * 5_000,
    "only comments": "# a\n// b\n-- c\n" * 1_000,
    "headings": "# a\n" * 10_000,
    "control characters": "".join(map(chr, range(1, 160))) * 50,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["python", "typescript", "java", "cpp", "swift", "yaml", "markdown"])
def test_hostile_text_ends_soon(language: str, name: str) -> None:
    extension = next(row.extensions[0] for row in TABLE if row.name == language)
    began = time.thread_time()
    found = parse(f"a.{extension}", HOSTILE[name])
    assert time.thread_time() - began < 10
    assert found.language == language
    assert found.chunks
    assert all(len(one.text) <= 8_000 for one in found.chunks)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_noise_in_every_language(row: object) -> None:
    extension = next(each.extensions[0] for each in TABLE if each is row)
    for text in ("((((", "\0\ud800\ufeff", "}{)(][", "\r\r\n\r", "'\"`", "\\", "class", "@", "# \n#", "<a"):
        assert bool(parse(f"a.{extension}", text).chunks) == bool(text.strip())


def test_a_file_that_the_grammar_gives_up_on_is_searchable_as_text() -> None:
    found = parse("a.py", "def f(): pass\n" + "(" * DEEP)
    assert found.problems == ("The file opens far more brackets than it closes, so it is read as text.",)
    assert [one.kind for one in found.chunks] == ["text", "text"]


def test_broken_syntax_still_yields_the_definitions_around_it() -> None:
    found = parse("a.py", "def f():\n    return (\n\ndef g():\n    pass\n")
    assert "g" in [one.name for one in found.symbols]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_only_where_an_editor_ends_them(end: str) -> None:
    lines = ["# a\u2028b\x0cc\x85d", "x = 'é'; y = f(x)", "", "def g(): pass"]
    found = parse("a.py", end.join(lines))
    assert [(one.name, one.name_line, one.name_column) for one in found.symbols] == [
        ("x", 2, 0),
        ("y", 2, 9),
        ("g", 4, 4),
    ]
    assert [(one.name, one.line, one.column) for one in found.references] == [("f", 2, 13)]
    assert found.chunks[0].text == "\n".join(lines)


def test_columns_count_characters_and_not_bytes_or_utf16_units() -> None:
    found = parse("a.js", "const s = '𝒳é'; const after = () => call(s);")
    assert [(one.name, one.name_column) for one in found.symbols] == [("s", 6), ("after", 22)]
    assert [(one.name, one.column) for one in found.references] == [("call", 36)]


def test_a_result_survives_a_process_border() -> None:
    found = parse("a.py", "class A:\n    def f(self): pass\n")
    assert pickle.loads(pickle.dumps(found)) == found


def test_nothing_is_kept_of_a_file_that_was_read() -> None:
    """The binding never lets go of what it was given to read; of each edit something stayed."""
    broken = "class A:\n    \n  def f(self)::\n" * 40  # the parser goes back some times in each
    parse("a.py", broken)
    gc.collect()
    before = len(gc.get_objects())
    for number in range(200):
        parse("a.py", broken + str(number))
    gc.collect()
    assert len(gc.get_objects()) - before < 100


def test_what_the_parser_goes_back_to_may_be_longer_than_one_part() -> None:
    text = "x = (\n" + "# a comment, and another\n" * 10_000 + "1)\n\n\ndef last(): pass\n"
    assert [symbol.name for symbol in parse("a.py", text).symbols if symbol.kind == "function"] == ["last"]


def test_many_threads_give_what_one_gives() -> None:
    text = "".join(f"class A{n}:\n    def f(self): return g({n})\n" for n in range(100))
    paths = ["a.py", "a.rb", "a.ts", "a.go"] * 10
    alone = [parse(path, text) for path in paths]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda path: parse(path, text), paths)) == alone


def test_a_signature_is_one_short_line() -> None:
    many = ",\n".join(f"    argument_{n}: int" for n in range(100))
    (one,) = parse("a.py", f"def f(\n{many},\n) -> None:\n    pass\n").symbols
    assert len(one.signature) == 300
    assert one.signature.startswith("def f(argument_0: int, argument_1: int")


def test_a_long_doc_is_cut() -> None:
    (one,) = parse("a.py", f'def f():\n    """{"word " * 1_000}"""\n').symbols
    assert len(one.doc) <= 2_000


@pytest.mark.parametrize(
    ("path", "text", "doc"),
    [
        ("a.js", "/** A.\n *\n * - b\n *   c\n **/\nfunction f() {}\n", "A.\n\n- b\n  c"),
        ("a.js", "/** A. */\n\nfunction f() {}\n", "A."),
        ("a.js", "// far\n\nfunction f() {}\n", ""),
        ("a.js", "// eslint-disable-next-line\n// why\nfunction f() {}\n", "why"),
        ("a.js", "x; // of x\nfunction f() {}\n", ""),
        ("a.rs", "/// # Title\n/// text\n#[inline]\nfn f() {}\n", "# Title\ntext"),
        ("a.lua", "--[[ A.\nB. ]]\nfunction f() end\n", "A.\nB."),
        ("a.hs", "{-| A. -}\nf = 1\n", "A."),
        ("a.hs", "-- ------\n-- | A.\n--\nf :: R -> Int\n\n-- one\nf R {c = x} = x\n-- two\nf _ = 0\n", "A."),
        ("a.cs", "/// <summary>\n/// A <see cref=\"T:B.C\"/>.\n/// </summary>\nclass f {}\n", "A B.C."),
        ("a.py", "def f():\n    r'''A.\n\n        B.\n    '''\n", "A.\n\nB."),
        ("a.ex", "defmodule M do\n  @doc ~S\"\"\"\n  A.\n  \"\"\"\n  def f, do: 1\nend\n", "A."),
    ],
)  # fmt: skip
def test_docs_come_without_their_marks(path: str, text: str, doc: str) -> None:
    assert [one.doc for one in parse(path, text).symbols if one.name == "f"] == [doc]


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        ("a.hs", "f :: R -> Int\n\n-- one\nf R {c = x} = x {d = 1}\n\n-- two\nf _ = 0\ng = 1\n", (1, 7)),
        ("a.ex", "defmodule M do\n  def f(0), do: 1\n\n  # two\n  def f(n) do\n    n\n  end\nend\n", (2, 7)),
    ],
)
def test_a_function_in_clauses_is_one_symbol_whatever_comments_stand_between(
    path: str, text: str, lines: tuple[int, int]
) -> None:
    assert [(one.start_line, one.end_line) for one in parse(path, text).symbols if one.name == "f"] == [lines]
    apart = text.replace("-- two", "h = 2").replace("# two", "def h, do: 2")
    assert len([one for one in parse(path, apart).symbols if one.name == "f"]) == 2
