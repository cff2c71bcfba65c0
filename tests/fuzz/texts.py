"""What an editor has open, edited at random, and the text that must come of it: the client's own account of a document.

It counts lines and characters by itself, with nothing of DT6's, so that both can't be wrong in the same way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fuzz.values import FARTHEST

if TYPE_CHECKING:
    import random

_ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_UNIT_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
_END = re.compile("\r\n|\r|\n")
_PIECES = (
    "", "x", "\n", "\r\n", "\n\n", "  ", "\t", "é", "😀", "\u2028", "\f", "\x00", "\ufeff", "(", '"""', "#",
    "class A:\n    ", "def one(): pass\n", "def zwei(ä):\r\n    return '😀'\r\n",
    "class B:\n    def three(self):\n        pass\n", "    def four(self): ...\n", "# 😀 comment\n",
    "async def five():\n    await x\n",
)  # fmt: skip
_LONGEST = 20_000


@dataclass(slots=True)
class Document:
    uri: str
    language: str
    text: str
    version: int = 1

    def end(self, encoding: str) -> tuple[int, int]:
        """The position after the last character."""
        return place(self.text, len(self.text), encoding)

    def edit(self, chances: random.Random, encoding: str) -> dict[str, Any]:
        """The parameters of `textDocument/didChange` for one to three changes, which this document has then, too."""
        changes = [self._change(chances, encoding) for _ in range(chances.randint(1, 3))]
        self.version += 1
        return {"textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": changes}

    def _change(self, chances: random.Random, encoding: str) -> dict[str, Any]:
        new = "".join(chances.choices(_PIECES, k=chances.randint(0, 4)))
        if chances.random() < 0.05 or len(self.text) > _LONGEST:
            self.text = new
            return {"text": new}
        start = self._boundary(chances.randint(0, len(self.text)))
        end = self._boundary(min(len(self.text), start + chances.choice((0, 0, 1, 3, 40))))
        positions = [_position(place(self.text, offset, encoding)) for offset in (start, end)]
        if chances.random() < 0.1:
            end, positions[1] = self._beyond(start)
        self.text = self.text[:start] + new + self.text[end:]
        return {"range": dict(zip(("start", "end"), positions, strict=True)), "text": new}

    def _boundary(self, offset: int) -> int:
        """An editor has no cursor between CR and LF."""
        return offset + 1 if self.text[offset - 1 : offset + 1] == "\r\n" and offset else offset

    def _beyond(self, start: int) -> tuple[int, dict[str, int]]:
        """A character past the end of its line is the end of that line."""
        found = _END.search(self.text, start)
        end = found.start() if found else len(self.text)
        line = place(self.text, start, "utf-32")[0]
        return end, {"line": line, "character": FARTHEST}


def place(text: str, offset: int, encoding: str) -> tuple[int, int]:
    """Line and character, as the protocol counts them. `offset` is not inside of a line end."""
    line = start = 0
    for end in _END.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return line, len(text[start:offset].encode(_ENCODINGS[encoding])) // _UNIT_BYTES[encoding]


def _position(where: tuple[int, int]) -> dict[str, int]:
    return {"line": where[0], "character": where[1]}


def new_text(chances: random.Random) -> str:
    return "".join(chances.choices(_PIECES, k=chances.randint(0, 12)))
