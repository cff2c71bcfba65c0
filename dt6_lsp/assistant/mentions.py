"""What a question names by itself: files, places in files ("src/a.py:12", a frame of a stack trace), identifiers.

Not here: whether the index knows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRAME = re.compile(r"File \"(?P<path>[^\"\n]+)\", line (?P<line>\d+)")
_PLACE = re.compile(
    r"(?<![\w./\\:-])(?P<path>(?:[A-Za-z]:)?[\w.@+~/\\-]*[\w/\\]\.?[\w-]+\.[A-Za-z]\w{0,9}|[\w.@+~-]+[/\\][\w.@+~/\\-]+)"
    r"(?:(?::|#L)(?P<line>\d+))?"
)
_QUOTED = re.compile(r"`([^`\n]{1,120})`")
_CODE_LIKE = re.compile(
    r"(?<![\w./])(?:"
    r"[A-Za-z]\w*(?:(?:\.|::|->|#)[A-Za-z_]\w*)+"  # a.b, A::b
    r"|[A-Za-z_]\w*_\w*[A-Za-z0-9]"  # snake_case
    r"|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*"  # camelCase, PascalCase
    r"|\w+(?=\()"  # a call
    r")"
)
_NAME = re.compile(r"[^\W\d][\w.:#$-]*[?!]?$")
_DATA = re.compile(r"\S{500,}")  # no path is so long, and looking for one in it is quadratic
_SEPARATOR = re.compile(r"::|->|#")


@dataclass(frozen=True, slots=True)
class Place:
    """A file as the question writes it; `line` 0 where none is given."""

    path: str
    line: int = 0


def places(question: str) -> tuple[Place, ...]:
    """Files that the question names, in order, once each."""
    question = _DATA.sub(" ", question)
    found = [*_FRAME.finditer(question), *_PLACE.finditer(question)]
    ordered = sorted(found, key=lambda match: match.start())
    named = [Place(match["path"].replace("\\", "/").removeprefix("./"), int(match["line"] or 0)) for match in ordered]
    lined = {place.path for place in named if place.line}
    files = (place for place in named if re.search("[A-Za-z]", place.path))
    return tuple(dict.fromkeys(place for place in files if place.line or place.path not in lined))


def identifiers(question: str) -> tuple[str, ...]:
    """Names that look like code, in order: quoted in backticks, with a dot or an underscore, humped, or called."""
    quoted = [(match.start(), match[1].removesuffix("()").strip()) for match in _QUOTED.finditer(question)]
    plain = [(match.start(), match[0]) for match in _CODE_LIKE.finditer(question)]
    names = [_SEPARATOR.sub(".", name) for _, name in sorted(quoted + plain) if _NAME.match(name)]
    return tuple(dict.fromkeys(names))


def matching(path: str, files: list[str]) -> str | None:
    """The indexed file that a question's path means: the same, or the only one that ends or begins so."""
    if path in files:
        return path
    ending = [file for file in files if file.endswith("/" + path) or path.endswith("/" + file)]
    return ending[0] if len(ending) == 1 else None
