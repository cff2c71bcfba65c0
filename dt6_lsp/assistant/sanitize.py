"""Markdown of others made harmless: no images, no raw HTML, no link that runs something or hides where it leads.

A renderer would fetch an image at once, and with it tell its owner what was asked; some editors run `command:` links.
A link into the workspace stays one. A link to another place becomes its words and its address, so that who follows it
has read where to. Reference links are none any more, as their addresses stand where nobody looks.
Renderers differ in what they take for code (tables, formulas, lists), and what one of them shows literally another
would run. So fences are put where no renderer can doubt them, a code span is left alone only where nothing makes it
doubtful, and in all the rest whatever could begin a link or a tag is escaped unless it is known to be harmless.
Not here: colours of terminals, and redaction of secrets.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_OPENING = re.compile(r"(?P<before>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
SPAN = re.compile(r"(?<![\\`])(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)")
DANGER = re.compile(r"\]\s*[(:\[]|!\[|<")
_DOUBT = re.compile(r"[`<$|]")
_KEPTSPAN = re.compile("\x00(\\d+)\x00")

_TARGET = r"\(\s*(?P<target><[^<>\n]*>|[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)(?:\s+[^()]*)?\)"
_IMAGE = re.compile(rf"!+\[(?P<words>[^\[\]]*)\](?:{_TARGET}|\[[^\[\]]*\])")
_LINK = re.compile(rf"\[(?P<words>[^\[\]]*)\]{_TARGET}")
_LINK_BEGINS = re.compile(r"\](?=\()")
_LABEL_MARK = re.compile(r"\\.|[\[\]]", re.DOTALL)
_AUTOLINK = re.compile(r"<(?:https?://|mailto:)[^\s<>\\\x00]+>|<[\w.+-]+@[\w-]+(?:\.[\w-]+)+>", re.IGNORECASE)
_ELEMENTS = (
    "a|abbr|article|audio|b|base|blockquote|body|br|button|canvas|center|code|dd|details|dialog|div|dl|dt|em|embed|font|"
    "form|frame|frameset|h[1-6]|head|hr|html|i|iframe|img|input|kbd|label|li|link|marquee|math|meta|noscript|object|ol|"
    "option|p|picture|plaintext|pre|s|samp|script|section|select|small|source|span|strong|style|sub|summary|sup|svg|"
    "table|tbody|td|template|textarea|th|thead|title|tr|u|ul|video|xmp"
)
_TAG = re.compile(  # not the angle brackets of `List<int>`: an identifier, then a name and nothing that a tag could do
    rf"(?<!\w)<(?=[A-Za-z/!?\x00])|<(?=[/!?]|[A-Za-z][\w.+-]*[\s:/\x00]|(?:{_ELEMENTS})>)", re.IGNORECASE
)
_PLACE = re.compile(r"[\w.~+@%,=&-][\w./~+@%#,=&() -]*(?::\d+(?:[-:]\d+)*)?|#[\w.-]*")


def sanitize(markdown: str) -> str:
    """The same text for reading; what would fetch, run or hide something is plain words."""
    text = _CONTROL.sub("", markdown.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(block if is_code else _prose(block) for is_code, block in _blocks(text))


def fenced(code: str, language: str = "") -> str:
    """A code block that its own text can't close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def inline(code: str) -> str:
    """A code span that its own text can't close."""
    plain = " ".join(code.split())
    if not plain:
        return ""
    runs = re.findall(r"`+", plain)
    if not runs:
        return f"`{plain}`"
    ticks = "`" * (max(len(run) for run in runs) + 1)
    return f"{ticks} {plain} {ticks}"


def fences(text: str) -> tuple[int, bool]:
    """Where the last code block that is complete ends; or, and True, where one begins that is not."""
    closing: re.Pattern[str] | None = None
    edge = position = 0
    for line in text.split("\n"):
        begin, position = position, position + len(line) + 1
        if closing is not None:
            if closing.fullmatch(line):
                closing, edge = None, position
        elif opening := _OPENING.fullmatch(line):
            closing, edge = _closing(opening["fence"]), begin
    return min(edge, len(text)), closing is not None


def _closing(fence: str) -> re.Pattern[str]:
    return re.compile(rf"[ \t]*{fence[0]}{{{len(fence)},}}[ \t]*")


