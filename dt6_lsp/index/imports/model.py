"""What resolving imports needs of a workspace: its files with what they import, and the texts that configure it.

The same whether it comes from the ledger (`facts`) or from files that were just parsed (`source_file`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dt6_lsp.syntax.model import Import

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from dt6_lsp.syntax.model import ParsedFile


OWN_PACKAGE = "package"
"""The `names` of what a file uses of its own package, which it needs no import for."""


class Region(NamedTuple):
    """Lines of a file that are a module of their own (Rust's `mod name { ... }`)."""

    name: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`uses` are type names that a file uses, with the first line of each, where its language needs no import for its
    own package (Java)."""

    path: str
    language: str
    imports: tuple[Import, ...] = ()
    regions: tuple[Region, ...] = ()
    uses: Mapping[str, int] = field(default_factory=dict)

    def items(self) -> Iterator[Import]:
        """Everything that may mean another file, in the order of the file."""
        yield from self.imports
        yield from (Import(name, line, OWN_PACKAGE) for name, line in self.uses.items())


@dataclass(frozen=True, slots=True)
class Sources:
    """`configs` are texts by path: go.mod, tsconfig.json, package.json, Cargo.toml, pyproject.toml and the like."""

    files: tuple[SourceFile, ...] = ()
    configs: Mapping[str, str] = field(default_factory=dict)

    def replacing(self, hidden: Collection[str], more: Iterable[Sources]) -> Sources:
        """With the files of `more` in place of the `hidden` ones."""
        parts = tuple(more)
        files = [file for file in self.files if file.path not in hidden]
        configs = {path: text for path, text in self.configs.items() if path not in hidden}
        for part in parts:
            files += part.files
            configs.update(part.configs)
        return Sources(tuple(sorted(files, key=lambda file: file.path)), configs)


class Resolver(Protocol):
    """Of one language, over all of a workspace's files."""

    def targets(self, source: SourceFile, item: Import) -> Sequence[str] | None:
        """The files that the import means; none where it means something of the workspace that no file stands for.
        None where it is of something else."""
        ...


def source_file(path: str, parsed: ParsedFile) -> SourceFile:
    """The same as the ledger has of a file."""
    uses: dict[str, int] = {}
    if parsed.language == "java":
        for name, line, _ in parsed.references:
            uses.setdefault(name, line)
    regions = tuple(
        Region(symbol.name, symbol.start_line, symbol.end_line)
        for symbol in parsed.symbols
        if symbol.kind == "namespace" and parsed.language == "rust"
    )
    return SourceFile(path, parsed.language, parsed.imports, regions, uses)
