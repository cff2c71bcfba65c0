"""What a path says of its file: the words of its name and folders, and the part it plays (test, example, prose ...).

Not here: what that is worth to a search (`ranking`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dt6_lsp.index.terms import Terms

ROLES: Mapping[str, re.Pattern[str]] = {
    "test": re.compile(
        r"(^|/)(tests?|specs?|__tests__|testing|testdata|test_data|fixtures?|e2e|mocks?|__mocks__)/"
        r"|(^|/)(test_[^/]*|[^/]*[_.-](test|tests|spec)|conftest|[^/]*Tests?)\.[^/.]+$"
    ),
    "example": re.compile(
        r"(^|/)(examples?|samples?|demos?|benchmarks?|bench|docs?_src|tutorials?|playground|sandbox)/"
    ),
    "prose": re.compile(r"(^|/)(docs?|man|website|www)/|\.(md|mdx|rst|txt|adoc|[1-9])$"),
    "derived": re.compile(
        r"(^|/)(generated|gen|vendor|third_party|compat|legacy|deprecated|_vendor|snapshots?)/"
        r"|\.(generated|g|pb|designer)\.|\.(bundle|cjs|esm|iife|umd)\.js$|(^|/)(dist|static)/.*\.[cm]?js$"
    ),
    "declares": re.compile(r"\.(h|hh|hpp|hxx|pyi|d\.[mc]?ts)$"),
    "data": re.compile(
        r"\.(json|ya?ml|toml|lock|cfg|ini|xml|gradle|css|html|csv|sql|svg)$|(^|/)\.[^/]+"
    ),
}  # fmt: skip
"""Parts that a file can play besides that of source code."""


@dataclass(frozen=True, slots=True)
class PathFacts:
    """`stem` and `folders` are sets of stemmed terms; `roles` are keys of ROLES."""

    stem: frozenset[str]
    folders: frozenset[str]
    roles: frozenset[str]

    @classmethod
    def of(cls, path: str, terms: Terms) -> PathFacts:
        pure = PurePosixPath(path)
        return cls(
            stem=frozenset(terms.of(pure.stem)),
            folders=frozenset(terms.of(" ".join(pure.parts[:-1]))),
            roles=frozenset(role for role, pattern in ROLES.items() if pattern.search(path)),
        )
