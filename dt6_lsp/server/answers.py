"""A written answer, for editors that know nothing of DT6: a Markdown file in the data folder, opened in the editor.

Not here: what an answer says. The workspace is never written to.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.errors import StoreError
from dt6_lsp.server.convert import lines_range, to_uri
from dt6_lsp.server.notebooks import file_of
from dt6_lsp.settings.folders import old_answers
from dt6_lsp.text import article

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.engine import Citation, Done, Engine, Routed
    from dt6_lsp.server.session import Session

logger = logging.getLogger(__name__)

_SHORT = 300
_MARKUP = re.compile(r"[\\`*\[\]<>!]")


async def show(session: Session, engine: Engine, question: str, done: Done) -> None:
    """Open the answer; where the editor can't open documents, say how it begins and where the whole of it is."""
    await show_text(session, question, to_markdown(engine, question, done), _short(done.answer))


async def show_text(session: Session, title: str, text: str, short: str = "") -> None:
    """Open a page of Markdown; `short` is said where the editor can't."""
    path = await session.in_worker(lambda: write(session.answers, title, text))
    if session.client.show_document:
        params = types.ShowDocumentParams(uri=to_uri(path), take_focus=True, selection=lines_range(1, 0))
        session.server.window_show_document(params)
    else:
        session.show(types.MessageType.Info, f"{short} (The whole answer: {path})".strip())


def write(folder: Path, question: str, text: str) -> Path:
    """Write the file and remove the oldest. Blocking. `StoreError` when the folder can't be written."""
    name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{_slug(question)}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        for old in old_answers(folder):
            old.unlink(missing_ok=True)
    except OSError as error:
        cause = f"The answer could not be written to {folder} ({error.strerror})."
        raise StoreError(cause, "Make room or point DT6_DATA_DIR to a folder that can be written.") from error
    return path


def to_markdown(engine: Engine, question: str, done: Done) -> str:
    author = "without a model" if done.backend == "none" else f"by {plain(done.model)} ({done.backend})"
    taken = [f"*Taken as: {plain(done.resolved)}*"] if done.resolved else []
    parts = [f"# {' '.join(question.split())}", *taken, done.answer.strip()]
    if done.citations:
        parts.append("## Sources\n\n" + "\n".join(_source(engine, cited) for cited in done.citations))
    index = done.index
    seen = f"from {index.indexed:,} of {index.files:,} files"
    route = _route(done.route) if done.route else ""
    parts.append(f"---\n\n{route}Written {author}, {seen}. {plain(done.notice)}".rstrip())
    return "\n\n".join(parts) + "\n"


def _route(routed: Routed) -> str:
    return f"Taken for {article(routed.intent)} {routed.intent} question: {plain(routed.why)}. "


def _source(engine: Engine, cited: Citation) -> str:
    """A path is whatever a workspace names its files: it must stay words, and not become an image or another link."""
    return f"- [{_MARKUP.sub(_escaped, str(cited))}]({to_uri(engine.locate(file_of(cited.path)))}#L{cited.start_line})"


def plain(notice: str) -> str:
    """It may name files of the workspace, or quote what a server said."""
    return _MARKUP.sub(_escaped, " ".join(notice.split()))


def _escaped(mark: re.Match[str]) -> str:
    return "\\" + mark[0]


def _slug(question: str) -> str:
    words = re.findall(r"\w+", question.lower(), re.ASCII)
    return "-".join(words)[:60].strip("-") or "answer"


def _short(answer: str) -> str:
    text = " ".join(answer.split())
    return text if len(text) <= _SHORT else text[:_SHORT].rsplit(" ", 1)[0] + " …"
