"""In a workspace that is mostly prose, names lead to code, and prose is found where prose is asked for or alone has it.

The articles quote every name many times, as headings, in fences and as file names. `tests.benchmarks.prose` asks the
same of 1,500 articles.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.index.index import Index
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings
from tests.prose_workspace import ASKING_FOR_PROSE, DEFINED, NAMING, ONLY_IN_PROSE, write

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    root = tmp_path_factory.mktemp("workspace")
    write(root, articles=400, sources=40)
    settings = Settings()
    with closing(Index.open(root, tmp_path_factory.mktemp("store"), build_embedder(settings), settings)) as opened:
        opened.update()
        yield opened


@pytest.mark.parametrize("asked", NAMING)
def test_a_name_leads_to_its_definition_however_often_articles_say_it(index: Index, asked: str) -> None:
    found = {each.name: index.search(asked.format(name=each.name), 3)[0].path for each in DEFINED}
    assert found == {each.name: each.path for each in DEFINED}


@pytest.mark.parametrize("asked", ASKING_FOR_PROSE)
def test_who_asks_for_an_article_gets_one_about_it(index: Index, asked: str) -> None:
    for each in DEFINED:
        best = index.search(asked.format(name=each.name), 3)[0]
        assert best.path.endswith(".md")
        assert each.name in best.text


@pytest.mark.parametrize(("path", "saying"), ONLY_IN_PROSE.items())
def test_what_only_an_article_says_is_found_there(index: Index, path: str, saying: str) -> None:
    assert index.search(saying, 3)[0].path == path


def test_code_that_says_what_hundreds_of_articles_say_is_still_looked_at(index: Index) -> None:
    found = index.search("tell every listener that something has happened", 10)
    assert "service/events.py" in [hit.path for hit in found]
