"""What a path says of its file: the words of its name and folders, the part it plays (test, example, prose ...), and
the version that a folder keeps beside others.

Not here: what that is worth to a search (`ranking`).
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.index.terms import Terms

_SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "win32": ("win32", "win64", "windows", "mingw", "msvc", "cygwin", "uwp"),
    "darwin": ("darwin", "macos", "osx"),
    "linux": ("linux",),
    "freebsd": ("freebsd",),
    "openbsd": ("openbsd",),
    "netbsd": ("netbsd",),
    "sunos": ("sunos", "solaris"),
    "aix": ("aix", "ibmi"),
    "zos": ("os390", "zos"),
    "haiku": ("haiku",),
}
"""How paths name operating systems, by the beginning of what `sys.platform` calls them."""


def of_other_systems(platform: str) -> re.Pattern[str]:
    """What paths are of code for operating systems other than `platform`: their names as a whole word of a path."""
    names = "|".join(name for own, names in _SYSTEMS.items() if not platform.startswith(own) for name in names)
    folders = r"(^|/)unix/" if platform == "win32" else r"(^|/)win/"
    return re.compile(rf"(^|[/_.-])({names})([/_.-]|$)|{folders}", re.IGNORECASE)


ROLES: Mapping[str, re.Pattern[str]] = {
    # No runner finds shell scripts by the beginning of their name: test_functions.bash is a library.
    "test": re.compile(
        r"(^|/)(tests?|specs?|__tests__|testing|testdata|test_data|fixtures?|e2e|mocks?|__mocks__)/"
        r"|(^|/)(test_[^/]*(?<!\.sh)(?<!\.bash)|([^/]*[_.-](test|tests|spec)|conftest|[^/]*Tests?)\.[^/.]+)$"
    ),
    "example": re.compile(
        r"(^|/)(examples?|samples?|demos?|benchmarks?|bench|docs?_src|tutorials?|playground|sandbox)/"
    ),
    "prose": re.compile(r"(^|/)(docs?|man|website|www)/|\.(md|mdx|rst|txt|adoc|[1-9])$"),
    "aside": re.compile(  # not where the project's own code of today is
        r"(^|/)(generated|gen|vendor|third_party|compat|legacy|deprecated|_vendor|snapshots?)/"
        r"|\.(generated|g|pb|designer)\.|\.(bundle|cjs|esm|iife|umd)\.js$|(^|/)(dist|static)/.*\.[cm]?js$"
    ),
    "declares": re.compile(r"\.(h|hh|hpp|hxx|pyi|d\.[mc]?ts)$"),
    "data": re.compile(
        r"\.(json|ya?ml|toml|lock|cfg|ini|xml|gradle|css|html|csv|sql|svg)$|(^|/)\.[^/]+"
    ),
    "foreign": of_other_systems(sys.platform),
}  # fmt: skip
"""Parts that a file can play besides that of source code."""

_VERSION = re.compile(r"(?:^|.*/)v(?=\d+/)")
_NO_LETTER = re.compile(r"[\W_]+")


def squeezed(name: str) -> str:
    """A name as it compares with others that are written in another way: UserService and user_service are alike."""
    return _NO_LETTER.sub("", name).lower()


@dataclass(frozen=True, slots=True)
class PathFacts:
    """`name` is the squeezed stem; `stem` and `folders` are sets of stemmed terms; `roles` are keys of ROLES. `version`
    is ("src/", 2) of src/v2/parser.py: its files are those of the second version of what is in src."""

    name: str
    stem: frozenset[str]
    folders: frozenset[str]
    roles: frozenset[str]
    version: tuple[str, int] | None

    @classmethod
    def of(cls, path: str, terms: Terms) -> PathFacts:
        pure = PurePosixPath(path)
        versioned = _VERSION.match(path)
        return cls(
            name=squeezed(pure.stem),
            stem=frozenset(terms.of(pure.stem)),
            folders=frozenset(terms.of(" ".join(pure.parts[:-1]))),
            roles=frozenset(role for role, pattern in ROLES.items() if pattern.search(path)),
            version=(versioned.group()[:-1], int(path[versioned.end() :].partition("/")[0])) if versioned else None,
        )
