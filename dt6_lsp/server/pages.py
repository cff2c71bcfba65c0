"""The pages that DT6 shows: answers, explanations, lists. Each is a file of Markdown in the data folder.

An editor that takes content from its server (`workspace/textDocumentContent`) opens a page as `dt6:/NAME.md` with its
first words, and sees it grow; any other opens the file when it is whole, or is told where it lies. The workspace is
never written to. Not here: what a page says.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.errors import StoreError
from dt6_lsp.server.convert import lines_range, to_uri
from dt6_lsp.server.faults import invalid_params
from dt6_lsp.settings.folders import old_answers

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType
    from typing import Any

    from dt6_lsp.server.session import Call, Session

SCHEME = "dt6"
REDRAW_SECONDS = 0.1
_HELD = 20  # pages in memory; older ones are read from their files
_NAME = re.compile(r"[\w-]{1,120}\.md", re.ASCII)
_GONE = "This page was not kept. Ask again.\n"


class Page:
    """One page, while it is written. As a context manager it says on the page why it ends early, if it does."""

    def __init__(self, session: Session, title: str) -> None:
        self._session, self._title = session, title
        self._name = file_name(title)
        self._live = session.client.takes_content
        self._text = ""
        self._shown = False
        self._redraw: asyncio.TimerHandle | None = None
        self._asked: Future[Any] | None = None

    def __enter__(self) -> Page:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._redraw is not None:
            self._redraw.cancel()
        if self._shown and error is not None:
            self._show(f"{self._text.rstrip()}\n\n*{_why(error)}*\n")

    def add(self, words: str) -> None:
        """More of it, drawn soon, with what follows at once. Nothing where an editor can't see it grow."""
        if not self._live:
            return
        self._text = self._text or f"# {' '.join(self._title.split())}\n\n"
        self._text += words
        if self._redraw is None:
            self._redraw = asyncio.get_running_loop().call_later(REDRAW_SECONDS, self._draw)
            if not self._shown:
                self._show(self._text)

    async def finish(self, text: str, short: str = "") -> None:
        """All of it, in place of what was there; `short` is said where the editor opens no documents."""
        path = await self._session.in_worker(lambda: write(self._session.answers, self._name, text))
        if self._redraw is not None:
            self._redraw.cancel()
        if self._live:
            self._show(text)
        elif self._session.client.show_document:
            self._open(to_uri(path))
        else:
            self._session.show(types.MessageType.Info, f"{short} (The whole answer: {path})".strip())

    def _draw(self) -> None:
        """Once a client has drawn what it was told of before: a slow one is not flooded."""
        self._redraw = None
        if self._asked is not None and not self._asked.done():
            self._redraw = asyncio.get_running_loop().call_later(REDRAW_SECONDS, self._draw)
        else:
            self._show(self._text)

    def _show(self, text: str) -> None:
        pages = self._session.pages
        pages[self._name] = text
        while len(pages) > _HELD:
            del pages[next(iter(pages))]
        uri = f"{SCHEME}:/{self._name}"
        if self._shown:
            params = types.TextDocumentContentRefreshParams(uri)
            self._asked = self._session.server.protocol.send_request(
                types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH, params
            )
        else:
            self._shown = True
            self._open(uri)

    def _open(self, uri: str) -> None:
        selection = lines_range(1, 0)
        self._session.server.window_show_document(
            types.ShowDocumentParams(uri=uri, take_focus=True, selection=selection)
        )


async def text_document_content(call: Call, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
    """`workspace/textDocumentContent`. A page that is not kept any more says so to whoever still has it open."""
    name = page_name(params.uri)
    if not name:
        raise invalid_params(f"DT6 has no page {params.uri!r}; its pages are {SCHEME}:/NAME.md.")
    return types.TextDocumentContentResult(await text_of(call.session, name) or _GONE)


async def text_of(session: Session, name: str) -> str:
    """Of the page with this name; "" where it is gone."""
    held = session.pages.get(name)
    return held if held is not None else await session.in_worker(lambda: _read(session.answers / name))


def file_name(title: str) -> str:
    """A new one. It begins with the time, so that the oldest come first."""
    return f"{datetime.now():%Y%m%d-%H%M%S-%f}-{_slug(title)}.md"


def page_name(uri: str) -> str:
    """Of a URI of the scheme; "" for what names no page."""
    scheme, _, rest = uri.partition(":")
    name = rest.lstrip("/")
    return name if scheme.lower() == SCHEME and _NAME.fullmatch(name) else ""


def is_page(name: str) -> bool:
    """Whether a file of the folder with this name is one."""
    return _NAME.fullmatch(name) is not None


def write(folder: Path, name: str, text: str) -> Path:
    """Write the file and remove the oldest. Blocking. `StoreError` when the folder can't be written."""
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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _why(error: BaseException) -> str:
    return "It was not written to its end." if str(error) else "Stopped."


def _slug(title: str) -> str:
    words = re.findall(r"\w+", title.lower(), re.ASCII)
    return "-".join(words)[:60].strip("-") or "answer"
