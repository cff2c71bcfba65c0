"""The answer without a model, in the workspace's own words: definitions that answer, paragraphs that say it, places.

Every sentence is either a fixed phrase of this module or text of the workspace, quoted and cited. The same question on
the same index gives the same digest. Not here: what is chosen (`candidates`, `prose`, `excerpts`, `overview`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.candidates import HOLDERS, choose, is_side
from dt6_lsp.assistant.events import Citation
from dt6_lsp.assistant.excerpts import excerpt
from dt6_lsp.assistant.overview import overview
from dt6_lsp.assistant.prose import Paragraph, file_doc, first_sentences, is_prose, paragraphs, shortened
from dt6_lsp.assistant.relevance import Relevance
from dt6_lsp.assistant.sanitize import fenced, inline, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dt6_lsp.assistant.candidates import Candidate
    from dt6_lsp.assistant.events import Intent
    from dt6_lsp.assistant.overview import Overview
    from dt6_lsp.assistant.retrieval import Findings
    from dt6_lsp.index.model import Definition, Hit, Reader, Use

MEND = "With a model DT6 writes the answer itself: `dt6-lsp doctor` says what is missing."
NOTHING = "Nothing in the index fits this question."
_DEFINITIONS: dict[Intent, int] = {"code": 4, "debug": 4, "docs": 2, "arch": 0, "general": 3}
_QUOTES: dict[Intent, int] = {"code": 1, "debug": 1, "docs": 3, "arch": 0, "general": 2}
_QUOTE_FITS = 0.34  # the share of the question's weight that a paragraph must hold
_QUOTE_LENGTH = 420
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
    writer = _Writer(question, intent, findings, reader)
    body = [block for block in (*writer.blocks(), writer.footer(why)) if block]
    blocks = tuple(block + ("\n\n" if place < len(body) - 1 else "\n") for place, block in enumerate(body))
    return Digest(blocks, tuple(dict.fromkeys(writer.cited)))


class _Writer:
    """One digest in the making; `cited` grows as places are named."""

    def __init__(self, question: str, intent: Intent, findings: Findings, reader: Reader) -> None:
        self._intent = intent
        self._hits = findings.hits
        self._given = findings.given
        self._reader = reader
        self._relevance = Relevance(question, (hit.text for hit in findings.hits))
        self._chosen = choose(question, findings.hits, reader, self._relevance, _DEFINITIONS[intent])
        self._quotes = _best_quotes(findings.hits, self._relevance, _QUOTES[intent])
        self.cited: list[Citation] = []

    def blocks(self) -> Iterable[str]:
        if self._intent == "arch":
            yield from self._overview(overview(self._reader))
            yield self._see_also()
            return
        elif self._intent == "docs":
            yield from self._quoted()
            yield self._lead()
        else:
            yield self._lead()
            yield from self._quoted()
        yield from self._definitions()
        yield self._see_also()

    def footer(self, why: str) -> str:
        return f"---\n*Written without a language model, from the workspace's own text. {sanitize(why)}* {MEND}"

    def _cite(self, path: str, start: int, end: int) -> str:
        citation = Citation(path, start, end)
        self.cited.append(citation)
        return inline(str(citation) if end > start else f"{path}:{start}")

    def _at(self, item: Definition) -> str:
        return self._cite(item.path, item.start_line, item.end_line)

    # What was found, in a sentence or two.

    def _lead(self) -> str:
        if not self._chosen:
            return "" if self._quotes else NOTHING
        best = self._chosen[0]
        item = best.definition
        name = f"the {item.kind} {inline(item.qualified)} ({self._at(item)})"
        if best.named:
            return f"The question names {name}{self._more()}"
        return f"The best match is {name}{self._more()}"

    def _more(self) -> str:
        count = len(self._chosen) - 1
        if not count:
            return "."
        files = len({candidate.definition.path for candidate in self._chosen})
        others = "one more definition fits" if count == 1 else f"{count} more definitions fit"
        return f"; {others}, {'in the same file' if files == 1 else f'in {files} files in all'}."

    def _quoted(self) -> Iterable[str]:
        for first, code in self._quotes:
            last = code or first
            text = sanitize(shortened(first.text, _QUOTE_LENGTH)) if not _is_list(first.text) else sanitize(first.text)
            lines = [f"> {line}" for line in text.splitlines()]
            if code:
                lines += [">", *(f"> {line}" for line in fenced(code.text).splitlines())]
            yield "\n".join((f"{self._cite(first.path, first.start_line, last.end_line)} says:", "", *lines))

    # The definitions, file by file.

    def _definitions(self) -> Iterable[str]:
        for path in dict.fromkeys(candidate.definition.path for candidate in self._chosen):
            yield f"### {path}"
            for candidate in self._chosen:
                if candidate.definition.path == path:
                    yield self._definition(candidate)

    def _definition(self, candidate: Candidate) -> str:
        item = candidate.definition
        lines = [f"**{inline(item.qualified)}** · {item.kind} · {self._at(item)}"]
        doc = first_sentences(item.doc)
        if doc:
            lines += ["", sanitize(doc)]
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
        outside = [use for use in self._reader.uses(item.name) if not _within(use, item)]
        if not outside:
            return ""
        shared = len(self._reader.definitions(item.name))
        top = sorted(outside, key=lambda use: (is_side(use.path), use.path == item.path, use.path, use.line))
        spread = list({use.inside or use.path: use for use in reversed(top)}.values())[::-1][:_USES]
        places = ", ".join(self._use(use) for use in spread) + (" …" if len(outside) > len(spread) else "")
        count = max(self._reader.count_uses(item.name), len(outside))
        times = "once" if count == 1 else f"{count} times"
        note = f" ({shared} definitions share the name)" if shared > 1 else ""
        return f"Used {times}{note}: {places}"

    def _use(self, use: Use) -> str:
        place = self._cite(use.path, use.line, use.line)
        return f"{inline(use.inside)} ({place})" if use.inside else place

    def _see_also(self) -> str:
        shown = {candidate.definition.path for candidate in self._chosen} | {first.path for first, _ in self._quotes}
        further: dict[str, Hit] = {}
        for hit in sorted(self._hits, key=lambda hit: is_side(hit.path)):
            if hit.path not in shown:
                further.setdefault(hit.path, hit)
        places = [
            self._cite(hit.path, hit.start_line, hit.end_line) + (f" ({inline(hit.symbol)})" if hit.symbol else "")
            for hit in list(further.values())[:_SEE_ALSO]
        ]
        return "**See also:** " + ", ".join(places) if places else ""

    # The workspace as a whole.

    def _overview(self, whole: Overview) -> Iterable[str]:
        if whole.summary and whole.summary_source:
            source = whole.summary_source
            place = self._cite(source.path, source.start_line, source.end_line)
            yield f"{place} says:\n\n> {sanitize(whole.summary)}"
        if not whole.parts:
            yield NOTHING
            return
        yield f"The code has {len(whole.parts)} main parts:"
        yield "\n".join(("| part | files | about | imports |", "|---|---|---|---|", *self._rows(whole)))
        if whole.entries:
            yield "\n".join(("It starts in:", *(self._entry(entry.about, entry.source) for entry in whole.entries)))

    def _rows(self, whole: Overview) -> Iterable[str]:
        for part in whole.parts:
            about = ", ".join(inline(name) for name in part.contents)
            if part.source is not None:
                place = self._cite(part.source.path, part.source.start_line, part.source.end_line)
                about = f"{_cell(part.about)} {place}"
            imports = ", ".join(inline(name) for name in part.imports)
            yield f"| {inline(part.name)} | {part.files} | {about} | {imports} |"

    def _entry(self, about: str, source: Citation) -> str:
        place = self._cite(source.path, source.start_line, source.end_line)
        return f"- {place}: {sanitize(about)}" if about else f"- {place}"


def _best_quotes(hits: Sequence[Hit], relevance: Relevance, most: int) -> list[tuple[Paragraph, Paragraph | None]]:
    """Paragraphs that hold enough of the question, best first, each with the code block right after it."""
    scored: list[tuple[float, Paragraph, Paragraph | None]] = []
    for rank, hit in enumerate(hits):
        for first, following in _prose_of(hit):
            heading = hit.symbol if is_prose(hit.path) else hit.path
            fit = relevance.coverage(first.text) + 0.4 * relevance.coverage(heading)
            if not first.code and fit >= _QUOTE_FITS:
                code = following if following and following.code and following.text.count("\n") < 10 else None
                scored.append((fit / (1 + 0.05 * rank), first, code))
    scored.sort(key=lambda item: (-item[0], item[1].path, item[1].start_line))
    return [(first, code) for _, first, code in scored[:most]]


def _prose_of(hit: Hit) -> list[tuple[Paragraph, Paragraph | None]]:
    if is_prose(hit.path):
        found = paragraphs(hit)
        return list(zip(found, [*found[1:], None], strict=True))
    said = file_doc(hit.text) if hit.start_line < 5 else ""
    if not said:
        return []
    last = hit.text.splitlines().index(next(line for line in hit.text.splitlines() if said.splitlines()[-1] in line))
    return [(Paragraph(hit.path, hit.start_line, hit.start_line + last, said), None)]


def _is_list(text: str) -> bool:
    lines = text.splitlines()
    return 1 < len(lines) <= 10 and sum(line.lstrip()[:2] in ("- ", "* ", "1.", "2.") for line in lines) * 2 >= len(
        lines
    )


def _within(use: Use, item: Definition) -> bool:
    return use.path == item.path and item.start_line <= use.line <= item.end_line


def _cell(text: str) -> str:
    return sanitize(text).replace("|", "\\|")
