"""What goes into the prompt: never more than fits, and never without what the user gave."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.context import Packed, Passage, budget, joined, pack
from dt6_lsp.errors import ModelError
from dt6_lsp.index.model import Hit
from dt6_lsp.text import lines_of
from tests.unit.assistant_fixtures import hit

if TYPE_CHECKING:
    from dt6_lsp.assistant.events import Intent

texts = st.text(alphabet=st.sampled_from('ab <>/|[]`\n\t⟦excerpt="é漢'), max_size=400)
passages = st.builds(
    Passage,
    st.sampled_from(["a.py", "b/c.ts", 'odd"name>.md']),
    st.integers(1, 50),
    st.just(0),
    texts,
    st.just("given"),
).map(
    lambda passage: Passage(
        passage.path, passage.start_line, passage.start_line + passage.text.count("\n"), passage.text
    )
)
hits = st.builds(
    lambda path, start, text: Hit(path, start, start + text.count("\n"), "", "function", 1.0, text),
    st.sampled_from(["a.py", "b/c.ts", "d.go"]),
    st.integers(1, 200),
    texts,
)
counters = st.sampled_from(
    [len, lambda text: len(text) // 4, lambda text: -(-len(text) * 13 // 35), lambda text: len(text.split())]
)
INTENTS: list[Intent] = ["code", "docs", "debug", "arch", "general"]


def characters(text: str) -> int:
    return len(text)


@given(
    st.text(max_size=3000),
    st.sampled_from(INTENTS),
    st.lists(passages, max_size=3),
    st.lists(hits, max_size=12),
    counters,
    st.integers(1100, 6000),
)
def test_the_budget_is_never_passed(
    question: str, intent: Intent, given_: list[Passage], found: list[Hit], count: object, room: int
) -> None:
    assert callable(count)
    packed = pack(question, intent, given_, found, count, room)
    assert packed.tokens <= room
    assert packed.tokens == sum(count(message.content) + 8 for message in packed.messages)
    assert packed.dropped == len(found) - len(packed.hits)


@given(st.lists(passages, max_size=3), st.lists(hits, max_size=12))
def test_with_room_enough_nothing_is_left_out(given_: list[Passage], found: list[Hit]) -> None:
    packed = pack("why?", "code", given_, found, characters, 1_000_000)
    assert (packed.dropped, packed.notices) == (0, ())
    assert packed.passages[: len(given_)] == tuple(given_)


@given(st.lists(passages, min_size=1, max_size=3), st.lists(hits, max_size=6), st.integers(1100, 2500))
def test_what_the_user_gave_is_in_or_it_is_said(given_: list[Passage], found: list[Hit], room: int) -> None:
    packed = pack("why?", "code", given_, found, characters, room)
    for passage in given_:
        whole = passage in packed.passages
        assert whole or any(notice.startswith(passage.source) for notice in packed.notices)


@given(texts)
def test_text_of_the_workspace_can_not_forge_the_marks_around_it(text: str) -> None:
    user = pack("why?", "code", [Passage("a.py", 1, 9, text)], [], characters, 100_000).messages[1].content
    assert user.lower().count("<excerpt") == 1
    assert user.lower().count("</excerpt>") == 1


def test_hits_go_in_by_rank_and_the_rest_is_counted() -> None:
    unbroken = Hit("b.py", 1, 1, "", "text", 1.0, "x" * 20_000)
    packed = pack("why?", "code", [], [hit("a.py", 1, 9), unbroken, hit("c.py", 1, 9)], characters, 2000)
    assert [item.path for item in packed.hits] == ["a.py", "c.py"]
    assert packed.dropped == 1
    assert 'source="a.py:1-9"' in packed.messages[1].content


def test_where_room_is_short_several_files_show_the_lines_that_bear_on_the_question() -> None:
    filler = [f"    step_{number}()" for number in range(40)]
    body = "\n".join(["def refresh(store):", *filler, "    store.expire_tokens()", *filler])
    found = [Hit(f"{name}.py", 11, 92, "refresh", "function", 1.0, body) for name in "abcd"]

    packed = pack("when do tokens expire?", "code", [], found, characters, 2600)

    assert len({item.path for item in packed.hits}) >= 3
    assert all("expire_tokens" in passage.text for passage in packed.passages)
    assert len(packed.passages[0].text) > len(packed.passages[1].text)


def test_a_short_definition_is_not_cut_and_of_a_long_one_the_declaration_stays() -> None:
    body = "\n".join(["# a note", "def refresh(store):", *(f"    step_{number}()" for number in range(90))])
    found = [hit("a.py", 1, 2), Hit("b.py", 1, 92, "refresh", "function", 1.0, body)]

    packed = pack("how are things done?", "code", [], found, characters, 2000)

    assert packed.hits[0] == found[0]
    assert "def refresh(store):" in packed.passages[1].text


@given(st.lists(hits, max_size=12), counters, st.integers(1100, 3000))
def test_what_is_left_of_a_hit_is_lines_of_it(found: list[Hit], count: object, room: int) -> None:
    assert callable(count)
    for kept in pack("a b", "code", [], found, count, room).hits:
        lines = [
            lines_of(whole.text)[kept.start_line - whole.start_line : kept.end_line - whole.start_line + 1]
            for whole in found
            if whole.path == kept.path and whole.start_line <= kept.start_line and kept.end_line <= whole.end_line
        ]
        assert kept in found or lines_of(kept.text) in lines


def test_chunks_that_touch_become_one_passage() -> None:
    result = joined([hit("a.py", 11, 20), hit("b.py", 1, 5), hit("a.py", 1, 10), hit("a.py", 30, 31)])
    assert [passage.source for passage in result] == ["a.py:1-20", "a.py:30-31", "b.py:1-5"]
    assert result[0].text.splitlines()[9:11] == ["a.py line 10", "a.py line 11"]


@given(st.lists(hits, max_size=10))
def test_joined_passages_do_not_overlap(found: list[Hit]) -> None:
    by_file = sorted(joined(found), key=lambda passage: (passage.path, passage.start_line))
    for one, other in pairwise(by_file):
        assert one.path != other.path or one.end_line < other.start_line


def test_a_hit_inside_of_the_selection_is_not_sent_twice() -> None:
    selection = Passage("a.py", 1, 20, "the selection", "selected by the user")
    packed = pack("why?", "code", [selection], [hit("a.py", 5, 9)], characters, 5000)
    assert packed.passages == (selection,)
    assert packed.dropped == 0


def test_a_named_file_that_alone_is_too_long_is_cut_at_a_line_and_said_so() -> None:
    long = Passage("big.py", 1, 500, "\n".join(f"line {number}" for number in range(1, 501)))
    packed = pack("why?", "code", [long], [hit("a.py", 1, 2)], characters, 2000)
    (cut,) = packed.passages
    assert cut.text == "\n".join(f"line {number}" for number in range(1, cut.end_line + 1))
    assert packed.notices == (f"big.py:1-500 was cut to big.py:1-{cut.end_line} to fit into the model's context.",)
    assert packed.dropped == 1


def test_of_a_pasted_log_the_beginning_and_the_end_are_kept() -> None:
    packed = pack("BEGIN " + "x" * 50_000 + " END", "debug", [], [], characters, 2500)
    content = packed.messages[1].content
    assert "BEGIN" in content
    assert content.endswith(" END")
    assert packed.notices == ("The question was too long for the model; its middle was left out.",)


def test_a_model_that_can_not_hold_the_instructions_is_refused() -> None:
    with pytest.raises(ModelError, match="too small"):
        pack("why?", "code", [], [], characters, 300)


def test_the_answer_keeps_its_room_but_never_more_than_half() -> None:
    assert budget(16_384, 1_024) == 15_360
    assert budget(1_024, 4_096) == 512


def test_an_empty_context_is_said_to_the_model() -> None:
    packed: Packed = pack("why?", "general", [], [], characters, 4000)
    assert "The index holds nothing that fits" in packed.messages[1].content
