"""What of other files bears on a gap: the definitions that names near it mean, and the best that search finds. It goes
before the text as comments in the text's own language, so that a model takes it for what it is beside the code.

Not here: the text around the gap (`gap`). Secrets are not in the index.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dt6_lsp.assistant.fence import escape
from dt6_lsp.features.completion.gap import harmless
from dt6_lsp.features.hover import Word, nearest
from dt6_lsp.syntax.comments import LINE_COMMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dt6_lsp.features.completion.gap import Gap
    from dt6_lsp.index.model import Definition, Reader

MOST_NAMES = 12
MOST_MEMBERS = 12
MOST_HITS = 3
_NEAR = 12  # lines before the gap whose names count
_QUERY = 400  # characters before it that search is asked with
_HIT_LINES = 24
_COMPARED = 40  # definitions of one name
_LONGEST_LINE = 200
_NAME = re.compile(r"(?:([^\W\d]\w*)\s*(?:\.|::|->)\s*)?([^\W\d]\w{2,})")
_HOLDERS = frozenset({"class", "struct", "interface", "trait", "module", "enum", "impl", "protocol", "object"})


def related(gap: Gap, reader: Reader, count: Callable[[str], int], room: int) -> str:
    """Comment lines that take no more than `room` tokens, what bears most on the gap at the end; "" for a language
    that has no comments of one line."""
    mark = LINE_COMMENTS.get(gap.language, "")
    if not mark or not gap.path:
        return ""
    pieces: list[str] = []
    for path, lines in _pieces(gap, reader):
        piece = _comment(mark, path, lines)
        room -= count(piece)
        if room < 0:
            break
        pieces.append(piece)
    return "".join(reversed(pieces))


def _comment(mark: str, path: str, lines: Sequence[str]) -> str:
    written = [harmless(escape(line.rstrip()[:_LONGEST_LINE])) for line in (path, *lines)]
    return "".join(f"{mark} {line}\n" for line in written) + f"{mark}\n"


def _pieces(gap: Gap, reader: Reader) -> Iterator[tuple[str, Sequence[str]]]:
    """Paths with lines, the most important first."""
    seen = set()
    for item in _meant(gap, reader):
        seen.add((item.path, item.start_line))
        yield item.path, _shape(item, reader)
    query = " ".join(re.findall(r"[^\W\d]\w+", gap.before[-_QUERY:]))
    for hit in reader.search(query, MOST_HITS, gap.path) if query else ():
        if hit.path != gap.path and (hit.path, hit.start_line) not in seen:
            yield hit.path, hit.text.split("\n")[:_HIT_LINES]


def _meant(gap: Gap, reader: Reader) -> Iterator[Definition]:
    """Definitions in other files of the names near the gap, the nearest names first."""
    line = gap.before.count("\n") + 1
    imports = reader.imports(gap.path)
    for word in _names(gap.before.splitlines()[-_NEAR:]):
        found = reader.definitions(word.name, gap.path, _COMPARED)
        if not found:
            continue
        item = nearest(found, word, gap.path, line, imports)
        if item.path != gap.path:
            yield item


def _names(lines: Sequence[str]) -> Iterable[Word]:
    words: dict[str, Word] = {}
    for line in reversed(lines):
        for match in reversed(list(_NAME.finditer(line[-1_000:]))):
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
