"""Which language a file is in, and which grammar and query file read that language: one table.

Nothing here loads a grammar (see `grammars`), so asking for a language costs nothing. Not here: what counts as binary,
generated or too large to read, which is the workspace's to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Language:
    """One row. `extensions` and `names` are lower case; `module` is the wheel's package, `function` what yields the
    grammar in it; `query` names files in queries/, read as one; `constructors` are method names that build an instance;
    `clauses` says that one function may be written as several definitions in a row."""

    name: str
    module: str
    extensions: tuple[str, ...]
    names: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    function: str = "language"
    query: str = ""
    constructors: tuple[str, ...] = ()
    clauses: bool = False


def _row(
    name: str,
    extensions: str,
    *,
    module: str = "",
    names: str = "",
    shebangs: str = "",
    function: str = "language",
    query: str = "",
    constructors: str = "",
    clauses: bool = False,
) -> Language:
    return Language(
        name=name,
        module=f"tree_sitter_{module or name}",
        extensions=tuple(extensions.split()),
        names=tuple(names.split()),
        shebangs=tuple(shebangs.split()),
        function=function,
        query=query or name,
        constructors=tuple(constructors.split()),
        clauses=clauses,
    )


TABLE: tuple[Language, ...] = (
    _row("python", "py pyi pyw pyx",
         names="sconstruct sconscript wscript", shebangs="python pypy", constructors="__init__ __new__"),
    _row("javascript", "js mjs cjs jsx", names="jakefile", shebangs="node nodejs bun", constructors="constructor"),
    _row("typescript", "ts mts cts", function="language_typescript", shebangs="deno ts-node tsx",
         constructors="constructor"),
    _row("tsx", "tsx", module="typescript", function="language_tsx", query="typescript tsx",
         constructors="constructor"),
    _row("rust", "rs"),
    _row("go", "go"),
    _row("java", "java"),
    _row("c", "c h"),
    _row("cpp", "cpp cc cxx c++ hpp hh hxx h++ ipp inl tpp cu cuh ino"),
    _row("csharp", "cs csx", module="c_sharp"),
    _row("ruby", "rb rake gemspec ru rbi jbuilder podspec",
         names="gemfile rakefile guardfile capfile vagrantfile podfile fastfile brewfile", shebangs="ruby jruby",
         constructors="initialize"),
    _row("php", "php phtml php5 php7", shebangs="php", function="language_php", constructors="__construct"),
    _row("kotlin", "kt kts"),
    _row("swift", "swift", shebangs="swift"),
    _row("scala", "scala sc sbt", constructors="this"),
    _row("lua", "lua rockspec", shebangs="lua luajit", names=".luacheckrc"),
    _row("bash", "sh bash zsh ksh bats ebuild", shebangs="sh bash zsh ksh dash ash bats",
         names=".bashrc .bash_profile .bash_aliases .profile .zshrc .zshenv .zprofile .envrc pkgbuild"),
    _row("elixir", "ex exs", shebangs="elixir", clauses=True),
    _row("haskell", "hs", shebangs="runhaskell runghc stack", clauses=True),
    _row("zig", "zig zon"),
    _row("html", "html htm xhtml"),
    _row("css", "css"),
    _row("json", "json jsonc json5 geojson webmanifest ipynb code-workspace",
         names=".prettierrc .eslintrc .babelrc .swcrc composer.lock .jshintrc flake.lock"),
    _row("yaml", "yml yaml", names=".clang-format .clang-tidy .clangd citation.cff"),
    _row("toml", "toml", names="cargo.lock poetry.lock uv.lock pdm.lock pipfile"),
    _row("markdown", "md markdown mkd mdx mdc"),
    _row("sql", "sql ddl dml psql"),
)  # fmt: skip

TEXT = "text"


def _index(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    return MappingProxyType(dict(pairs))


BY_NAME: Mapping[str, Language] = MappingProxyType({row.name: row for row in TABLE})
_BY_EXTENSION = _index((extension, row.name) for row in TABLE for extension in row.extensions)
_BY_FILE_NAME = _index((name, row.name) for row in TABLE for name in row.names)
_BY_EDITOR_NAME = _index(
    pair
    for name, others in {
        "javascript": "javascriptreact javascript.jsx js", "tsx": "typescriptreact typescript.tsx",
        "bash": "shellscript sh zsh ksh", "csharp": "cs c_sharp", "cpp": "c++ cuda-cpp", "json": "jsonc json5",
        "yaml": "dockercompose yaml.docker-compose", "markdown": "mdx gfm", "html": "xhtml",
        "sql": "mysql plsql pgsql", "elixir": "eelixir", "haskell": "lhaskell",
    }.items()
    for pair in [(name, name), *((other, name) for other in others.split())]
)  # fmt: skip
_BY_SHEBANG = _index((name, row.name) for row in TABLE for name in row.shebangs)

# "#!/usr/bin/env -S python3.11 -u" and "#!/bin/bash -e": the program, past `env`, its options and its assignments.
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*)?(?:\S*/)?([A-Za-z][A-Za-z+-]*)")


def language_of(path: str, first_line: str = "") -> str:
    """The language's name; "text" when nothing in the name or the first line tells it."""
    name = PurePosixPath(path.replace("\\", "/")).name.lower()
    by_name = _BY_FILE_NAME.get(name)
    if by_name:
        return by_name
    stem, dot, extension = name.rpartition(".")
    if dot and stem:
        return _BY_EXTENSION.get(extension, TEXT)
    return _language_of_shebang(first_line)


def language_by_id(language_id: str) -> str:
    """What an editor calls a language (VS Code's identifiers, Vim's file types); "text" for one that has no grammar."""
    name = language_id.lower()
    return _BY_EDITOR_NAME.get(name, name if name in BY_NAME else TEXT)


def _language_of_shebang(first_line: str) -> str:
    found = _SHEBANG.match(first_line.removeprefix("\ufeff"))
    return _BY_SHEBANG.get(found[1].rstrip("-+"), TEXT) if found else TEXT
