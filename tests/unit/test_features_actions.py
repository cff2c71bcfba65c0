"""What is offered where, where tests go, and what always holds of changes, whatever a model writes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dt6_lsp.features.actions import drafts
from dt6_lsp.features.actions.changes import apply, line_end, lines_with_ends, replacements, span_of_lines
from dt6_lsp.features.actions.model import Edit, Offer, Problem, Wanted
from dt6_lsp.features.actions.offers import offers_at
from dt6_lsp.features.actions.reply import UnusableError, code_of, fence_for
from dt6_lsp.features.actions.styles import STYLES, documentation
from dt6_lsp.features.actions.testing import home_of_tests, is_test, new_test
from dt6_lsp.features.outline import MOST_KEPT, Outlines
from dt6_lsp.features.roots import Roots
from dt6_lsp.server.convert import offsets_range, to_offset
from dt6_lsp.syntax.checking import body_start, faults
from dt6_lsp.syntax.parser import parse
from tests.unit.test_features_drafting import marked

if TYPE_CHECKING:
    from pathlib import Path

# --- offers ---------------------------------------------------------------------------------------------------------


def at(fixture: str, path: str = "a.py", problems: tuple[Problem, ...] = (), language_id: str = "") -> list[Offer]:
    text, first, last, selected = marked(fixture)
    return offers_at(path, text, (first, last), problems, selected=selected, language_id=language_id)


def kinds(found: list[Offer]) -> list[str]:
    return [offer.kind for offer in found]


SAID = ["explain", "review", "ask"]


def test_at_a_definition_all_that_it_lacks_is_offered() -> None:
    found = at("class A:\n    def f(self):$0\n        return 1\n")
    assert kinds(found) == ["document", "types", "rewrite", "tests", *SAID]
    assert {(offer.start_line, offer.end_line, offer.name) for offer in found} == {(2, 3, "f")}


def test_what_is_there_already_is_not_offered() -> None:
    found = at('def f(a: int) -> int:$0\n    """Gives it back."""\n    return a\n')
    assert kinds(found) == ["rewrite", "tests", *SAID]


def test_of_a_selection_the_lines_count_and_the_definition_in_it() -> None:
    fixture = "x = 1\n$<y = 2\ndef f(a):\n    return a\n\n\ndef g(a):\n    return a$>\nz = 3\n"
    found = {offer.kind: (offer.start_line, offer.end_line) for offer in at(fixture)}
    assert found["rewrite"] == found["explain"] == (2, 8)
    assert found["document"] == found["tests"] == (3, 4)


def test_away_from_definitions_the_file_is_explained_and_nothing_is_changed() -> None:
    found = at("import os\n$0\n\ndef f(a):\n    return a\n")
    assert kinds(found) == SAID
    assert {(offer.start_line, offer.end_line) for offer in found} == {(1, 5)}


def test_blank_lines_are_nothing_to_refactor() -> None:
    assert "rewrite" not in kinds(at("x = 1\n$<\n$>\ny = 2\n"))


def test_each_problem_has_its_fix_with_the_lines_that_it_may_touch() -> None:
    body = "".join(f"    x{number} = {number}\n" for number in range(100))
    problems = (Problem("one", 3, 3), Problem("two", 60, 61), *(Problem(f"more {n}", 1, 1) for n in range(9)))
    found = [offer for offer in at(f"def f():$0\n{body}", problems=problems) if offer.kind == "fix"]
    assert [(offer.problem, offer.start_line, offer.end_line) for offer in found[:2]] == [(0, 1, 8), (1, 55, 66)]
    assert len(found) == 5, "a file full of problems does not bury the rest"
    assert at("x = 1$0\n", problems=(Problem("gone", 40, 41),))[0].kind == "explain"


@pytest.mark.parametrize("path", [".env", "keys/id_rsa", "deploy/.ssh/config.py"])
def test_nothing_is_offered_for_a_secret_file(path: str) -> None:
    assert at("def f(a):$0\n    return a\n", path) == []


@pytest.mark.parametrize(
    ("path", "language_id", "changes"),
    [
        ("notes.txt", "", False),
        ("README.md", "markdown", False),
        ("data.json", "json", False),
        ("", "python", True),
        ("Untitled-1", "python", True),
        ("", "klingon", False),
    ],
)
def test_only_code_is_changed_and_the_editor_may_say_what_is_code(path: str, language_id: str, changes: bool) -> None:
    found = at("def f(a):$0\n    return a\n", path, language_id=language_id)
    assert ("rewrite" in kinds(found)) is changes
    assert "explain" in kinds(found)


def test_a_test_needs_no_tests_and_a_long_text_is_not_parsed() -> None:
    assert "tests" not in kinds(at("def test_f(a):$0\n    return a\n", "tests/test_a.py"))
    assert kinds(at("def f(a):$0\n    return a\n" + "x = 1\n" * 100_000)) == SAID


def test_an_empty_text_and_places_outside_of_it_offer_nothing() -> None:
    assert offers_at("a.py", "", (1, 1)) == []
    assert kinds(offers_at("a.py", "x = 1\n", (900, 950), selected=True)) == []


def test_an_outline_is_made_once_for_a_text_and_of_few_texts() -> None:
    kept = Outlines()
    first = kept.symbols("a.py", "def f(): ...\n")
    assert kept.symbols("a.py", "def f(): ...\n"[:]) is first
    assert [symbol.name for symbol in kept.symbols("a.py", "def g(): ...\n")] == ["g"]
    for number in range(MOST_KEPT):
        kept.symbols(f"{number}.py", "def h(): ...\n")
    assert len(kept._kept) == MOST_KEPT
    assert kept.symbols("a.py", "def f(): ...\n") == first


# --- where tests go -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "files", "expected"),
    [
        ("app/io.py", [], "tests/test_io.py"),
        ("app/io.py", ["tests/unit/test_net.py", "tests/unit/test_log.py"], "tests/unit/test_io.py"),
        ("app/io.py", ["app/net_test.py"], "app/io_test.py"),
        ("app/io.py", ["tests/test_io.py"], "tests/test_io_2.py"),
        ("app/io.py", ["tests/conftest.py", "web/io.test.js"], "tests/test_io.py"),
        ("web/cart.js", [], "web/cart.test.js"),
        ("web/cart.tsx", ["web/list.spec.ts"], "web/cart.spec.tsx"),
        ("web/cart.ts", ["web/__tests__/list.test.ts"], "web/__tests__/cart.test.ts"),
        ("pkg/walk.go", ["other/log_test.go"], "pkg/walk_test.go"),
        ("src/parse.rs", [], "tests/parse_test.rs"),
        ("src/main/java/a/b/Cart.java", [], "src/test/java/a/b/CartTest.java"),
        ("core/src/main/kotlin/a/Cart.kt", [], "core/src/test/kotlin/a/CartTest.kt"),
        ("lib/cart.rb", ["spec/models/user_spec.rb"], "spec/models/cart_spec.rb"),
        ("lib/cart.rb", ["test/test_user.rb"], "test/test_cart.rb"),
        ("lib/shop/cart.ex", [], "test/shop/cart_test.exs"),
        ("src/Cart.php", [], "tests/CartTest.php"),
    ],
)
def test_tests_go_where_the_workspace_or_the_language_has_them(path: str, files: list[str], expected: str) -> None:
    assert home_of_tests(path, files) == expected
    assert is_test(expected)


def test_a_new_test_is_of_its_own_root_and_no_file_that_is_on_disk(tmp_path: Path) -> None:
    roots = Roots((tmp_path / "api", tmp_path / "web"))
    (tmp_path / "web/tests").mkdir(parents=True)
    (tmp_path / "web/tests/test_io.py").touch()
    assert new_test("web/io.py", ["api/unit/test_b.py", "web/io.py"], roots) == "web/tests/test_io_2.py"
    assert new_test("io.py", [], Roots((tmp_path / "api",))) == "tests/test_io.py"


# --- replies --------------------------------------------------------------------------------------------------------

text = st.text(alphabet=st.sampled_from("ab {}()*/\"'\\#\t<>-|~`:;=@é😀"), max_size=30)
lines = st.lists(text, max_size=8)


@given(st.text(alphabet=st.sampled_from("ab`~\n\r \té"), max_size=80))
@example("```\n" * 3)
def test_a_reply_has_code_or_is_told_to_have_none(reply: str) -> None:
    try:
        found = code_of(reply)
    except UnusableError as error:
        found = str(error).removesuffix(".") + "."
    assert found.strip()


@given(lines.map("\n".join), st.sampled_from(["", "python", " title=x"]))
def test_code_in_a_fence_that_it_can_not_close_comes_back_as_it_was(code: str, info: str) -> None:
    fence = fence_for(code)
    reply = f"Here:\n{fence}{info}\n{code}\n{fence}\nDone."
    if not code.strip():
        with pytest.raises(UnusableError):
            code_of(reply)
    elif "~~~" not in code:
        assert code_of(reply) == code


def test_what_a_model_thinks_aloud_is_no_reply() -> None:
    assert code_of("<think>\n```\nwrong\n```\n</think>\n```\nright\n```") == "right"


# --- changes --------------------------------------------------------------------------------------------------------

written = lines.filter(lambda code: any(line.strip() for line in code))
ends = st.sampled_from(["\n", "\r\n", "\r"])


@given(
    st.lists(text.map(lambda line: line + "\n"), max_size=8), st.lists(text.map(lambda line: line + "\r\n"), max_size=8)
)
def test_replacements_make_one_text_into_the_other(before: list[str], after: list[str]) -> None:
    old, new = "".join(before), "".join(after)
    whole = f"head\n{old}tail"
    made = replacements(whole, 5, 5 + len(old), new)
    assert apply(whole, made) == f"head\n{new}tail"
    assert all(one.end <= other.start for one, other in pairwise(made))
    assert (not made) == (old == new)


@given(st.lists(text, min_size=1, max_size=9), ends, st.booleans(), st.integers(0, 8), st.integers(0, 8), written)
def test_whatever_a_model_writes_all_outside_of_the_lines_stays(
    file: list[str], end: str, ended: bool, one: int, other: int, code: list[str]
) -> None:
    whole = end.join(file) + (end if ended else "")
    first, last = sorted((one % len(file) + 1, other % len(file) + 1))
    wanted = Wanted("rewrite", "a.txt", "text", whole, first, last)
    start, stop = span_of_lines(whole, first, last)
    try:
        made = apply(whole, drafts._replace("\n".join(code), wanted).changes)
    except UnusableError:
        return
    assert made.startswith(whole[:start])
    assert made.endswith(whole[stop:])
    if end in whole:
        assert {each[len(each.rstrip("\r\n")) :] for each in lines_with_ends(made)} <= {end, ""}
        assert made.endswith(("\n", "\r")) == whole.endswith(("\n", "\r"))


CODE = {
    "a.py": "def f(a):\n    return a\n",
    "a.js": "class A {\n  f(a) {\n    return a;\n  }\n}\n",
    "a.go": "package a\n\nfunc F(a int) int {\n\treturn a\n}\n",
    "a.rs": "pub fn f(a: u8) -> u8 {\n    a\n}\n",
    "A.java": "class A {\n    int f(int a) {\n        return a;\n    }\n}\n",
    "a.c": "int f(int a) {\n  return a;\n}\n",
    "a.cs": "class A {\n  int F(int a) {\n    return a;\n  }\n}\n",
    "a.rb": "def f(a)\n  a\nend\n",
    "a.ex": "defmodule A do\n  def f(a) do\n    a\n  end\nend\n",
    "a.hs": "f :: Int -> Int\nf a = a\n",
    "a.lua": "function f(a)\n  return a\nend\n",
    "a.sh": "f() {\n  echo\n}\n",
}
words = st.text(alphabet=st.sampled_from("ab .*/\"'\\#{}<>-@\n`;&[]"), min_size=1, max_size=60).filter(str.strip)


@pytest.mark.parametrize("path", CODE)
@given(words)
@example('*/ evil(); /* """ evil() """ \\')
@example("'''\"\"\"")
@example('ends with "')
@example("a\\")
def test_no_words_can_leave_the_documentation(path: str, said: str) -> None:
    code = CODE[path]
    before = parse(path, code)
    found = before.symbols[-1]
    style = STYLES[before.language]
    body = body_start(path, code, found.name_line, found.name_column) if style.inside else None
    line, column = body or (
        found.start_line,
        len(code.split("\n")[found.start_line - 1]) - len(code.split("\n")[found.start_line - 1].lstrip()),
    )
    inserted = documentation(said, style, code.split("\n")[line - 1][:column], before.language)
    rows = code.split("\n")
    made = "\n".join([*rows[: line - 1], *inserted, *rows[line - 1 :]])
    after = parse(path, made)
    assert faults(path, made) == faults(path, code)
    assert [symbol.qualified for symbol in after.symbols] == [symbol.qualified for symbol in before.symbols]
    assert after.references == tuple(
        use._replace(line=use.line + (len(inserted) if use.line >= line else 0)) for use in before.references
    )


@given(st.text(alphabet=st.sampled_from("aé😀\n\r\t"), max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_places_survive_every_encoding(whole: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(whole)), min(other, len(whole))))
    if any(whole[place - 1 : place + 1] == "\r\n" for place in (start, end)):
        return  # between the two halves of a line end there is no place
    for encoding in ("utf-8", "utf-16", "utf-32"):
        found = offsets_range(whole, start, end, encoding)
        assert (to_offset(whole, found.start, encoding), to_offset(whole, found.end, encoding)) == (start, end)


def test_the_line_end_of_a_file_is_that_of_most_lines() -> None:
    assert line_end("a\r\nb\r\nc\n") == "\r\n"
    assert line_end("a") == "\n"


# --- grammars -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "code", "found"),
    [
        ("a.py", "def f(a):\n    return a\n", 0),
        ("a.py", "def f(a:\n    return a\n", 1),
        ("a.js", "f(;\n", 1),
        ("a.txt", "anything (", None),
        ("a.json", "[" * 5_000, None),
    ],
)
def test_a_grammar_counts_what_it_can_not_read(path: str, code: str, found: int | None) -> None:
    counted = faults(path, code)
    assert counted is None if found is None else (counted is not None and (counted > 0) == (found > 0))


def test_where_a_body_begins() -> None:
    code = "class A:\n    def é(self,\n          b):\n        # first\n        return b\n"
    assert body_start("a.py", code, 2, 8) == (5, 8)
    assert body_start("a.py", code, 1, 6) == (2, 4)
    assert body_start("a.py", code, 5, 15) is None
    assert body_start("a.py", code, 99, 0) is None
    assert body_start("a.txt", code, 2, 8) is None


EDITS: tuple[Edit, ...] = ("document", "fix", "rewrite", "types", "tests")


def test_every_kind_of_draft_has_its_prompt_and_its_reading() -> None:
    from dt6_lsp.assistant import prompts

    assert set(EDITS) <= set(prompts.names("tasks"))
    assert set(drafts._READ) == set(EDITS)
