"""Each intent has its plan: what it takes of what search found, and what it adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.assistant.ask_context import AskContext
from dt6_lsp.assistant.events import Intent
from dt6_lsp.assistant.plans import PLANS
from dt6_lsp.assistant.prose import is_prose
from dt6_lsp.assistant.retrieval import BROAD, retrieve
from dt6_lsp.assistant.traces import error_query
from tests.unit.assistant_fixtures import FakeReader

if TYPE_CHECKING:
    from dt6_lsp.assistant.retrieval import Findings

FILES = {
    **{f"app/upload{number}.py": f"def upload_{number}(file): ...\n" for number in range(25)},
    **{f"docs/upload{number}.md": f"# Upload {number}\n\nHow to upload a file.\n" for number in range(15)},
    "app/errors.py": "class QuotaError(Exception):\n    '''no room left'''\n",
}
PYTHON = """my upload ends with this
Traceback (most recent call last):
  File "/srv/app/upload1.py", line 1, in upload_1
  File "/srv/app/upload2.py", line 1, in upload_2
QuotaError: no room left in /srv/data/store
"""
NODE = "it broke\nError: no room left\n    at put (/srv/app/upload2.py:1:3)\n    at main (/srv/app/upload1.py:1:1)\n"


def found(question: str, intent: Intent) -> tuple[Findings, FakeReader]:
    reader = FakeReader(dict(FILES))
    return retrieve(question, intent, reader, AskContext()), reader


def test_there_is_a_plan_for_each_intent_in_words() -> None:
    assert set(PLANS) == set(get_args(Intent))
    assert all(plan.words and plan.hits > 0 for plan in PLANS.values())
    assert len({plan.words for plan in PLANS.values()}) == len(PLANS)


def test_docs_look_at_documentation_first_but_not_only() -> None:
    hits = found("upload file", "docs")[0].hits
    prose = [is_prose(hit.path) for hit in hits]
    assert prose == [True, False] * (PLANS["docs"].hits // 2)


def test_code_keeps_the_order_of_search() -> None:
    findings, reader = found("upload file", "code")
    assert list(findings.hits) == reader.search("upload file", BROAD)[: PLANS["code"].hits]


def test_general_looks_at_little() -> None:
    assert len(found("upload file", "general")[0].hits) == PLANS["general"].hits < PLANS["code"].hits


def test_arch_looks_at_many_files_once_each() -> None:
    paths = [hit.path for hit in found("upload file", "arch")[0].hits]
    assert len(paths) == len(set(paths)) == PLANS["arch"].hits


def test_debug_searches_for_the_error_too_without_folders() -> None:
    findings, reader = found(PYTHON, "debug")
    assert reader.queries == [PYTHON, "QuotaError: no room left in store"]
    assert findings.hits[0].path == "app/errors.py"


def test_debug_gives_the_places_of_a_trace_innermost_first() -> None:
    assert [given.path for given in found(PYTHON, "debug")[0].given] == ["app/upload2.py", "app/upload1.py"]
    assert [given.path for given in found(NODE, "debug")[0].given] == ["app/upload2.py", "app/upload1.py"]


def test_a_fault_without_a_trace_is_searched_for_as_it_is_told() -> None:
    assert found("why does the upload fail?", "debug")[1].queries == ["why does the upload fail?"]


def test_other_intents_search_once_whatever_is_pasted() -> None:
    assert found(PYTHON, "code")[1].queries == [PYTHON]


@given(st.text())
def test_whatever_is_pasted_gives_a_bounded_query(question: str) -> None:
    assert len(error_query(question)) <= 4 * 300 + 3
