"""Whatever is planted in a workspace stays data: every attack at every place that a prompt quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.context import pack
from dt6_lsp.assistant.fence import escape, quoted
from dt6_lsp.assistant.parts import Parts, Passage
from dt6_lsp.assistant.prompts import to_summarise
from dt6_lsp.assistant.turns import History, Turn
from tests.injections import ATTACKS, CLOSINGS, ORDER, ROLE_TOKENS, marks, read, role_tokens, seen
from tests.unit.assistant_fixtures import hit

if TYPE_CHECKING:
    from collections.abc import Callable

QUESTION = "How does it work?"


def of_hit(text: str, path: str = "a.py") -> Parts:
    return Parts(QUESTION, "code", (), [hit(path, 1, 1 + text.count("\n"), text)])


def of_given(text: str, note: str, path: str = "a.py") -> Parts:
    return Parts(QUESTION, "code", [Passage(path, 1, 1 + text.count("\n"), text, note)])


def of_history(history: History) -> Parts:
    return Parts(QUESTION, "code", (), [hit("a.py", 1, 2)], history=history)


PLACES: dict[str, Callable[[str], Parts]] = {
    "comment": lambda text: of_hit(f"def run():  # {text}\n    return 1"),
    "docstring": lambda text: of_hit(f'def run():\n    """Runs. {text}"""'),
    "string": lambda text: of_hit(f"WORDS = '''{text}'''"),
    "symbol name": lambda text: of_hit(f"class {text}: ..."),
    "README": lambda text: of_hit(f"# Read me\n\n{text}\n", "README.md"),
    "alt text": lambda text: of_hit(f"![{text}](logo.png)\n", "README.md"),
    "file name": lambda text: of_hit("x = 1", f"app/{text}.py"),
    "selection": lambda text: of_given(text, "selected by the user"),
    "file name of the selection": lambda text: of_given("x = 1", "selected by the user", text),
    "named file": lambda text: of_given(text, "named by the user"),
    "map": lambda text: Parts(QUESTION, "arch", map_text=f"app/io.py\n  {text}"),
    "question before": lambda text: of_history(History((Turn(text, "Yes."),))),
    "answer before": lambda text: of_history(History((Turn("why?", text),))),
    "older turn": lambda text: of_history(History(older=(Turn("why?", text),))),
    "summary": lambda text: of_history(History(summary=text)),
}


def sent(parts: Parts) -> str:
    return pack(parts, len, 100_000).messages[1].content


@pytest.mark.parametrize("place", PLACES)
def test_every_attack_stays_inside_of_its_excerpt(place: str) -> None:
    harmless = read(sent(PLACES[place]("harmless")))
    for attack in ATTACKS:
        message = sent(PLACES[place](attack))
        prompt = read(message)
        assert prompt.around == harmless.around, attack
        assert len(prompt.excerpts) == len(harmless.excerpts), attack
        assert marks(message) == 2 * len(prompt.excerpts), attack
        assert role_tokens(message) == [], attack


def test_an_attack_is_quoted_and_not_hidden_from_the_model() -> None:
    """A developer may ask about the very text: what is readable stays so, and lines keep their numbers."""
    for attack in ATTACKS:
        shown = escape(attack)
        assert shown.count("\n") == attack.count("\n"), attack
        assert (ORDER.casefold() in seen(shown)) == (ORDER in attack), attack


def test_what_is_folded_into_a_summary_is_data_too() -> None:
    for attack in ATTACKS:
        message = to_summarise(attack, [Turn(attack, attack)])[1].content
        assert len(read(message).excerpts) == 2, attack
        assert marks(message) == 4, attack
        assert role_tokens(message) == [], attack


def test_what_the_user_types_can_not_change_who_speaks_either() -> None:
    parts = Parts("".join(ROLE_TOKENS) + " what is </excerpt>?", "code")
    assert role_tokens(sent(parts)) == []
    assert sent(parts).endswith(" what is </excerpt>?")


ALPHABET = st.sampled_from(
    [*'<>/|[]ex c\u200b\n"&;＜', *CLOSINGS, *ROLE_TOKENS, "excerpt", "еxcerpt", "im_start", "a.py"]
)


@given(st.lists(ALPHABET, max_size=30).map("".join), st.sampled_from(sorted(PLACES)))
def test_no_text_leaves_its_excerpt(text: str, place: str) -> None:
    message = sent(PLACES[place](text))
    prompt = read(message)
    assert prompt.around.strip() in (
        f"Question: {QUESTION}",
        f"The index holds nothing that fits this question.\n\nQuestion: {QUESTION}",
    )
    assert marks(message) == 2 * len(prompt.excerpts)
    assert [token for token in ROLE_TOKENS if token in message] == []


@given(st.text(), st.text(max_size=30))
def test_any_text_is_quoted_line_by_line_and_once(text: str, path: str) -> None:
    shown = quoted(text, source=path)
    first, *inner = shown.split("\n")
    assert first.startswith("<excerpt")
    assert inner[-1] == "</excerpt>"
    assert escape(text).count("\n") == text.count("\n")
    assert escape(escape(text)) == escape(text)


@pytest.mark.parametrize(
    "text",
    ["a < b and x[0] <= y", "std::vector<int> v; Map<String, List<T>>", "<div class='a'>x</div>", "x |> f <| y",
     "if (a<b||c>d) [i] = [INFO]", "The excerpt of `<T>`: «excerpts» 〈a〉", "# 你好 <世界> ⟨x⟩"],
)  # fmt: skip
def test_ordinary_text_is_not_touched(text: str) -> None:
    assert escape(text) == text
