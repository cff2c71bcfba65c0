"""What reaches the terminal: results on stdout, everything else on stderr, and nothing that the terminal would obey.

Text of a workspace may hold escape sequences; they are shown as pictures instead of sent. rich is imported only where
a terminal is there to show colours.
Not here: what is said.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from dt6_lsp.errors import Dt6Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

_PICTURES: dict[int, str | int] = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: 0x2421,
    **dict.fromkeys(range(128, 160), 65533),
    # Marks that reorder what follows could show a path or a command as another.
    **dict.fromkeys((*range(8234, 8239), *range(8294, 8298)), 65533),
}


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def clean(text: str) -> str:
    """The text without anything that a terminal acts on, but line breaks and tabs."""
    return text.replace("\r\n", "\n").translate(_PICTURES)


def prepare_streams() -> None:
    """A console that can't show a character shows `?` in its place; it does not end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def hush(stream: TextIO) -> None:
    """The reader of our output is gone: let nothing more be written, not even when Python ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return


@dataclass(frozen=True)
class Terminal:
    """The three streams of one invocation."""

    source: TextIO = field(default_factory=lambda: sys.stdin)

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    @property
    def live(self) -> bool:
        """A person is watching stdout."""
        return self.out.isatty()

    def json(self, value: Any) -> None:
        """One line. ASCII only, so that it survives any console and holds no control character."""
        with self._writing():
            self.out.write(json.dumps(value) + "\n")
            self.out.flush()

    def stream(self, text: str) -> None:
        with self._writing():
            self.out.write(clean(text))
            self.out.flush()

    def line(self, text: str = "", style: str = "") -> None:
        """One or more whole lines on stdout."""
        with self._writing():
            if style and self.live:
                self._console.print(clean(text), style=style, markup=False, highlight=False, soft_wrap=True)
            else:
                self.out.write(clean(text) + "\n")

    def lines(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.line(text)

    def note(self, text: str) -> None:
        """For the person, not part of the result."""
        self.flush()
        self.err.write(clean(text).replace("\n", " ") + "\n")
        self.err.flush()

    def table(self, rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> None:
        """Columns as wide as their widest cell; the last one runs on."""
        cells = [[clean(cell).replace("\n", " ") for cell in row] for row in ([header, *rows] if header else rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            self.line(text, "bold" if header and number == 0 else "")

    def flush(self) -> None:
        with self._writing():
            self.out.flush()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A reader that left (BrokenPipeError) is for `main` to see; all else is an error with its words."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            hush(self.out)
            why = error.strerror or str(error)
            raise Dt6Error(
                f"The output could not be written ({why}).", "Make room there, or send it elsewhere."
            ) from error

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=self.out)


def counted(number: int, word: str, plural: str = "") -> str:
    """ "1 file", "1,200 files"."""
    return f"{number:,} {word if number == 1 else plural or f'{word}s'}"


def listed(counts: Iterable[tuple[str, int]], most: int = 8) -> str:
    """The largest counts first: "python 60, toml 3, 2 others"."""
    ordered = sorted(counts, key=lambda each: (-each[1], each[0]))
    named = [f"{name} {count:,}" for name, count in ordered[:most]]
    rest = len(ordered) - most
    return ", ".join([*named, counted(rest, "other")] if rest > 0 else named)
