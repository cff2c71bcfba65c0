"""What of other files bears on a gap: the definitions that names near it mean, and the best that search finds. It goes
before the text as comments in the text's own language, so that a model takes it for what it is beside the code.

Definitions are found within a millisecond. Search takes longer, so it is waited for briefly; what comes late is there
at the next letter. Not here: the text around the gap (`gap`). Secrets are not in the index, and search is asked with
nothing that a model would not be shown.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.assistant.blocking import Patience
from dt6_lsp.assistant.fence import escape
from dt6_lsp.features.completion.gap import harmless
from dt6_lsp.features.hover import Word, nearest
from dt6_lsp.syntax.comments import LINE_COMMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.features.completion.gap import Gap
    from dt6_lsp.index.model import Definition, Hit, Reader

MOST_NAMES = 12
MOST_MEMBERS = 12
MOST_HITS = 3
_NEAR = 12  # lines before the gap whose names count
_QUERY = 400  # characters before it in which the words are that search is asked with
_QUERY_WORDS = 10
_HIT_LINES = 24
_COMPARED = 40  # definitions of one name
_LONGEST_LINE = 200
_NAME = re.compile(r"(?:([^\W\d]\w*)\s*(?:\.|::|->)\s*)?([^\W\d]\w{2,})")
_WORD = re.compile(r"[^\W\d]\w{2,}(?!\w*$)")  # not the one that is being typed
_HOLDERS = frozenset({"class", "struct", "interface", "trait", "module", "enum", "impl", "protocol", "object"})


class Piece(NamedTuple):
    path: str
    lines: Sequence[str]


class Searches:
    """What search finds for a gap, once for each word that is typed. Belongs to one event loop."""

    def __init__(self, run: Blocking, seconds: float) -> None:
        self._patience = Patience(run, seconds)
        self._newest: tuple[tuple[str, str], list[Piece]] | None = None

    async def pieces(self, path: str, prefix: str, over: Callable[[], Reader]) -> list[Piece]:
        """Of other files, for a text before a gap without secrets; none where search has not ended in time."""
        asked = (path, query(prefix))
        if not path or not asked[1]:
            return []
        if (known := self._known(asked)) is not None:
            return known
        nothing: list[Piece] = []
        return await self._patience.wait_for(partial(self._search, asked, over), nothing)

    def _known(self, asked: tuple[str, str]) -> list[Piece] | None:
        newest = self._newest
        return newest[1] if newest is not None and newest[0] == asked else None

    def _search(self, asked: tuple[str, str], over: Callable[[], Reader]) -> list[Piece]:
        if (known := self._known(asked)) is not None:  # by now
            return known
        path, words = asked
        found = [_of_hit(hit) for hit in over().search(words, MOST_HITS, path) if hit.path != path]
        self._newest = asked, found
        return found


def query(prefix: str) -> str:
    """The words nearest to the gap, each once, in their order."""
    words = dict.fromkeys(reversed(_WORD.findall(prefix[-_QUERY:])))
    return " ".join(reversed(list(words)[:_QUERY_WORDS]))


def definitions(gap: Gap, reader: Reader) -> list[Piece]:
    """What names near the gap mean, the most important first."""
    if not gap.path or gap.language not in LINE_COMMENTS:
        return []
    return [Piece(item.path, _shape(item, reader)) for item in _meant(gap, reader)]


def comments(language: str, pieces: Iterable[Piece], count: Callable[[str], int], room: int) -> str:
    """The first pieces that fit into so many tokens, the most important at the end; "" for a language that has no
    comments of one line."""
    mark = LINE_COMMENTS.get(language, "")
    written: list[str] = []
    for piece in dict.fromkeys((each.path, tuple(each.lines)) for each in pieces) if mark else ():
        text = _comment(mark, *piece)
        room -= count(text)
        if room < 0:
            break
        written.append(text)
    return "".join(reversed(written))


def _comment(mark: str, path: str, lines: Sequence[str]) -> str:
    written = [harmless(escape(line.rstrip()[:_LONGEST_LINE])) for line in (path, *lines)]
    return "".join(f"{mark} {line}\n" for line in written) + f"{mark}\n"


def _of_hit(hit: Hit) -> Piece:
    return Piece(hit.path, hit.text.split("\n")[:_HIT_LINES])


def _meant(gap: Gap, reader: Reader) -> Iterator[Definition]:
    """Definitions in other files of the names near the gap, the nearest names first."""
    line = gap.before.count("\n") + 1
    imports = reader.imports(gap.path)
    for word in _names(gap.before[-_NEAR * _LONGEST_LINE :].splitlines()[-_NEAR:]):
        found = reader.definitions(word.name, gap.path, _COMPARED)
        if not found:
            continue
        item = nearest(found, word, gap.path, line, imports)
        if item.path != gap.path:
            yield item


def _names(lines: Sequence[str]) -> Iterable[Word]:
    words: dict[str, Word] = {}
    for line in reversed(lines):
        for match in reversed(list(_NAME.finditer(line))):
            for name, owner in ((match[2], match[1] or ""), (match[1] or "", "")):
                if name and len(words) < MOST_NAMES:
                    words.setdefault(name, Word(name, owner, 0, 0))
    return words.values()


def _shape(item: Definition, reader: Reader) -> list[str]:
    """Its signature with the first sentence of its documentation; of a class, those of its members too."""
    lines = [*item.signature.split("\n"), *item.doc.split("\n")[:1]]
    if item.kind in _HOLDERS:
        members = [each for each in reader.outline(item.path) if each.container == item.qualified]
        lines += [f"    {each.signature.split(chr(10))[0]}" for each in members[:MOST_MEMBERS]]
    return [line for line in lines if line.strip()]
