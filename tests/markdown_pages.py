"""Markdown as a reader gets to see it, by a renderer that DT6 does not use itself (markdown-it, as VS Code does)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

from markdown_it import MarkdownIt

COMMON = MarkdownIt("commonmark")
TABLES = MarkdownIt("commonmark").enable("table")
MADE_BY_MARKDOWN = frozenset(
    "a blockquote br code em h1 h2 h3 h4 h5 h6 hr li ol p pre strong table tbody td th thead tr ul".split()  # noqa: SIM905
)

MADE_UP = frozenset(("x", "int"))  # names that no browser knows, without attributes


@dataclass
class Page(HTMLParser):
    """What a reader gets: the elements, and each link with the words that are shown for it."""

    tags: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)
    _open: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "a":
            self.links.append((dict(attrs).get("href") or "", ""))
            self._open = True
        assert not [name for name, _ in attrs if name not in ("href", "class", "start", "style")], attrs

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._open:
            href, words = self.links[-1]
            self.links[-1] = href, words + data


def rendered(markdown: str, by: MarkdownIt = COMMON) -> Page:
    page = Page()
    page.feed(by.render(markdown))
    return page


def assert_harmless(markdown: str) -> None:
    """No element that Markdown itself does not make, no image, no link but into the workspace or to what it shows."""
    for renderer in (COMMON, TABLES):
        page = rendered(markdown, renderer)
        assert page.tags - MADE_BY_MARKDOWN <= MADE_UP, (markdown, page.tags)
        for href, words in page.links:
            address = re.match(r"[a-z][a-z0-9+.-]*:(?!\d+([-:]\d+)*$)|/|%5c|\.\./", href, re.IGNORECASE)
            shows = unquote(href) in (unquote(words), f"mailto:{unquote(words)}")
            web = href.lower().startswith(("http://", "https://", "mailto:"))
            assert not address or (shows and web), (markdown, href, words)
