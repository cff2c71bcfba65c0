"""What is written on the page of an answer. Not here: where a page goes, and how it is opened (`pages`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dt6_lsp.server.convert import to_uri
from dt6_lsp.server.notebooks import file_of
from dt6_lsp.server.pages import Page
from dt6_lsp.text import article

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dt6_lsp.engine import Citation, Done, Engine, Routed
    from dt6_lsp.server.session import Session

_SHORT = 300
_MARKUP = re.compile(r"[\\`*\[\]<>!]")


async def show(page: Page, engine: Engine, question: str, done: Done) -> None:
    """The whole answer; where the editor can't open documents, say how it begins and where the whole of it is."""
    await page.finish(to_markdown(engine, question, done), short(done.answer))


async def show_text(session: Session, title: str, text: str, short: str = "") -> None:
    """Open a page of Markdown; `short` is said where the editor can't."""
    await Page(session, title).finish(text, short)


def to_markdown(engine: Engine, question: str, done: Done) -> str:
    author = "without a model" if done.backend == "none" else f"by {plain(done.model)} ({done.backend})"
    taken = [f"*Taken as: {plain(done.resolved)}*"] if done.resolved else []
    parts = [f"# {' '.join(question.split())}", *taken, done.answer.strip()]
    if done.citations:
        parts.append(sources(engine, done.citations))
    index = done.index
    seen = f"from {index.indexed:,} of {index.files:,} files"
    route = _route(done.route) if done.route else ""
    parts.append(f"---\n\n{route}Written {author}, {seen}. {plain(done.notice)}".rstrip())
    return "\n\n".join(parts) + "\n"


def _route(routed: Routed) -> str:
    return f"Taken for {article(routed.intent)} {routed.intent} question: {plain(routed.why)}. "


def sources(engine: Engine, citations: Iterable[Citation]) -> str:
    return "## Sources\n\n" + "\n".join(_source(engine, cited) for cited in citations)


def _source(engine: Engine, cited: Citation) -> str:
    """A path is whatever a workspace names its files: it must stay words, and not become an image or another link."""
    return f"- [{_MARKUP.sub(_escaped, str(cited))}]({to_uri(engine.locate(file_of(cited.path)))}#L{cited.start_line})"


def plain(notice: str) -> str:
    """It may name files of the workspace, or quote what a server said."""
    return _MARKUP.sub(_escaped, " ".join(notice.split()))


def _escaped(mark: re.Match[str]) -> str:
    return "\\" + mark[0]


def short(answer: str) -> str:
    text = " ".join(answer.split())
    return text if len(text) <= _SHORT else text[:_SHORT].rsplit(" ", 1)[0] + " …"
