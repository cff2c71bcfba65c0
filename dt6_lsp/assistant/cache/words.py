"""A question cut into words and names.

A name is what must be the same to the letter: quoted text, identifiers, paths, options, numbers, versions, and words
that are written large within a sentence. Everything else is a word, in lower case.
Not here: what words mean (`lexicon`, `meaning`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dt6_lsp.assistant.cache.lexicon import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.assistant.cache.lexicon import Lexicon

_QUOTED = re.compile(r"```(.*?)```|`([^`]*)`|\"([^\"\n]*)\"|(?<![\w])'([^'\n]*)'(?!\w)|“([^”]*)”", re.DOTALL)
_OPENING = "(\"'“‘"  # other brackets may be code: a list is no tuple
_CLOSING = ")\"'”’.,;:?!"
_STRESSED = re.compile(r"(\*{1,2})([^*]+)\1([.,;:?!]*)")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NUMBER = re.compile(r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?%?")
_UNIT = re.compile(r"(\d+(?:\.\d+)?)(ms|secs?|s|mins?|kb|mb|gb)", re.IGNORECASE)
_HUMPED = re.compile(r"[A-Za-z]*[a-z][A-Z]|[A-Z]{2,}[a-z]{2,}")
_SHORT = {
    "n't": "not", "'re": "are", "'ll": "will", "'ve": "have", "'m": "am", "'d": "would",
}  # fmt: skip
_IS = frozenset(["what", "where", "who", "why", "how", "when", "that", "there", "it", "here", "which"])


@dataclass(frozen=True, slots=True)
class Word:
    """`name`: compared to the letter, and never taken for a word of English."""

    text: str
    name: bool = False


def cut(question: str, lexicon: Lexicon) -> list[Word]:
    """All of the question in order; a comma stands for any break within a sentence."""
    return list(_cut(question, lexicon))


def _cut(question: str, lexicon: Lexicon) -> Iterator[Word]:
    end = 0
    for quoted in _QUOTED.finditer(question):
        yield from _plain(question[end : quoted.start()], lexicon, first=not question[:end].strip())
        text = next((group for group in quoted.groups() if group is not None), "")
        if text.strip():
            yield Word(_bare(" ".join(text.split())), name=True)
        end = quoted.end()
    yield from _plain(question[end:], lexicon, first=not question[:end].strip())


def _plain(text: str, lexicon: Lexicon, *, first: bool) -> Iterator[Word]:
    """`first`: the text begins a sentence, where a capital says nothing."""
    pieces = text.split()
    beside = not text[:1].isspace()  # the first piece ends what was quoted before it
    for at, raw in enumerate(pieces):
        piece = _STRESSED.sub(r"\2\3", raw).lstrip(_OPENING)
        body = piece if _is_call(piece) else piece.rstrip(_CLOSING)
        last = at == len(pieces) - 1
        if not body and not (beside and at == 0) and (raw.strip("?!.") or not last):
            yield Word(raw.rstrip("?!.") or raw, name=True)  # an operator, of which may be asked
        elif body:
            yield from _piece(body, lexicon, first=first)
            first = piece.endswith((".", "?", "!", ":"))
        if piece.endswith((",", ";", ":", ".", "?", "!")) or body in ("-", "–", "—"):
            yield Word(",")


def _is_call(piece: str) -> bool:
    return re.fullmatch(r"[\w.:$@-]+\(\)[.,;:?!]*", piece) is not None


def _piece(body: str, lexicon: Lexicon, *, first: bool) -> Iterator[Word]:
    if _PLAIN.fullmatch(body):
        yield from _word(body, lexicon, first=first)
    elif re.fullmatch(r"[^\W\d_]+(?:-[^\W\d_]+)+", body):
        for part in body.split("-"):
            yield from _word(part, lexicon, first=first)
            first = False
    elif unit := _UNIT.fullmatch(body):
        yield Word(unit[1], name=True)
        yield Word(unit[2].lower())
    elif _NUMBER.fullmatch(body):
        yield Word(body.replace(",", ""), name=True)
    elif body not in ("-", "–", "—"):
        yield from _name(body)


def _name(body: str) -> Iterator[Word]:
    """`Foo's` is the name and its genitive."""
    owner = re.fullmatch(r"(.*\w\)?)['’]s", body)
    yield Word(_bare(owner[1] if owner else body), name=True)
    if owner:
        yield Word("'s")


def _bare(name: str) -> str:
    """A call is its function; a path has one kind of separator."""
    name = name.strip().rstrip(".,;:?!") if not name.endswith("...") else name
    return name.removesuffix("()").replace("\\", "/").removeprefix("./")


def _word(body: str, lexicon: Lexicon, *, first: bool) -> Iterator[Word]:
    """Contractions are written out; a noun's `'s` is its genitive."""
    plain, mark, ending = body.replace("’", "'").partition("'")
    lowered = plain.lower()
    if lowered == "cannot":
        yield from (Word("can"), Word("not"))
        return
    if mark and f"n{mark}{ending.lower()}" == "n't" and lowered.endswith("n"):
        stem = {"ca": "can", "wo": "will", "sha": "shall"}.get(lowered[:-1], lowered[:-1])
        yield from (Word(stem), Word("not"))
        return
    yield _cased(plain, lowered, lexicon, first=first)
    if mark:
        short = _SHORT.get(f"'{ending.lower()}")
        yield Word(short or ("is" if lowered in _IS else "'s"))


def _cased(plain: str, lowered: str, lexicon: Lexicon, *, first: bool) -> Word:
    if lowered in lexicon.numbers:
        return Word(lexicon.numbers[lowered], name=lowered != "one")
    inside = plain[1:] if first else plain
    if _HUMPED.match(plain) or (inside != inside.lower() and lowered not in lexicon.any_case):
        return Word(plain, name=True)
    return Word(spelled(lowered))
