"""How each language writes documentation: one table, and the words of a model put into that form.

A style stands above the definition, line by line or in a block; or it is the first thing in the body. Not here: what it
says, and where a definition begins.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDTH = 100
_LEAST_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Style:
    """`line` begins each line; with `opening` and `closing` around them where it is a block. `forbidden` would end the
    documentation early, and `instead` is written for it. `short`: one line of words makes a block of one line.
    `first`: begins the first line where that is another. `inside`: the first thing in the body. `raw`: the opening for
    words that hold a backslash or what the language would put values in for."""

    line: str
    opening: str = ""
    closing: str = ""
    forbidden: str = ""
    instead: str = ""
    short: bool = False
    first: str = ""
    inside: bool = False
    raw: str = ""


_STARS = Style(" * ", "/**", " */", "*/", "* /")
_SHORT_STARS = Style(" * ", "/**", " */", "*/", "* /", short=True)
_SLASHES = Style("// ")
_RUST = Style("/// ")
STYLES: Mapping[str, Style] = {
    "python": Style("", '"""', '"""', '"""', "'''", short=True, inside=True, raw='r"""'),
    "javascript": _SHORT_STARS,
    "typescript": _SHORT_STARS,
    "tsx": _SHORT_STARS,
    "go": _SLASHES,
    "rust": _RUST,
    "java": _STARS,
    "kotlin": _STARS,
    "scala": _STARS,
    "php": _STARS,
    "c": _STARS,
    "cpp": _STARS,
    "csharp": Style("/// ", "/// <summary>", "/// </summary>"),
    "swift": _RUST,
    "zig": _RUST,
    "ruby": Style("# "),
    "bash": Style("# "),
    "lua": Style("--- "),
    "haskell": Style("-- ", first="-- | "),
    "elixir": Style("", '@doc """', '"""', '"""', "'''", raw='@doc ~S"""'),
    "sql": Style("-- "),
}
"""Languages without documentation of their own (JSON, HTML, CSS) are not here, and are not offered any."""


def documentation(words: str, style: Style, indent: str, language: str) -> list[str]:
    """The lines to insert, without line ends."""
    width = max(_LEAST_WIDTH, _WIDTH - len(indent.expandtabs(4)) - len(style.line))
    lines = _wrapped(_safe(words, style, language), width)
    if not style.opening:
        marked = [
            (style.first if not number and style.first else style.line) + line for number, line in enumerate(lines)
        ]
        return [indent + line.rstrip() for line in marked]
    opening = style.raw if style.raw and ("\\" in words or "#{" in words) else style.opening
    if style.inside:
        return _docstring(lines, opening, style.closing, indent)
    if style.short and len(lines) == 1:
        return [f"{indent}{opening} {lines[0]}{style.closing}"]
    return [indent + line.rstrip() for line in (opening, *(style.line + line for line in lines), style.closing)]


def _docstring(lines: Sequence[str], opening: str, closing: str, indent: str) -> list[str]:
    """The first line stands at the opening quotes, and the closing ones alone, as PEP 257 has it."""
    first, *rest = lines
    if not rest:
        return [f"{indent}{opening}{first}{closing}"]
    return [f"{indent}{opening}{first}", *(indent + line if line else "" for line in rest), indent + closing]


def _safe(words: str, style: Style, language: str) -> str:
    """What can't end the documentation before its end. C# reads it as XML, and a docstring that ends with a quote or a
    backslash would run into its own."""
    text = words.replace(style.forbidden, style.instead) if style.forbidden else words
    if language == "csharp":
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.rstrip() + "." if style.inside and text.rstrip()[-1:] in ('"', "\\") else text


def _wrapped(text: str, width: int) -> list[str]:
    """Lines that are too long are broken between words; an indentation is kept."""
    lines: list[str] = []
    for line in lines_of(text.strip()):
        indent = line[: len(line) - len(line.lstrip())]
        broken = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        lines.extend(broken or [""])
    return lines
