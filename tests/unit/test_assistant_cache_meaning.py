"""When two questions are the same question. A wrong yes serves a wrong answer, so every doubt is a no."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dt6_lsp.assistant.cache.identity import judge
from dt6_lsp.assistant.cache.meaning import Meanings
from tests.cache_pairs import Pair, different, same

MEANINGS = Meanings()
TRUE_HITS = 0.7  # of the pairs that ask the same; below it a rule was broken

NAMES = st.sampled_from(["parse_config", "Session.commit", "src/app.py", "`retry`", "HttpClient", "MAX_SIZE", "--json"])
NUMBERS = st.sampled_from(["1", "2", "30", "0.5", "3.11", "3.12", "404", "v2", "-1"])
THINGS = st.sampled_from(["cache", "index", "retry limit", "log file", "user", "parser", "HTTP header", "old format"])
FORMS = st.sampled_from(
    [
        "Where is {} defined?",
        "What does {} return?",
        "What calls {}?",
        "What does {} call?",
        "Where do we use {}?",
        "How is {} tested?",
        "Why is {} slow?",
        "Please explain how {} works.",
        "What happens when {} fails?",
        "Is there a test for {}?",
        "List the callers of {}",
    ]
)


def same_question(one: str, other: str) -> bool:
    return judge(MEANINGS.of(one), MEANINGS.of(other)).same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is parse_config defined?", "in which file is `parse_config()` defined"),
        ("How does the server read the config?", "How is the configuration read by the server?"),
        ("Where is the limit of retries set?", "where do we set the retry limit"),
        ("What does Foo's constructor return?", "what is returned by the constructor of Foo"),
        ("Why isn't the cache cleared?", "Why is the cache not cleared?"),
        ("What happens if the disk is full?", "When the disk is full, what happens?"),
        ("How do we copy rows from a.py to b.py?", "How are rows copied to b.py from a.py?"),
        ("Where is the *retry* limit set ?", "Where is the retry limit set?"),
        ('What does "fetch", if called, return?', "what does `fetch`, if called, return"),
    ],
)
def test_another_wording_is_the_same_question(one: str, other: str) -> None:
    assert same_question(one, other)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Who calls save_all?", "Who calls load_all?", "they name different things: save_all / load_all"),
        ("what does << do?", "what does >> do?", "they name different things: << / >>"),
        ("explain [x]", "explain {x}", "they name different things: [x] / {x}"),
        ("Where is it set to 3?", "Where is it set to 4?", "they name different things: 3 / 4"),
        ("Where is a_b set?", "Why is a_b set?", "another kind of question: where / why"),
        ("What calls a_b?", "What does a_b call?", "another kind of question: what subject / what object"),
        ("Why is a_b called?", "Why is a_b not called?", "only one of them says not"),
        ("How is a_b moved?", "How will a_b be moved?", "words without a counterpart: nothing / will"),
        ("How are files read?", "How are files written?", "words without a counterpart: read / write"),
        (
            "Does the client wait for the server?",
            "Does the server wait for the client?",
            "the same words in other roles",
        ),
        ("What is the class a_b?", "What is the file a_b?", "a_b is called class and file"),
        ("?", "!", "nothing is asked"),
    ],
)
def test_what_keeps_two_questions_apart_is_said(one: str, other: str, why: str) -> None:
    assert judge(MEANINGS.of(one), MEANINGS.of(other)).reason == why


@pytest.mark.parametrize("pair", different(), ids=lambda pair: f"{pair.differ}: {pair.a}")
def test_no_other_question_is_served(pair: Pair) -> None:
    assert not same_question(pair.a, pair.b)
    assert not same_question(pair.b, pair.a)


def test_most_other_wordings_are_seen_through() -> None:
    pairs = same()
    assert sum(same_question(pair.a, pair.b) for pair in pairs) >= TRUE_HITS * len(pairs)


def test_there_are_as_many_pairs_as_were_promised_and_each_once() -> None:
    for pairs, most in ((different(), 300), (same(), 200)):
        assert len({(pair.a, pair.b) for pair in pairs}) == len(pairs) > most
        assert {pair.half for pair in pairs} == {"tuned", "held"}


@given(FORMS, NAMES, NAMES)
def test_another_name_is_another_question(form: str, one: str, other: str) -> None:
    assert same_question(form.format(one), form.format(other)) == (one == other)


@given(FORMS, NUMBERS, NUMBERS)
def test_another_number_is_another_question(form: str, one: str, other: str) -> None:
    assert same_question(form.format(f"port {one}"), form.format(f"port {other}")) == (one == other)


@given(FORMS, THINGS, THINGS)
def test_another_thing_is_another_question(form: str, one: str, other: str) -> None:
    assert same_question(form.format(f"the {one}"), form.format(f"the {other}")) == (one == other)


@given(FORMS, FORMS, NAMES)
def test_two_forms_are_the_same_only_where_both_ask_for_callers(one: str, other: str, name: str) -> None:
    assume(one != other)
    both_callers = {one, other} == {"What calls {}?", "List the callers of {}"}
    assert same_question(one.format(name), other.format(name)) == both_callers


@given(st.text())
def test_whatever_is_asked_is_itself_in_another_dress_of_courtesy(question: str) -> None:
    meaning = MEANINGS.of(question)
    assert judge(meaning, MEANINGS.of(question)).same == bool(meaning.parts)


@given(st.sampled_from([pair.a for pair in same()]))
def test_courtesy_changes_nothing(question: str) -> None:
    assert same_question(question, f"Hello: {question.rstrip('.?')}, thanks!")


WORDS = st.sampled_from(
    ["is", "the", "a_b", "3", "not", "called", "by", "from", "to", "when", "what", ",", '"', "It's", "of"]
)


@given(st.lists(WORDS, max_size=12))
def test_the_order_of_the_pair_does_not_matter(words: list[str]) -> None:
    one, other = " ".join(words), " ".join(reversed(words))
    assert same_question(one, other) == same_question(other, one)
