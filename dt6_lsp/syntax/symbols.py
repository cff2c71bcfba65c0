"""Matches of a query -> symbols with containers, signatures and docs, and the spans that chunks are cut at.

Containers come from definitions that enclose one another, found with one sorted pass and a stack, so depth costs no
recursion.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.syntax.chunks import Span
from dt6_lsp.syntax.dialects import BATS_NAME
from dt6_lsp.syntax.docs import clip, comment_text, docstring_text
from dt6_lsp.syntax.macro_imports import imports_in
from dt6_lsp.syntax.model import Import, Reference, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dt6_lsp.syntax.languages import Language
    from dt6_lsp.syntax.matches import Found, Matches, Prefix
    from dt6_lsp.syntax.model import Kind
    from dt6_lsp.syntax.source import Source

MAX_SIGNATURE = 300
MAX_NAME = 200
MAX_CONTAINER = 1_000
_MAX_PREFIXES = 300
_MAX_NAMES = 8_000  # characters of what one import takes
_MAX_RAW_DOC = 8_000  # bytes of a comment or docstring that are looked at

_TYPE_LIKE = frozenset({"class", "interface", "struct", "trait", "enum", "type"})
_FUNCTIONS = frozenset({"function", "method", "constructor"})
_CLAUSED = ("function", "method")
_ONE_LINE = frozenset({"constant", "variable", "field", "property", "key", "section"})
_WHOLE_NAME = frozenset({"section", "rule", "key", "test", "text"})
_PLAIN_NAME = re.compile(r"(?!.*operator)[A-Za-z_]\w{0,99}", re.ASCII)  # the name alone, in every language
_SEPARATOR = re.compile(r"::|->|[.:\\]")
_NO_SCOPE = frozenset({"module", "exports", "prototype", "this", "self", "globalThis", "window"})
_TYPE_ARGUMENTS = re.compile(r"[<\[].*")
_QUOTES = "\"'`"
_WORDS = re.compile(rb"[\w\s]*\Z")
_COMMENT_IN_NAMES = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_AFTER_BRACKET = re.compile(r"(?<=[(\[]) ")
_BEFORE_BRACKET = re.compile(r",? (?=[)\]])")
_SIGNATURE_ENDS = ("{", ":", "=", ";", ",", "do", "where", "is", "begin", "then")
_SIGNATURE_TAIL = re.compile(r"(?:\s*(?:[{:=;,]|\bdo|\bwhere|\bis|\bbegin|\bthen))+\Z")


class Placed(NamedTuple):
    """A definition with the names around it."""

    found: Found
    name: str
    container: str
    kind: Kind

    @property
    def qualified(self) -> str:
        return f"{self.container}.{self.name}" if self.container else self.name


def place(matches: Matches, source: Source, language: Language) -> list[Placed]:
    """Definitions in the order of the file, each under the names that enclose it."""
    placed: list[Placed] = []
    around: list[Placed] = []
    for one in sorted(_wanted(matches, len(source.data)), key=lambda each: (each.start, -each.end, each.name_start)):
        while around and not _holds(around[-1].found, one):
            around.pop()
        outer = around[-1] if around else None
        item = _place(one, outer, source, language)
        if item.name and not (outer and one.kind == "variable" and outer.kind in _FUNCTIONS):  # a local is no symbol
            placed.append(item)
            around.append(item)
    return _one_per_function(placed) if language.clauses else placed


def _one_per_function(placed: list[Placed]) -> list[Placed]:
    """Haskell's and Elixir's functions come in clauses: the first stands for all that follow it with nothing but
    comments, or what stands inside a clause, in between."""
    merged: list[Placed] = []
    latest: dict[str, int] = {}  # by container: which of `merged` was the last in it
    for one in placed:
        latest.pop(one.qualified, None)  # a container begins; another of this name may have ended
        at = latest.get(one.container)
        last = merged[at] if at is not None else None
        if at is not None and last and (last.name, last.kind) == (one.name, one.kind) and one.kind in _CLAUSED:
            body = last.found.body or last.found.end
            merged[at] = last._replace(found=last.found._replace(end=one.found.end, body=body))
        else:
            latest[one.container] = len(merged)
            merged.append(one)
    return merged


def _wanted(matches: Matches, end: int) -> Iterator[Found]:
    headings: list[Found] = []
    for one in matches.definitions.values():
        if one.level:
            headings.append(one)
        elif one.sort != "skip":
            # A template's class ends before its semicolon, and the template after it.
            wrap = matches.wraps.get(one.end, matches.wraps.get(one.end + 1, one.start)) if matches.wraps else one.start
            yield one if wrap >= one.start else one._replace(start=wrap)
    yield from _reach(headings, end)


def _reach(headings: list[Found], end: int) -> Iterator[Found]:
    """Each heading with the lines up to the next one that is no lower."""
    next_at: dict[int, int] = {}
    for one in sorted(headings, key=lambda each: each.start, reverse=True):
        stop = min((at for level, at in next_at.items() if level <= one.level), default=end)
        next_at[one.level] = one.start
        yield one._replace(end=max(one.end, stop), body=one.end)


def _holds(outer: Found, inner: Found) -> bool:
    return inner.end <= outer.end and (inner.start, inner.end) != (outer.start, outer.end)


def _place(one: Found, outer: Placed | None, source: Source, language: Language) -> Placed:
    text = source.text(one.name_start, one.name_end)
    *scopes, name = (text,) if _PLAIN_NAME.fullmatch(text) else _names(text, one.kind)
    if one.container is not None:
        scopes = [*(name for name in _names(source.text(*one.container), "class") if name not in _NO_SCOPE), *scopes]
    around = _around(outer, one.kind)
    container = ".".join((around, *scopes) if around else scopes)[:MAX_CONTAINER]
    return Placed(one, name, container, _kind(one.kind, name, outer.kind if outer else None, bool(scopes), language))


def _around(outer: Placed | None, kind: Kind) -> str:
    """A field that a constructor declares in its parameters belongs to the type."""
    if outer is None:
        return ""
    return outer.container if kind in ("field", "property") and outer.kind == "constructor" else outer.qualified


def _names(text: str, kind: Kind) -> list[str]:
    """`A::b` is b in A. Type arguments are no part of a name, nor are quotes."""
    text = " ".join(text.split())[:MAX_NAME]
    if kind in _WHOLE_NAME:
        text = BATS_NAME.sub("", text)
        return [text.rstrip("# ") if kind == "section" else text.strip(_QUOTES).strip()]
    if text[:1] in _QUOTES and text:
        return [text.strip(_QUOTES)]
    if not text[:1].isidentifier() and text[:1] not in "*&(:$@~":
        return [text]
    head, operator, rest = text.partition("operator")
    parts = [_TYPE_ARGUMENTS.sub("", part).strip(" &*()") for part in _SEPARATOR.split(head)]
    return [*(part for part in parts if part), *([operator + rest] if operator else [])] or [text]


def _kind(kind: Kind, name: str, outer: Kind | None, scoped: bool, language: Language) -> Kind:
    inside_type = outer in _TYPE_LIKE or scoped
    if kind in ("function", "method") and inside_type:
        return "constructor" if name in language.constructors else "method"
    if kind == "variable" and name.isupper():
        return "constant"
    return kind


class Surroundings:
    """What stands above definitions: comments and prefixes that begin their line, by the line on which they end."""

    def __init__(self, prefixes: list[Prefix], source: Source) -> None:
        self._source = source
        self._ending: dict[int, Prefix] = {}
        self._inside: dict[int, Prefix] = {}
        self._comments = sorted((prefix.start, prefix.end) for prefix in prefixes if prefix.is_comment)
        for prefix in prefixes:
            self._inside[prefix.start] = prefix
            end = source.line_of(max(prefix.start, prefix.end - 1))
            before = source.before(prefix.start, source.line_of(prefix.start))
            if not before.strip() and not source.after(prefix.end, end).strip():
                self._ending[end] = prefix

    def above(self, line: int) -> list[tuple[int, Prefix]]:
        """The prefixes directly above a line, nearest first, each with the line it starts on."""
        found: list[tuple[int, Prefix]] = []
        while (prefix := self._ending.get(line - 1) or self._across_blank(line - 1)) is not None:
            start = self._source.line_of(prefix.start)
            if start >= line or len(found) == _MAX_PREFIXES:
                break
            line = start
            found.append((line, prefix))
        return found

    def _across_blank(self, line: int) -> Prefix | None:
        """Older JavaScript and PHP leave a blank line between a `/** */` and what it documents."""
        prefix = self._ending.get(line - 1)
        if (
            prefix is None
            or not self._source.data.startswith(b"/**", prefix.start)
            or self._source.lines[line - 1].strip()
        ):
            return None
        return prefix

    def without_comments(self, start: int, end: int) -> str:
        comments = self._comments
        following = bisect_left(comments, (start, 0))
        if following == len(comments) or comments[following][0] >= end:
            return self._source.text(start, max(start, end))
        parts: list[str] = []
        for at in range(following, len(comments)):
            first, last = comments[at]
            if first >= end:
                break
            parts.append(self._source.text(start, first))
            start = last
        return "".join((*parts, self._source.text(start, max(start, end))))

    def skip(self, byte: int) -> int:
        """Where the declaration itself starts, when decorators or annotations stand first."""
        data = self._source.data
        while (prefix := self._inside.get(byte)) is not None:
            byte = prefix.end
            while data[byte : byte + 1].isspace():
                byte += 1
        return byte


def symbols_of(placed: Iterable[Placed], matches: Matches, source: Source) -> tuple[tuple[Symbol, ...], list[Span]]:
    around = Surroundings(matches.prefixes, source)
    symbols: list[Symbol] = []
    spans: list[Span] = []
    for one in placed:
        found = one.found
        line = source.line_of(found.start)
        end = source.line_of(max(found.start, found.end - 1))
        words = _words_before(found.start, line, source)
        start, chunk_start, doc = (line, line, "") if words is None else _top(line, source, around)
        spans.append(Span(chunk_start, end, one.kind, one.qualified))
        if found.sort != "scope":
            if found.start in matches.docstrings:
                doc = clip(docstring_text(_raw(source, matches.docstrings[found.start])))
            symbols.append(_symbol(one, start, end, doc, _signature(found, words or b"", source, around), source))
    spans.extend(
        Span(source.line_of(start), source.line_of(max(start, end - 1)), "text", "") for start, end in matches.blocks
    )
    return tuple(symbols), spans


def _words_before(byte: int, line: int, source: Source) -> bytes | None:
    """What stands before a declaration on its line, when that is words or nothing ("export default "), else None."""
    before = source.before(byte, line)
    return before if not before or _WORDS.match(before) else None


def _top(line: int, source: Source, around: Surroundings) -> tuple[int, int, str]:
    """The line a definition starts on with its decorators, the one with its comments too, and what they say of it."""
    above = around.above(line)
    if not above:
        return line, line, ""
    docs: list[str] = []
    for start, prefix in above:
        if prefix.is_comment:
            docs.append(comment_text(_raw(source, (prefix.start, prefix.end))))
        else:
            line = start
            if prefix.doc:
                docs.append(docstring_text(_raw(source, prefix.doc)))
    return line, above[-1][0], clip("\n".join(reversed(docs)))


def _raw(source: Source, span: tuple[int, int]) -> str:
    return source.text(span[0], min(span[1], span[0] + _MAX_RAW_DOC))


def _symbol(one: Placed, start: int, end: int, doc: str, signature: str, source: Source) -> Symbol:
    name_start = one.found.name_start
    name_line = source.line_of(name_start)
    column = source.column_of(name_start, name_line)
    return Symbol(one.name, one.container, one.kind, start, end, name_line, column, signature, doc)


def _signature(found: Found, before: bytes, source: Source, around: Surroundings) -> str:
    """`before` are the words that stand in front of it on its line."""
    start = around.skip(found.start)
    if start == found.start:
        start -= len(before)
    end = found.body if found.body > start else found.end
    text = around.without_comments(start, min(end, start + 4 * MAX_SIGNATURE)).strip()
    if found.kind in _ONE_LINE:
        text = text.partition("\n")[0]
    text = " ".join(text.split())
    if " )" in text or " ]" in text:
        text = _BEFORE_BRACKET.sub("", text)
    if "( " in text or "[ " in text:
        text = _AFTER_BRACKET.sub("", text)
    if text.endswith(_SIGNATURE_ENDS):  # the pattern is tried at every place of a text, for nothing mostly
        text = _SIGNATURE_TAIL.sub("", text) or text
    return text if len(text) <= MAX_SIGNATURE else text[: MAX_SIGNATURE - 1].rstrip() + "…"


def references_of(matches: Matches, source: Source) -> tuple[Reference, ...]:
    found: list[Reference] = []
    definitions, plain, ascii_text = matches.definitions, not source.runs, source.ascii
    line, first, following = 0, 0, 0
    for start, end in sorted(set(matches.references)):
        if start in definitions or not 0 < end - start <= MAX_NAME:
            continue
        if start >= following:  # there are many, and they are in order: a line is looked up once
            line = source.line_of(start)
            first = source.starts[line - 1]
            following = source.starts[line] if line < len(source.starts) else len(source.data) + 1
        if plain:
            found.append(Reference(ascii_text[start:end], line, start - first))
        else:
            found.append(Reference(source.text(start, end), line, source.column_of(start, line)))
    return tuple(found)


def imports_of(matches: Matches, source: Source) -> tuple[Import, ...]:
    found: dict[tuple[int, str, int], list[str]] = {}  # by line, module, and where the statement begins
    for start, span, name in matches.imports:
        module = " ".join(source.text(*span).removeprefix("import ").split())[:MAX_NAME].strip(_QUOTES + "<> ")
        taken = found.setdefault((source.line_of(start), module, start), [])
        if name is not None:
            taken.append(" ".join(_COMMENT_IN_NAMES.sub("", source.text(*name)).split()))
    for start, end in matches.tokens:
        text, line = source.text(start, end), source.line_of(start)
        for offset, module, names in imports_in(text):
            found[line + text.count("\n", 0, offset), module, start + offset] = [names]
    imports = (
        Import(module, line, ", ".join(filter(None, dict.fromkeys(names)))[:_MAX_NAMES])
        for (line, module, _), names in sorted(found.items())
        if module
    )
    return tuple(dict.fromkeys(imports))