def _blocks(text: str) -> Iterable[tuple[bool, str]]:
    """Prose and fenced code in turn. Every fence begins its line and is closed, whatever list it stands in: a renderer
    that closed it with the list would take what follows for prose."""
    lines: list[str] = []
    closing: re.Pattern[str] | None = None
    fence = indent = ""
    for line in text.split("\n"):
        if closing is not None:
            if closing.fullmatch(line):
                yield True, "\n".join((*lines, fence))
                lines, closing = [], None
            else:
                lines.append(line.removeprefix(indent))
        elif opening := _OPENING.fullmatch(line):
            bullet = opening["before"].rstrip()
            if lines or bullet:
                yield False, "\n".join((*lines, *([bullet] if bullet else ())))
            fence, indent = opening["fence"], re.match(r"[ \t]*", line)[0]  # type: ignore[index]
            closing = _closing(fence)
            lines = [fence + opening["info"]]
        else:
            lines.append(line)
    if closing is not None:
        yield True, "\n".join((*lines, fence))
    elif lines:
        yield False, "\n".join(lines)


def _prose(text: str) -> str:
    if text.count("$$") % 2:  # a formula that would swallow the fence after it
        before, _, after = text.rpartition("$$")
        text = rf"{before}\$\${after}"
    return "".join(part if part.isspace() else _paragraph(part) for part in re.split(r"(\n[ \t]*\n)", text))


def _paragraph(text: str) -> str:
    spans: list[str] = []

    def keep(span: re.Match[str]) -> str:
        spans.append(span[0])
        return f"\x00{len(spans) - 1}\x00"

    masked = SPAN.sub(keep, text)
    if _DOUBT.search(masked):
        spans.clear()
        masked = SPAN.sub(lambda span: span[0] if DANGER.search(span[0]) else keep(span), text)
    return _KEPTSPAN.sub(lambda match: spans[int(match[1])], _harmless(masked))


def _harmless(text: str) -> str:
    previous = ""
    while previous != text:  # an image in an image's words, or one that only now begins
        previous, text = text, _IMAGE.sub(lambda match: match["words"], text)
    parts, end = [], 0
    for link in _LINK.finditer(text):
        before = _inert(text[end : link.start()])
        parts += [before, _followed(link, after_mark=before.endswith("!"))]
        end = link.end()
    return "".join((*parts, _inert(text[end:])))


def _followed(link: re.Match[str], *, after_mark: bool) -> str:
    """A link into the workspace, or words and address."""
    words = _inert(link["words"])
    target = link["target"].removeprefix("<").removesuffix(">")
    plain = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", html.unescape(target)).strip()
    if after_mark or "\n" in words:
        return words
    if _PLACE.fullmatch(plain) and ".." not in plain.split("/"):
        return f"[{words}](<{plain}>)" if re.search(r"[\s()]", plain) else f"[{words}]({plain})"
    address = f"<{plain}>"
    if not _AUTOLINK.fullmatch(address):
        return words
    return address if words in (plain, address) else f"{words} ({address})"


def _inert(text: str) -> str:
    """Nothing in it begins a link, a definition of one, or a tag; addresses that show themselves stay."""
    parts, end = [], 0
    for address in _AUTOLINK.finditer(text):
        parts += [_escaped(text[end : address.start()]), address[0]]
        end = address.end()
    return "".join((*parts, _escaped(text[end:])))


def _escaped(text: str) -> str:
    text = _LINK_BEGINS.sub("]\\\\", text)
    return _TAG.sub("&lt;", _undefined(text))


def _undefined(text: str) -> str:
    """No label, "[a]:", defines a link any more; "a[0]: 1" is none. A label may begin with any bracket, also with one
    that is escaped, and holds none that is not. Each bracket is looked at once: there may be thousands."""
    parts, end, begun = [], 0, False
    for mark in _LABEL_MARK.finditer(text):
        if mark[0] == "]":
            if begun and text.startswith(":", mark.end()):
                parts += [text[end : mark.end()], "\\"]
                end = mark.end()
            begun = False
        elif mark[0] == "[":
            before = text[mark.start() - 1 : mark.start()]
            begun = not (before.isalnum() or before == "_")
        elif mark[0] == r"\[":
            begun = True
    return "".join((*parts, text[end:]))
