"""The answer without a model, in the workspace's own words: definitions that answer, paragraphs that say it, places.

Every sentence is either a fixed phrase of this module or text of the workspace, quoted and cited. The same question on
the same index gives the same digest. Not here: what is chosen (`candidates`, `prose`, `excerpts`, `architecture`).
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant import translations
from dt6_lsp.assistant.candidates import HOLDERS, choose, is_side
from dt6_lsp.assistant.events import Citation
from dt6_lsp.assistant.excerpts import excerpt
from dt6_lsp.assistant.given import asks_of_all, definitions_of, holds
from dt6_lsp.assistant.pointed import pointed
from dt6_lsp.assistant.pool import heads, pool
from dt6_lsp.assistant.prose import first_sentences, is_list, is_prose, shortened
from dt6_lsp.assistant.quotes import best_quotes, openings
from dt6_lsp.assistant.relevance import Relevance
from dt6_lsp.assistant.sanitize import fenced, inline, sanitize
from dt6_lsp.assistant.small_talk import SAYS, is_small_talk
from dt6_lsp.assistant.uses import MOST_USES, outside_uses
from dt6_lsp.assistant.values import spots

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dt6_lsp.assistant.candidates import Candidate
    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.assistant.prose import Paragraph
    from dt6_lsp.assistant.retrieval import Findings
    from dt6_lsp.index.model import Definition, Hit, Reader, Use

MEND = "With a model DT6 writes the answer itself: `dt6-lsp doctor` says what is missing."
NOTHING = "Nothing in the index fits this question."
_DEFINITIONS: dict[Intent, int] = {"code": 4, "debug": 4, "docs": 2, "arch": 0, "general": 3}
_OF_GIVEN = 3  # at least, of what the user selected or named
_BESIDE_SPOTS = 2  # definitions, where lines with the value that is asked for are shown
_WITH_CODE = 3
_QUOTE_LENGTH = 420
_LINE_LENGTH = 240
_SEE_ALSO = 5
_USES = 3
_MEMBERS = 8
_SHORT_CLASS = 14  # lines: shown whole, else as its declaration with its members


@dataclass(frozen=True, slots=True)
class Digest:
    """`blocks` are pieces of Markdown that follow one another as they are."""

    blocks: tuple[str, ...]
    citations: tuple[Citation, ...]


def write(question: str, intent: Intent, findings: Findings, reader: Reader, why: str) -> Digest:
    """`why` is the sentence that says why no model wrote it."""
    if is_small_talk(question) and not findings.about:
        return Digest((f"{SAYS} No language model talks here: {sanitize(why)} {MEND}\n",), ())
    writer = _Writer(question, intent, findings, reader)
    body = [block for block in (*writer.blocks(), writer.footer(why)) if block]
    blocks = tuple(block + ("\n\n" if place < len(body) - 1 else "\n") for place, block in enumerate(body))
    return Digest(blocks, writer.cited)


class _Writer:
    """One digest in the making; what is `cited` grows as places are named."""

    def __init__(self, question: str, intent: Intent, findings: Findings, reader: Reader) -> None:
        self._question = question
        self._intent = intent
        self._hits = findings.hits
        self._about = findings.about
        self._map = findings.map if findings.map is None or findings.map.answers or not self._about else None
        self._pointed = pointed(question, reader) if self._map is None else []
        self._reader = reader
        self._relevance = Relevance(question, (hit.text for hit in (*self._about, *findings.hits)))
        wide = findings.about or findings.wide or findings.hits
        candidates = list(wide) if self._about else pool(wide, reader, self._relevance)
        self._spots = spots(question, candidates)
        most = max(_DEFINITIONS[intent], _OF_GIVEN if self._about else 0)
        most = min(most, _BESIDE_SPOTS) if self._spots else most
        of_all = bool(self._about) and asks_of_all(question)
        self._quotes = [] if of_all else best_quotes(question, wide, heads(wide, reader), self._relevance, intent)
        self._chosen = [] if of_all else choose(question, candidates, reader, self._relevance, most)
        if self._about and not self._told_of_given():
            self._quotes, self._hits = openings(self._about), ()
            self._chosen += definitions_of(self._about, reader, most)
        self._cited: list[Citation] = []
        self._in_passing: list[Citation] = []
        self._told: set[tuple[str, int]] = set()  # the uses that were named

    def _told_of_given(self) -> bool:
        """Whether the question's words tell of what the user selected or named. If not, it is told from its beginning,
        and what search found for such words elsewhere is no help."""
        return bool(self._quotes or self._spots) or any(holds(self._about, each.definition) for each in self._chosen)

    def blocks(self) -> Iterable[str]:
        if self._map is not None:
            self._cited += self._map.citations
            yield from self._map.blocks
            if not self._map.answers:
                yield self._see_also()
            return
        yield from self._pointed_at()
        if self._spots or self._intent == "docs":
            yield from self._values()
            yield from self._quoted()
            yield self._lead()
        else:
            yield self._lead()
            yield from self._quoted()
        yield from self._definitions()
        yield self._see_also()

    def footer(self, why: str) -> str:
        return f"---\n*Written without a language model, from the workspace's own text. {sanitize(why)}* {MEND}"

    @property
    def cited(self) -> tuple[Citation, ...]:
        return tuple(dict.fromkeys((*self._cited, *self._in_passing)))

    def _cite(self, path: str, start: int, end: int) -> str:
        citation = Citation(path, start, end)
        self._cited.append(citation)
        return inline(str(citation) if end > start else f"{path}:{start}")

    def _at(self, item: Definition) -> str:
        return self._cite(item.path, item.start_line, item.end_line)

    # What was found, in a sentence or two.

    def _lead(self) -> str:
        if not self._chosen:
            return "" if self._quotes or self._pointed else NOTHING
        best = self._chosen[0]
        item = best.definition
        name = f"the {item.kind} {inline(item.qualified)} ({self._at(item)})"
        if best.named:
            return f"The question names {name}{self._more()}"
        if self._about:
            return f"What you selected or named has {name}{self._more()}"
        return f"The best match is {name}{self._more()}"

    def _more(self) -> str:
        count = len(self._chosen) - 1
        if not count:
            return "."
        best, *others = (candidate.definition.path for candidate in self._chosen)
        what = "one more definition" if count == 1 else f"{count} more definitions"
        if set(others) == {best}:
            return f"; {what} in the same file fit{'s' if count == 1 else ''} as well."
        where = inline(others[0]) if len(set(others)) == 1 else f"{len(set(others))} files"
        return f"; {what} in {where} fit{'s' if count == 1 else ''} as well."

    def _quoted(self) -> Iterable[str]:
        for first, more in self._quotes:
            text = _quotable(first)
            if more:
                text += "\n\n" + _quotable(more)
            place = self._cite(first.path, first.start_line, (more or first).end_line)
            yield "\n".join((f"{place} says:", "", *(f"> {line}".rstrip() for line in text.splitlines())))

    def _pointed_at(self) -> Iterable[str]:
        for each in self._pointed:
            item = each.inside
            place = self._cite(each.path, each.line, each.line)
            inside = f", in the {item.kind} {inline(item.qualified)} ({self._at(item)})" if item else ""
            yield f"{place}{inside}:\n\n{fenced(each.text, each.language)}"

    def _values(self) -> Iterable[str]:
        for spot in self._spots:
            inside = f" ({inline(spot.hit.symbol)})" if spot.hit.symbol else ""
            place = self._cite(spot.hit.path, spot.start_line, spot.end_line)
            yield f"{place}{inside} has:\n\n{fenced(textwrap.dedent(spot.text), spot.hit.language)}"

    # The definitions, file by file.

    def _definitions(self) -> Iterable[str]:
        for path in dict.fromkeys(candidate.definition.path for candidate in self._chosen):
            yield f"### {sanitize(path)}"
            for candidate in self._chosen:
                if candidate.definition.path == path:
                    yield self._definition(candidate)

    def _definition(self, candidate: Candidate) -> str:
        item = candidate.definition
        lines = [f"**{inline(item.qualified)}** · {item.kind} · {self._at(item)}"]
        doc = first_sentences(item.doc)
        if doc:
            lines += ["", sanitize(doc)]
        if self._chosen.index(candidate) < _WITH_CODE:
            lines += ["", self._code(item)]
        lines += [f"\n{line}" for line in (self._members(item), self._used(item)) if line]
        return "\n".join(lines)

    def _code(self, item: Definition) -> str:
        shown = excerpt(item, self._lines(item), self._relevance)
        if shown is None or (item.kind in HOLDERS and item.end_line - item.start_line > _SHORT_CLASS):
            return fenced(item.signature, item.language)
        return fenced(shown.text, item.language)

    def _lines(self, item: Definition) -> dict[int, str]:
        lines: dict[int, str] = {}
        for chunk in self._reader.chunks(item.path):
            if chunk.start_line <= item.end_line and item.start_line <= chunk.end_line:
                lines.update(enumerate(chunk.text.splitlines(), chunk.start_line))
        return lines

    def _members(self, item: Definition) -> str:
        if item.kind not in HOLDERS or item.end_line - item.start_line <= _SHORT_CLASS:
            return ""
        inside = [member for member in self._reader.outline(item.path) if member.container == item.qualified]
        ranked = sorted(inside, key=lambda member: -self._relevance.coverage(f"{member.name} {member.doc}"))
        kept = sorted(ranked[:_MEMBERS], key=lambda member: member.start_line)
        named = ", ".join(inline(f"{member.name}:{member.start_line}") for member in kept)
        return f"Its members: {named}{' …' if len(inside) > len(kept) else ''}" if kept else ""

    def _used(self, item: Definition) -> str:
        """Said only where the name can mean nothing else, and no line twice; the places are cited after all others."""
        found = outside_uses(item, self._reader)
        count = len(found) if len(found) < MOST_USES else self._reader.count_uses(item.name)
        fresh = [use for use in found if (use.path, use.line) not in self._told]
        top = sorted(fresh, key=lambda use: (is_side(use.path), use.path == item.path, use.path, use.line))
        spread = list({use.inside or use.path: use for use in reversed(top)}.values())[::-1][:_USES]
        if not spread:
            return ""
        self._told.update((use.path, use.line) for use in spread)
        places = ", ".join(self._use(use) for use in spread) + (" …" if count > len(spread) else "")
        return f"Used {'once' if count == 1 else f'{count} times'}: {places}"

    def _use(self, use: Use) -> str:
        self._in_passing.append(Citation(use.path, use.line, use.line))
        place = inline(f"{use.path}:{use.line}")
        return f"{inline(use.inside)} ({place})" if use.inside else place

    def _see_also(self) -> str:
        shown = {candidate.definition.path for candidate in self._chosen} | {first.path for first, _ in self._quotes}
        further: dict[str, Hit] = {}
        for hit in sorted(self._hits, key=self._aside):
            if hit.path not in shown:
                further.setdefault(hit.path, hit)
        places = [
            self._cite(hit.path, hit.start_line, hit.end_line)
            + (f" ({inline(hit.symbol)})" if hit.symbol and not is_prose(hit.path) else "")
            for hit in list(further.values())[:_SEE_ALSO]
        ]
        return "**See also:** " + ", ".join(places) if places else ""

    def _aside(self, hit: Hit) -> bool:
        return is_side(hit.path) or translations.weight(self._question, hit.path, hit.text) < 1


def _quotable(paragraph: Paragraph) -> str:
    if paragraph.code:
        return fenced(paragraph.text)
    if is_list(paragraph.text):
        return "\n".join(sanitize(line[:_LINE_LENGTH]) for line in paragraph.text.splitlines())
    return sanitize(shortened(paragraph.text, _QUOTE_LENGTH))
