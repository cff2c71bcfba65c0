"""What goes into the prompt: never more than fits, and never without what the user gave."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant import prompts
from dt6_lsp.assistant.context import budget, pack
from dt6_lsp.assistant.conversation import cost_of, fit_turns, fold_count
from dt6_lsp.assistant.events import LeftOut
from dt6_lsp.assistant.fence import escape, without_roles
from dt6_lsp.assistant.parts import Packed, Parts, Passage
from dt6_lsp.assistant.passages import joined
from dt6_lsp.assistant.turns import History, Turn
from dt6_lsp.errors import ModelError
from dt6_lsp.index.model import Hit
from dt6_lsp.text import lines_of
from tests.unit.assistant_fixtures import hit

if TYPE_CHECKING:
    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.assistant.parts import Count

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


turns = st.builds(Turn, texts, texts)
histories = st.builds(
    History,
    st.lists(turns, max_size=6).map(tuple),
    st.lists(turns, max_size=2).map(tuple),
    st.sampled_from(["", "sum" * 90]),
)
everything = st.builds(
    Parts,
    st.text(max_size=3000),
    st.sampled_from(INTENTS),
    st.lists(passages, max_size=3),
    st.lists(hits, max_size=12),
    st.sampled_from(["", "app/\n  io.py read_all\n" * 40]),
    histories,
)


def sent(packed: Packed) -> str:
    return packed.messages[1].content


def lines_in(packed: Packed) -> list[tuple[str, int]]:
    spans = ((passage.path, range(passage.start_line, passage.end_line + 1)) for passage in packed.passages)
    return [(path, number) for path, span in spans for number in span]


@given(everything, counters, st.integers(1100, 6000))
def test_the_budget_is_never_passed(parts: Parts, count: Count, room: int) -> None:
    packed = pack(parts, count, room)
    assert packed.tokens <= room
    assert packed.tokens == sum(count(message.content) + 8 for message in packed.messages)


@given(everything, counters, st.integers(1100, 6000))
def test_what_is_said_to_be_left_out_is_and_nothing_else(parts: Parts, count: Count, room: int) -> None:
    packed = pack(parts, count, room)
    left_out = {each.part: each for each in packed.left_out}
    missing = {part: each.whole for part, each in left_out.items()}
    said = len(parts.history.turns) + len(parts.history.older)
    assert packed.dropped == missing.get("chunks", 0) == len(parts.hits) - len(packed.hits)
    assert sent(packed).count(f'note="{prompts.TURN}"') == said - missing.get("turns", 0)
    assert sent(packed).count(f'note="{prompts.MAP}"') == bool(parts.map_text) - missing.get("map", 0)
    assert sent(packed).count(f'note="{prompts.SUMMARY}"') == bool(parts.history.summary) - missing.get("summary", 0)
    whole = (("map", parts.map_text), ("summary", parts.history.summary))
    assert all(escape(text) in sent(packed) for part, text in whole if part not in left_out)
    assert all(escape(each.answer.strip()) in sent(packed) for each in parts.history.turns if "turns" not in left_out)
    assert {hit for hit in parts.hits if hit not in packed.hits} == set() or "chunks" in left_out
    assert (len(packed.notices) > 0) == ("given" in left_out or "question" in left_out)


@given(everything, counters, st.integers(1100, 6000))
def test_no_line_is_sent_twice(parts: Parts, count: Count, room: int) -> None:
    packed = pack(replace(parts, given=parts.given[:1]), count, room)
    assert len(lines_in(packed)) == len(set(lines_in(packed)))


@given(everything, st.integers(1100, 6000))
def test_the_question_is_in_whole_or_it_is_said(parts: Parts, room: int) -> None:
    packed = pack(parts, characters, room)
    whole = sent(packed).endswith("Question: " + without_roles(parts.question.strip()))
    assert whole or any(notice.startswith("The question was too long") for notice in packed.notices)


@given(st.lists(passages, max_size=3), st.lists(hits, max_size=12))
def test_with_room_enough_nothing_is_left_out(given_: list[Passage], found: list[Hit]) -> None:
    packed = pack(Parts("why?", "code", given_, found), characters, 1_000_000)
    assert (packed.dropped, packed.notices) == (0, ())
    assert packed.passages[: len(given_)] == tuple(given_)


@given(st.lists(passages, min_size=1, max_size=3), st.lists(hits, max_size=6), st.integers(1100, 2500))
def test_what_the_user_gave_is_in_or_it_is_said(given_: list[Passage], found: list[Hit], room: int) -> None:
    packed = pack(Parts("why?", "code", given_, found), characters, room)
    for passage in given_:
        whole = passage in packed.passages
        assert whole or any(notice.startswith(passage.source) for notice in packed.notices)


@given(texts)
def test_text_of_the_workspace_can_not_forge_the_marks_around_it(text: str) -> None:
    user = pack(Parts("why?", "code", [Passage("a.py", 1, 9, text)], []), characters, 100_000).messages[1].content
    assert user.lower().count("<excerpt") == 1
    assert user.lower().count("</excerpt>") == 1


def test_hits_go_in_by_rank_and_the_rest_is_counted() -> None:
    unbroken = Hit("b.py", 1, 1, "", "text", 1.0, "x" * 20_000)
    packed = pack(Parts("why?", "code", [], [hit("a.py", 1, 9), unbroken, hit("c.py", 1, 9)]), characters, 2000)
    assert [item.path for item in packed.hits] == ["a.py", "c.py"]
    assert packed.dropped == 1
    assert 'source="a.py:1-9"' in packed.messages[1].content


def test_where_room_is_short_several_files_show_the_lines_that_bear_on_the_question() -> None:
    filler = [f"    step_{number}()" for number in range(40)]
    body = "\n".join(["def refresh(store):", *filler, "    store.expire_tokens()", *filler])
    found = [Hit(f"{name}.py", 11, 92, "refresh", "function", 1.0, body) for name in "abcd"]

    packed = pack(Parts("when do tokens expire?", "code", [], found), characters, 2600)

    assert len({item.path for item in packed.hits}) >= 3
    assert all("expire_tokens" in passage.text for passage in packed.passages)
    assert len(packed.passages[0].text) > len(packed.passages[1].text)


def test_a_short_definition_is_not_cut_and_of_a_long_one_the_declaration_stays() -> None:
    body = "\n".join(["# a note", "def refresh(store):", *(f"    step_{number}()" for number in range(90))])
    found = [hit("a.py", 1, 2), Hit("b.py", 1, 92, "refresh", "function", 1.0, body)]

    packed = pack(Parts("how are things done?", "code", [], found), characters, 2000)

    assert packed.hits[0] == found[0]
    assert "def refresh(store):" in packed.passages[1].text


@given(st.lists(hits, max_size=12), counters, st.integers(1100, 3000))
def test_what_is_left_of_a_hit_is_lines_of_it(found: list[Hit], count: object, room: int) -> None:
    assert callable(count)
    for kept in pack(Parts("a b", "code", [], found), count, room).hits:
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


@given(st.lists(hits, max_size=10), st.lists(passages, max_size=2))
def test_joined_passages_hold_every_line_of_the_chunks_once_and_none_of_what_is_given(
    found: list[Hit], given_: list[Passage]
) -> None:
    shown = [
        (each.path, number) for each in joined(found, given_) for number in range(each.start_line, each.end_line + 1)
    ]
    told = {(each.path, number) for each in given_ for number in range(each.start_line, each.end_line + 1)}
    wanted: dict[tuple[str, int], str] = {}
    for each in found:
        lines = (*lines_of(each.text), *[""] * 400)
        for number in range(each.start_line, each.end_line + 1):
            wanted.setdefault((each.path, number), lines[number - each.start_line])
    assert len(shown) == len(set(shown))
    assert {place for place, line in wanted.items() if line.strip()} - told <= set(shown) <= wanted.keys() - told


@given(st.lists(hits, max_size=10))
def test_joined_passages_do_not_overlap(found: list[Hit]) -> None:
    by_file = sorted(joined(found), key=lambda passage: (passage.path, passage.start_line))
    for one, other in pairwise(by_file):
        assert one.path != other.path or one.end_line < other.start_line


def test_a_hit_inside_of_the_selection_is_not_sent_twice() -> None:
    selection = Passage("a.py", 1, 20, "the selection", "selected by the user")
    packed = pack(Parts("why?", "code", [selection], [hit("a.py", 5, 9)]), characters, 5000)
    assert packed.passages == (selection,)
    assert packed.dropped == 0


def test_of_a_chunk_around_the_selection_the_rest_is_sent() -> None:
    selection = Passage("a.py", 5, 9, "the selection", "selected by the user")
    packed = pack(Parts("why?", "code", [selection], [hit("a.py", 1, 20)]), characters, 9000)
    assert [passage.source for passage in packed.passages] == ["a.py:5-9", "a.py:1-4", "a.py:10-20"]


def test_the_best_stands_next_to_the_question_and_the_second_best_first() -> None:
    found = [hit(f"{name}.py", 1, 2) for name in "abcde"]
    selection = Passage("s.py", 5, 9, "the selection", "selected by the user")
    named = Passage("n.py", 1, 9, "the file", "named by the user")
    packed = pack(Parts("why?", "code", [selection, named], found), characters, 50_000)
    order = re.findall(r'source="(\w)', sent(packed))
    assert "".join(order) == "bdecans"
    assert sent(packed).endswith("</excerpt>\n\nQuestion: why?")


def test_a_conversation_keeps_its_share_beside_many_chunks() -> None:
    found = [hit(f"{name}.py", 1, 60) for name in "abcdefgh"]
    history = History(turns=(Turn("where is it?", "In a.py:1-2."),), summary="They look for it.")
    packed = pack(Parts("and who calls it?", "code", (), found, "a.py\n", history), characters, 5000)
    for wanted in ("In a.py:1-2.", "They look for it.", prompts.MAP):
        assert wanted in sent(packed)
    assert [each.part for each in packed.left_out] == ["chunks"]


def test_a_question_about_the_whole_gets_more_of_the_map() -> None:
    found = [hit(f"{name}.py", 1, 60) for name in "abcdefgh"]
    chart = "\n".join(f"module_{number}.py" for number in range(400))
    shown = {
        intent: sent(pack(Parts("how?", intent, (), found, chart), characters, 8000)).count("module_")
        for intent in ("code", "arch")
    }
    assert shown["arch"] > 2 * shown["code"] > 0


def test_a_conversation_that_is_too_long_goes_down_to_three_quarters_oldest_first() -> None:
    said = tuple(Turn(f"question {number}", "x" * 100) for number in range(10))
    cost = cost_of(said[0], characters)
    assert fold_count(said, characters, 10 * cost) == 0
    assert fold_count(said, characters, 10 * cost - 1) == 10 - 7
    kept, cut = fit_turns(History(said), characters, 8 * cost)
    assert (kept, cut) == (said[4:], 0)


def test_of_a_last_turn_that_alone_is_too_long_the_ends_are_kept() -> None:
    history = History((Turn("where?", "BEGIN" + "x" * 5000 + "END"),))
    packed = pack(Parts("and then?", "code", history=history), characters, 3000)
    assert "Question: where?" in sent(packed)
    assert "BEGIN" in sent(packed)
    assert "END" in sent(packed)
    assert packed.left_out == (LeftOut("turns", 0, 1),)


def test_a_named_file_that_alone_is_too_long_is_cut_at_a_line_and_said_so() -> None:
    long = Passage("big.py", 1, 500, "\n".join(f"line {number}" for number in range(1, 501)))
    packed = pack(Parts("why?", "code", [long], [hit("a.py", 1, 2)]), characters, 2000)
    (cut,) = packed.passages
    assert cut.text == "\n".join(f"line {number}" for number in range(1, cut.end_line + 1))
    assert packed.notices == (f"big.py:1-500 was cut to big.py:1-{cut.end_line} to fit into the model's context.",)
    assert packed.dropped == 1


def test_of_a_pasted_log_the_beginning_and_the_end_are_kept() -> None:
    packed = pack(Parts("BEGIN " + "x" * 50_000 + " END", "debug", [], []), characters, 2500)
    content = packed.messages[1].content
    assert "BEGIN" in content
    assert content.endswith(" END")
    assert packed.notices == ("The question was too long for the model; its middle was left out.",)


def test_a_model_that_can_not_hold_the_instructions_is_refused() -> None:
    with pytest.raises(ModelError, match="too small"):
        pack(Parts("why?", "code", [], []), characters, 300)


def test_the_answer_keeps_its_room_but_never_more_than_half() -> None:
    assert budget(16_384, 1_024) == 15_360
    assert budget(1_024, 4_096) == 512


def test_an_empty_context_is_said_to_the_model() -> None:
    packed: Packed = pack(Parts("why?", "general", [], []), characters, 4000)
    assert "The index holds nothing that fits" in packed.messages[1].content
