"""The answer without a model: made of the workspace's own text, with a citation for everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.digest import MEND, NOTHING, Digest, write
from dt6_lsp.assistant.mapping import with_map
from dt6_lsp.assistant.pool import pool
from dt6_lsp.assistant.prose import file_doc, first_sentences
from dt6_lsp.assistant.relevance import Relevance
from dt6_lsp.assistant.retrieval import retrieve
from dt6_lsp.assistant.router import packaged_router
from dt6_lsp.assistant.values import asks_for_value
from dt6_lsp.cancel import CancelToken
from tests.unit.assistant_fixtures import nobody, services
from tests.unit.workspace_fixture import indexed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.index.model import Reader

WHY = "No Ollama answers."
SHOP = '''
//- README.md
# Shop

[![badge](https://ci.example/badge.svg)](https://ci.example)

Shop is a small till for markets. It prints receipts.

## Installing

Install it with pip:

```sh
pip install shop
```
//- shop/__init__.py
"""A till for markets: prices, discounts and receipts."""
//- shop/main.py
"""The command line of the till."""
from shop.pricing import total_price

def main():
    """Reads a basket and prints its receipt."""
    print(total_price([1, 2]))
//- shop/pricing.py
"""What a basket costs."""
from shop.discounts.rules import best_discount

RATE = 0.2

def total_price(basket):
    """The price of a whole basket with its best discount taken off. Raises ValueError when it is empty.

    :param basket: prices
    """
    if not basket:
        raise ValueError("empty")
    return sum(basket) - best_discount(basket)

def receipt(basket):
    """A receipt as text."""
    return f"total: {total_price(basket)}"
//- shop/discounts/__init__.py
//- shop/discounts/rules.py
"""Rules by which a basket gets cheaper."""

class Rule:
    """One rule. ![pixel](https://evil.example/p.png) It knows its discount."""

    def discount(self, basket):
        """How much this rule takes off the basket."""
        return 0

def best_discount(basket):
    """The largest discount that any rule gives for the basket."""
    return max(rule.discount(basket) for rule in [Rule()])
//- tests/test_pricing.py
from shop.pricing import total_price

def test_total_price_of_a_basket_with_discount():
    assert total_price([1]) == 1
'''


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Iterator[Reader]:
    with indexed(SHOP, tmp_path) as index:
        yield index


def digest(question: str, reader: Reader, context: AskContext = AskContext()) -> Digest:  # noqa: B008 - frozen
    routed = packaged_router().route(question)
    found = retrieve(question, routed.intent, reader, context)
    found = with_map(found, question, routed.intent, reader, services(nobody()), context, CancelToken())
    return write(question, routed.intent, found, reader, WHY)


def text(question: str, reader: Reader, context: AskContext = AskContext()) -> str:  # noqa: B008 - frozen
    return "".join(digest(question, reader, context).blocks)


def test_a_named_function_is_told_with_its_place_doc_code_and_users(shop: Reader) -> None:
    answer = text("What does total_price do?", shop)
    assert answer.startswith("The question names the function `total_price` (`shop/pricing.py:6-13`)")
    assert "The price of a whole basket with its best discount taken off. Raises ValueError when it is empty." in answer
    assert "```python\ndef total_price(basket):\n    if not basket:\n" in answer
    assert "`main` (`shop/main.py:6`)" in answer
    assert ":param" not in answer


def test_a_question_in_words_finds_what_answers_it_and_not_its_test(shop: Reader) -> None:
    answer = text("How is the largest discount for a basket found?", shop)
    assert answer.startswith("The best match is the function `best_discount` (`shop/discounts/rules.py:10-12`)")
    assert "### tests/" not in answer


def test_uses_are_told_only_of_a_name_that_can_mean_nothing_else(tmp_path: Path) -> None:
    source = """
    //- store.py
    class Store:
        def fetch_row(self):
            return 1
    //- engine.py
    class Engine:
        def fetch_row(self):
            return self._store.fetch_row()
    def error():
        return 1
    def run_all():
        return error()
    //- console.py
    def report(console):
        console.error("x")
    """
    with indexed(source, tmp_path) as index:
        shared, plain, unique = (text(f"What does `{name}` do?", index) for name in ("fetch_row", "error", "Store"))
    assert "Used" not in shared
    assert "Used once: `run_all` (`engine.py:7`)" in plain
    assert "console.py" not in plain.split("**See also:**")[0]
    assert "Used" not in unique


def test_no_use_is_told_twice_and_uses_are_cited_last(shop: Reader) -> None:
    made = digest("How does total_price take best_discount off?", shop)
    answer = "".join(made.blocks)
    assert answer.count("`shop/pricing.py:13`") == 1
    lines = [(citation.path, citation.start_line) for citation in made.citations if citation.path.endswith(".py")]
    assert lines.index(("shop/main.py", 6)) > lines.index(("shop/pricing.py", 6))


POOL = """
//- src/threadpool.c
static unsigned int nthreads;
static void cleanup(void) {
  nthreads = 0;
}
static void init_threads(void) {
  const char* val;
  nthreads = 4;
  val = getenv("UV_THREADPOOL_SIZE");
  if (val != NULL)
    nthreads = atoi(val);
}
//- src/env.c
/* Reads the environment variable that is named. */
char* os_env(const char* name) {
  return lookup("PATH_OF_OTHERS", name);
}
//- docs/misc.md
# Environment

Reads the value of an environment variable that is set, whatever environment it stands in.
//- docs/pool.md
# Thread pool

Its size can be changed by setting the `UV_THREADPOOL_SIZE` environment variable to another number of threads.
"""


def test_a_question_for_a_value_is_answered_by_the_lines_that_hold_it(tmp_path: Path) -> None:
    with indexed(POOL, tmp_path) as index:
        answer = text("Which environment variable sets the number of threads?", index)
    assert answer.startswith("`src/threadpool.c:6-10` (`init_threads`) has:\n\n```c\n")
    assert "`docs/pool.md:3` says:" in answer
    assert "PATH_OF_OTHERS" not in answer.split("###")[0]


@pytest.mark.parametrize(
    ("question", "for_value"),
    [
        ("Which environment variable sets the number of threads?", True),
        ("What is the default port?", True),
        ("How many retries are made, what is the limit?", True),
        ("How does the router match path parameters?", False),
        ("Where is the port opened?", False),
    ],
)
def test_questions_for_a_value(question: str, for_value: bool) -> None:
    assert asks_for_value(question) is for_value


READMES = """
//- README_KO.md
# Zod

parse 로 스키마를 검증합니다. 스키마 schema 가 검증되면 값을 돌려줍니다 validate.
//- docs/README.de.md
# Zod

Ein schema, das parse heisst, um Daten zu validate, und zwar schema validate.
//- README.md
# Zod

To validate data against a schema, call parse with it and take the value.
"""


def test_a_translation_is_quoted_only_to_those_who_ask_in_it(tmp_path: Path) -> None:
    with indexed(READMES, tmp_path) as index:
        english = text("How do I validate a schema with parse?", index)
        korean = text("parse 로 스키마를 어떻게 검증합니까?", index)
    assert english.startswith("`README.md:3` says:")
    assert "says:" not in english.split("says:", 1)[1].split("README_KO")[0]
    assert "`README_KO.md:3` says:" in korean


def test_the_overview_is_taken_from_the_readme_and_not_from_its_translation(tmp_path: Path) -> None:
    source = """
    //- README-zh.md
    # Zod

    Zod es una biblioteca que valida los datos contra un esquema, is a library.
    //- README.md
    # Zod

    Zod is a library that validates data against a schema.
    //- zod.py
    x = 1
    """
    with indexed(source, tmp_path) as index:
        assert text("architecture overview", index).startswith("`README.md:3` says:")


def test_code_that_shortens_and_joins_words_still_speaks_of_them() -> None:
    relevance = Relevance("thread pool parameters", ["threads", "pool", "x"])
    assert relevance.coverage("threadpool params") > relevance.coverage("threads") > 0
    assert relevance.coverage("nthreads") > relevance.coverage("unrelated") == 0


def test_a_definition_that_search_did_not_return_is_found_beside_one_that_it_did(shop: Reader) -> None:
    relevance = Relevance("receipt as text", [])
    head = next(chunk for chunk in shop.chunks("shop/pricing.py"))
    assert "def receipt" in "\n".join(hit.text for hit in pool([head], shop, relevance))


def test_a_question_about_use_is_answered_from_the_documentation(shop: Reader) -> None:
    answer = text("How do I install it?", shop)
    assert answer.startswith("`README.md:9-12` says:\n\n> Install it with pip:\n>\n> ```\n> pip install shop\n> ```")


def test_a_question_about_the_whole_gets_the_parts_and_what_they_import(shop: Reader) -> None:
    answer = text("How is this codebase organised?", shop)
    assert "`README.md:5` says:\n\n> Shop is a small till for markets." in answer
    assert "| `shop/pricing.py` | 1 | What a basket costs. `shop/pricing.py:1-" in answer
    assert re.search(r"\| 3 \| `shop/main.py` \|.*\| `shop/pricing.py` \(`shop/main.py:2`\) \|", answer)
    assert re.search(r"\| 2 \| `shop/pricing.py` \|.*\| `shop/discounts` \(`shop/pricing.py:2`\) \|", answer)
    assert "**It starts in:**\n\n- program (`shop/main.py:4-6`): The command line of the till." in answer


def test_it_says_that_no_model_wrote_it_and_how_to_get_one(shop: Reader) -> None:
    last = text("What does total_price do?", shop).splitlines()[-1]
    assert last == f"*Written without a language model, from the workspace's own text. {WHY}* {MEND}"


def test_every_place_that_it_names_exists_and_is_listed(shop: Reader) -> None:
    for question in ("What does total_price do?", "discount", "How do I install it?", "architecture overview"):
        made = digest(question, shop)
        named = re.findall(r"`([\w./]+):(\d+)(?:-(\d+))?`", "".join(made.blocks))
        listed = {(citation.path, citation.start_line, citation.end_line) for citation in made.citations}
        assert {
            (path, int(start), int(end or start)) for path, start, end in named if "/" in path or "." in path
        } == listed
        for path, start, end in listed:
            assert path in shop.files()
            assert 1 <= start <= end <= max(chunk.end_line for chunk in shop.chunks(path)) + 1


def test_it_has_no_words_but_those_of_the_workspace_and_its_own_phrases(shop: Reader) -> None:
    source = " ".join(chunk.text for path in shop.files() for chunk in shop.chunks(path))
    for block in digest("What does total_price do?", shop).blocks:
        for code in re.findall(r"```python\n(.*?)\n```", block, re.DOTALL):
            for line in code.splitlines():
                assert line.strip() in source or line.strip() == "…"


def test_the_same_question_gets_the_same_digest(shop: Reader) -> None:
    assert digest("discount of a basket", shop) == digest("discount of a basket", shop)


def test_pictures_of_others_are_not_shown(shop: Reader) -> None:
    answer = text("What is a Rule?", shop)
    assert "One rule. pixel It knows its discount." in answer
    assert "evil.example" not in answer


def test_a_folder_whose_name_is_a_picture_stays_a_name(tmp_path: Path) -> None:
    with indexed(
        "//- ![a](https:/evil.example/x.png)/m.py\ndef total_price(basket):\n    return 1\n", tmp_path
    ) as index:
        answer = text("What does `total_price` do?", index)
        assert "\n### a/m.py\n" in answer


def test_a_question_that_nothing_fits_is_told_so(tmp_path: Path) -> None:
    with indexed("//- a.py\nx = 1\n", tmp_path) as index:
        assert text("quantum entanglement?", index).startswith(NOTHING)


def test_of_a_long_function_the_declaration_and_the_densest_lines_are_shown(tmp_path: Path) -> None:
    filler = "".join(f"    step_{number} = {number}\n" for number in range(30))
    code = f"def work(job):\n{filler}    retry_with_backoff(job)\n{filler}    return 1\n"
    with indexed(f"//- work.py\n{code}", tmp_path) as index:
        answer = text("how does work retry with backoff?", index)
    assert "```python\ndef work(job):\n    …\n" in answer
    assert "    retry_with_backoff(job)\n" in answer
    assert len(answer.splitlines()) < 40


def test_overloads_are_shown_once_as_the_one_with_the_body(tmp_path: Path) -> None:
    source = """
    //- a.ts
    /** Adds two values. */
    export function add(a: number): number;
    export function add(a: string): string;
    export function add(a: any): any {
      return a + a;
    }
    """
    with indexed(source, tmp_path) as index:
        assert text("What does `add` do?", index).count("· function ·") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('"""What it is."""\nimport os\n', "What it is."),
        ("#!/bin/sh\n# What this is for.\nset -e\n", "What this is for."),
        (
            "// Copyright 2020 X. All rights reserved.\n\n/*\nPackage a does this\nand that.\n*/\npackage a\n",
            "Package a does this\nand that.",
        ),
        ("/**\n * What this module does.\n */\nimport x from 'x'\n", "What this module does."),
        (
            "# ==========\n#    https://x.example/ax.html\n# ==========\n#\n# What this macro does.\n",
            "What this macro does.",
        ),
        ("//   ____   __\n//  / __ \\_/ /_ _\n// / /_/ / __/ __\nint main;\n", ""),
        ("//go:build linux\n\npackage a\n", ""),
        ("import os\n# Not at the head of it.\n", ""),
    ],
)
def test_what_a_file_says_of_itself(source: str, said: str) -> None:
    assert file_doc(source) == said


def test_the_first_sentences_end_where_a_sentence_ends() -> None:
    assert (
        first_sentences("One thing. Another thing\nthat goes on. And more.", 40)
        == "One thing. Another thing that goes on."
    )
    assert first_sentences("word " * 100, 20) == "word word word word …"
    assert first_sentences("What.\n\nMore.") == "What."
    assert first_sentences("") == ""


def test_the_line_that_a_stack_trace_names_comes_first_innermost_first(shop: Reader) -> None:
    trace = """Traceback (most recent call last):
  File "/srv/app/shop/main.py", line 6, in main
  File "/srv/app/shop/pricing.py", line 12, in total_price
  File "/srv/app/shop/pricing.py", line 9999, in gone
  File "/usr/lib/python3.11/other.py", line 3, in other
ValueError: empty"""
    blocks = digest(trace, shop).blocks
    at = [block.partition("\n")[0] for block in blocks[:2]]
    assert at[0].startswith("`shop/pricing.py:12`, in the function `total_price` (`shop/pricing.py:")
    assert at[1].startswith("`shop/main.py:6`, in the function `main` (`shop/main.py:")
    assert NOTHING not in "".join(blocks)
    assert "9999" not in "".join(blocks)


def test_a_line_that_is_pointed_to_is_shown_also_where_nothing_else_fits(shop: Reader) -> None:
    answer = text("panic at rules.py:12", shop)
    assert answer.startswith("`shop/discounts/rules.py:12`, in the function `best_discount`")
    assert "return max(rule.discount(basket)" in answer
    assert NOTHING not in answer


def selected(path: str, part: str) -> AskContext:
    """A part of a file of the shop, as an editor tells it."""
    _, _, after = SHOP.partition(f"//- {path}\n")
    first = after[: after.index(part)].count("\n") + 1
    return AskContext(selection=part, path=path, start_line=first, end_line=first + part.count("\n"))


RULES = AskContext(named_files=("shop/discounts/rules.py",))


@pytest.mark.parametrize("question", ["What is important here?", "explain this", "how many zebras are blue"])
def test_a_named_file_decides_what_is_told_whatever_words_the_question_has(question: str, shop: Reader) -> None:
    written = digest(question, shop, RULES)
    answer = "".join(written.blocks)
    assert answer.startswith("What you selected or named has the class `Rule` (`shop/discounts/rules.py:")
    assert "> Rules by which a basket gets cheaper." in answer
    assert "**`best_discount`** · function" in answer
    assert {cited.path for cited in written.citations if "pricing" not in cited.path} == {"shop/discounts/rules.py"}


def test_of_a_named_file_the_part_is_told_that_the_question_asks_for(shop: Reader) -> None:
    answer = text("which is the largest discount of the basket?", shop, RULES)
    assert answer.startswith("What you selected or named has the function `best_discount`")
    other = text("how is a receipt printed as text?", shop, AskContext(named_files=("shop/pricing.py",)))
    assert other.startswith("What you selected or named has the function `receipt`")


@pytest.mark.parametrize("question", ["what does this do?", "how many zebras are blue"])
def test_a_selection_decides_what_is_told(question: str, shop: Reader) -> None:
    whole = selected("shop/pricing.py", 'def receipt(basket):\n    """A receipt as text."""')
    answer = text(question, shop, whole)
    assert answer.startswith("What you selected or named has the function `receipt`")
    assert "**`total_price`**" not in answer, "not in what was selected"
    inside = selected("shop/discounts/rules.py", "return max(")
    assert "the function `best_discount`" in text(question, shop, inside), "what the selection lies in"


def test_a_symbol_that_the_question_names_leads_and_the_selection_is_told_beside_it(shop: Reader) -> None:
    answer = text("is this like `total_price`?", shop, selected("shop/discounts/rules.py", "return max("))
    assert answer.startswith("The question names the function `total_price`")
    assert "**`best_discount`** · function" in answer


def test_a_named_document_is_quoted(shop: Reader) -> None:
    readme = AskContext(named_files=("README.md",))
    assert "`README.md:5` says:\n\n> Shop is a small till" in text("What is important here?", shop, readme)
    assert "pip install shop" in text("how is it installed?", shop, readme)


def test_a_selection_without_a_file_in_the_index_leaves_the_digest_to_search(shop: Reader) -> None:
    unknown = AskContext(selection="x = 1", path="notes/new.py", start_line=1, end_line=1)
    assert text("What does total_price do?", shop, unknown).startswith("The question names the function `total_price`")


PIPELINE = '''
//- app/parcels.py
"""From an order to a parcel at the door: weighed, labelled, sent."""

def run(job):
    """Step after step."""
    return _send(_weigh(job))

def _weigh(job):
    return job

def _send(job):
    return job
//- app/names.py
"""Words in forms."""

def door_names(order, parcel):
    """Names of an order and of a parcel: those at the door that the parcel has, then those that the order has."""
    return (order, parcel)
//- app/other.py
"""Colours."""

def paint(order):
    return order
'''


def test_how_something_comes_about_begins_with_the_file_that_says_it_does_it(tmp_path: Path) -> None:
    with indexed(PIPELINE, tmp_path) as index:
        answer = text("How does an order become a parcel at the door?", index)
        plain = text("order parcel door names", index)
    assert answer.startswith("The best match is the function `run` (`app/parcels.py:3-5`)")
    assert "> From an order to a parcel at the door: weighed, labelled, sent." in answer
    assert plain.startswith("The best match is the function `door_names`"), "who asks for a name gets it"


@pytest.mark.parametrize(
    "words",
    [
        "hi",
        "Hello there!",
        "thanks",
        "Thank you very much :)",
        "ok, great",
        "good morning",
        "What can you do?",
        "hi, who are you?",
        "what can I ask you here?",
        "how can you help me",
    ],
)
def test_small_talk_gets_one_line_that_says_what_may_be_asked(words: str, shop: Reader) -> None:
    written = digest(words, shop)
    (line,) = written.blocks
    assert line.startswith("DT6 answers questions about this workspace:")
    assert WHY in line
    assert line.count("\n") == 1
    assert written.citations == ()


@pytest.mark.parametrize(
    "words",
    [
        "hello world example",
        "test",
        "help",
        "where is thanks",
        "ok receipt",
        "hi, what does total_price do?",
        "what can you do about total_price?",
        "what do you know about the basket?",
        "who are you calling in checkout",
    ],
)
def test_words_that_bear_on_the_workspace_are_none(words: str, shop: Reader) -> None:
    assert not digest(words, shop).blocks[0].startswith("DT6 answers questions")
