"""What a question names by itself: files, places in files ("src/a.py:12", a frame of a stack trace), identifiers.

Not here: whether the index knows an identifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.index.model import Reader

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
_MODULE = re.compile(
    r"[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|in)/"
)  # "github.com/x/y" in a frame of Go is a package, not a file
_OF_THE_LANGUAGE = re.compile(
    r"/lib/python[\d.]+/(?!site-packages/|dist-packages/)|/go/src/|/rustc/|^node:|/jdk[^/]*/|<frozen "
)
_INSTALLED = re.compile(r"/(?:site-packages|dist-packages|node_modules|pkg/mod|\.cargo/registry|gems)/")
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
    ordered = sorted((each for each in found if not _is_package(each, question)), key=lambda match: match.start())
    named = [Place(match["path"].replace("\\", "/").removeprefix("./"), int(match["line"] or 0)) for match in ordered]
    lined = {place.path for place in named if place.line}
    files = (place for place in named if re.search("[A-Za-z]", place.path))
    return tuple(dict.fromkeys(place for place in files if place.line or place.path not in lined))


def _is_package(match: re.Match[str], question: str) -> bool:
    """ "github.com/x/y.Call" in a frame of Go."""
    return not match["line"] and _MODULE.match(question, match.start("path")) is not None


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


def located(place: Place, files: list[str], reader: Reader) -> str | None:
    """The indexed file that a place with a line means, which a program wrote: it may have run elsewhere, or be
    installed as a package, so that only the end of its path is that of a file here. The file that shares the longest
    end counts, if it is the only one and has the line: two parts of a path at least, or a name that is the
    only one in the workspace. A language's own files are none of the workspace."""
    if not place.line or place.path in files:
        return matching(place.path, files)
    last = place.path.rpartition("/")[2]
    shared = {file: _shared_end(place.path, file) for file in files if file.endswith(last)}  # few of thousands
    most = max(shared.values(), default=0)
    best = [file for file in shared if shared[file] == most]
    whole = most == place.path.count("/") + 1 or any(most == file.count("/") + 1 for file in best)
    if most == 0 or whole:
        return matching(place.path, best)
    if len(best) != 1 or _OF_THE_LANGUAGE.search(place.path) or (most == 1 and _INSTALLED.search(place.path)):
        return None
    chunks = reader.chunks(best[0])
    return best[0] if chunks and chunks[-1].end_line >= place.line else None


def _shared_end(one: str, other: str) -> int:
    """How many last parts two paths have in common."""
    pairs = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
