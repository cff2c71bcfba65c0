"""What parsing a file yields. Lines are counted from 1 and inclusive.

Named tuples, not dataclasses, where a file has hundreds of them: they are made and sent between processes in a third of
the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal[
    "module", "class", "interface", "enum", "struct", "trait", "type", "namespace",
    "function", "method", "constructor", "macro", "constant", "variable", "field", "property",
    "section", "rule", "key", "table", "test", "text",
]  # fmt: skip
"""What a symbol or a chunk is. `section` is a heading of prose or HTML, `rule` one of CSS, `key` one of JSON, YAML or
TOML, `table` one of SQL, `text` anything without a name."""


class Symbol(NamedTuple):
    """One definition. `container` holds the names around it, outermost first, joined by dots ("" at top level)."""

    name: str
    container: str
    kind: Kind
    start_line: int
    end_line: int
    name_line: int
    name_column: int  # in characters (code points) of that line, from 0
    signature: str  # the declaration without its body, on one line, at most 300 characters
    doc: str  # docstring or the comment right above, without its marks; at most 2,000 characters

    @property
    def qualified(self) -> str:
        return f"{self.container}.{self.name}" if self.container else self.name


class Reference(NamedTuple):
    """A use of a name that is not its definition: a call, a type, a base class, an instantiation."""

    name: str
    line: int
    column: int  # in characters, from 0


class Import(NamedTuple):
    """`module` as the source writes it ("os.path", "./util", "fmt"), without quotes. `names` are those that it takes
    from it, where they tell which file is meant: "a, b" or "*", Rust's as a tree ("{b, c::d}"); a module that is
    declared has "mod", "pub" or the like where it is open to others, and the path that an attribute gives it."""

    module: str
    line: int
    names: str = ""


class Chunk(NamedTuple):
    """A run of whole lines that search returns. Chunks of a file do not overlap, are in order and cover every line
    that is not blank. `symbol` is the qualified name of the definition it belongs to ("" for text)."""

    start_line: int
    end_line: int
    kind: Kind
    symbol: str
    text: str


@dataclass(frozen=True, slots=True)
class ParsedFile:
    language: str
    chunks: tuple[Chunk, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    problems: tuple[str, ...] = ()  # sentences for people; a file with problems is still searchable as text
