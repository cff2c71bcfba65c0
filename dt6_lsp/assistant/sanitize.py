"""Markdown of others made harmless: no remote images, no raw HTML, no links that run something.

A renderer would fetch an image at once, and with it tell its owner what was asked; some editors run `command:` links.
Code spans and fenced code stay as they are, as renderers show them literally. In doubt text counts as prose.
Not here: colours of terminals, and redaction of secrets.
"""

from __future__ import annotations

import html
import re

_CODE = re.compile(
    r"^ {0,3}(?P<fence>`{3,})[^`\n]*\n.*?(?:^ {0,3}(?P=fence)`*[ \t]*$|\Z)"
    r"|^ {0,3}(?P<tildes>~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=tildes)~*[ \t]*$|\Z)"
    r"|(?<![\\`])(?P<span>`+)(?!`)[^\n]*?(?<!`)(?P=span)(?!`)",
    re.MULTILINE | re.DOTALL,
)
_TARGET = r"\(\s*(?P<target><[^>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+[^()]*)?\)"
_IMAGE = re.compile(rf"!\[(?P<words>[^\]]*)\](?:{_TARGET}|\[[^\]]*\])")
_LINK = re.compile(rf"\[(?P<words>[^\]]*)\]{_TARGET}")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*(?P<target>\S+)[^\n]*$", re.MULTILINE)
_ELEMENTS = (
    "a|abbr|article|audio|b|base|blockquote|body|br|button|canvas|center|code|dd|details|div|dl|dt|em|embed|font|form|"
    "h[1-6]|head|hr|html|i|iframe|img|input|kbd|label|li|link|meta|object|ol|option|p|picture|pre|s|samp|script|section|"
    "select|small|source|span|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|th|thead|title|tr|u|ul|video"
)
_TAG = re.compile(  # not the angle brackets of `List<int>` or of an address
    rf"<(?=[/!?]|[A-Za-z][\w:-]*[\s/](?!/)|(?:{_ELEMENTS})>)", re.IGNORECASE
)
_SCHEME = re.compile(r"^[\s<]*(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?!\d)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
SAFE_SCHEMES = frozenset({"http", "https", "mailto"})


def sanitize(markdown: str) -> str:
    """The same text for reading; what would fetch, run or hide something is plain words."""
    text = _CONTROL.sub("", markdown)
    parts = []
    end = 0
    for code in _CODE.finditer(text):
        parts += [_prose(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join((*parts, _prose(text[end:])))


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


def _prose(text: str) -> str:
    text = _IMAGE.sub(lambda match: match["words"], text)
    text = _IMAGE.sub(lambda match: match["words"], text)  # an image in an image's words
    text = _LINK.sub(lambda match: match[0] if _safe(match["target"]) else match["words"], text)
    text = _DEFINITION.sub(lambda match: match[0] if _safe(match["target"]) else "", text)
    return _TAG.sub("&lt;", text)


def _safe(target: str) -> bool:
    plain = re.sub(r"\\(?=\W)|\s", "", html.unescape(target))
    scheme = _SCHEME.match(plain)
    return scheme is None or scheme["scheme"].lower() in SAFE_SCHEMES
