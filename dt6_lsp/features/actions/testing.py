"""Where tests of a file belong: where this workspace has its tests, else where its language has them by custom.

Not here: what the tests say.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dt6_lsp.syntax.languages import language_of
from dt6_lsp.text import shared_folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dt6_lsp.features.roots import Roots

MOST_TRIED = 100
_FOLDER = re.compile(r"(?:^|/)(?:tests?|specs?|__tests__)(?:/|$)", re.IGNORECASE)
_STEM = re.compile(
    r"(?P<before>test_)(?P<of>.+)|(?P<of_other>.+?)(?P<after>_test|_spec|\.test|\.spec|-test|-spec|Tests?|Spec)"
)
_FAMILIES = {"tsx": "typescript", "javascript": "typescript"}


@dataclass(frozen=True, slots=True)
class Custom:
    """How tests are named and where they lie where a workspace has none: `before` and `after` go around the stem of the
    file; `folder` is at the top of the workspace, "" beside the file. `mirrored`: the part of a path that gives way to
    another, with all folders below it kept."""

    before: str = ""
    after: str = ""
    folder: str = ""
    mirrored: tuple[str, str] = ("", "")


_CUSTOMS: Mapping[str, Custom] = {
    "python": Custom(before="test_", folder="tests"),
    "javascript": Custom(after=".test"),
    "typescript": Custom(after=".test"),
    "tsx": Custom(after=".test"),
    "go": Custom(after="_test"),
    "rust": Custom(before="", after="_test", folder="tests"),
    "java": Custom(after="Test", mirrored=("src/main/", "src/test/")),
    "kotlin": Custom(after="Test", mirrored=("src/main/", "src/test/")),
    "scala": Custom(after="Test", mirrored=("src/main/", "src/test/")),
    "csharp": Custom(after="Tests", folder="tests"),
    "c": Custom(before="test_", folder="tests"),
    "cpp": Custom(after="_test", folder="tests"),
    "ruby": Custom(after="_spec", folder="spec"),
    "php": Custom(after="Test", folder="tests"),
    "swift": Custom(after="Tests", folder="Tests"),
    "elixir": Custom(after="_test", mirrored=("lib/", "test/")),
    "lua": Custom(after="_spec", folder="spec"),
    "bash": Custom(before="test_", folder="tests"),
}
_BESIDE_ALWAYS = frozenset({"go"})  # what is tested must be of the same package


def tests_of(language: str) -> bool:
    """Whether DT6 knows how a language has its tests."""
    return language in _CUSTOMS


def is_test(path: str) -> bool:
    return _FOLDER.search(path) is not None or _STEM.fullmatch(PurePosixPath(path).stem) is not None


def examples(path: str, files: Iterable[str], most: int = 2) -> list[str]:
    """Tests of the workspace in the file's language, those nearest to it first."""
    family = _family(path)
    tests = [other for other in files if _names_test(other) and _family(other) == family]
    return sorted(tests, key=lambda other: (-shared_folders(other, path), other))[:most]


def new_test(path: str, files: Sequence[str], places: Roots) -> str:
    """As `home_of_tests`, with the tests of its own root, and no file that is on disk, whether it is indexed or not."""
    root, inside = places.split(path)
    whole = [(other, places.split(other)) for other in files]
    own = [name for _, (folder, name) in whole if folder == root]
    for _ in range(MOST_TRIED):
        found = home_of_tests(inside, own)
        if not places.locate(places.named(root, found)).exists():
            break
        own.append(found)
    return places.named(root, found)


def home_of_tests(path: str, files: Sequence[str]) -> str:
    """A file that the workspace does not have, for tests of this one. It has the file's extension."""
    custom = _CUSTOMS[language_of(path)]
    source, tests = PurePosixPath(path), examples(path, files, MOST_TRIED)
    folder = _folder(source, tests, custom)
    before, after = _marks(tests) or (custom.before, custom.after)
    known = set(files)
    for number in range(1, MOST_TRIED):
        more = f"_{number}" if number > 1 else ""
        name = str(folder / f"{before}{source.stem}{more}{after}{_extension(source, tests)}")
        if name not in known:
            return name
    return str(folder / f"{before}{source.stem}_more{after}{_extension(source, tests)}")


def _folder(source: PurePosixPath, tests: Sequence[str], custom: Custom) -> PurePosixPath:
    beside = source.parent
    if language_of(str(source)) in _BESIDE_ALWAYS:
        return beside
    if tests:
        nearest = shared_folders(tests[0], str(source))
        parents = Counter(PurePosixPath(test).parent for test in tests if shared_folders(test, str(source)) == nearest)
        if beside in parents:
            return beside
        return parents.most_common(1)[0][0]
    main, test = custom.mirrored
    if main and (at := f"/{source}".find(f"/{main}")) >= 0:
        return PurePosixPath(str(source)[:at] + test + str(source)[at + len(main) :]).parent
    return PurePosixPath(custom.folder) if custom.folder else beside


def _marks(tests: Sequence[str]) -> tuple[str, str] | None:
    """What most of the tests have around the name of what they test."""
    found = (_STEM.fullmatch(PurePosixPath(test).stem) for test in tests)
    marks = Counter((match["before"] or "", match["after"] or "") for match in found if match is not None)
    return marks.most_common(1)[0][0] if marks else None


def _extension(source: PurePosixPath, tests: Sequence[str]) -> str:
    """The file's own, but for bash, whose tests may be in bats, and for Elixir, whose are scripts."""
    if source.suffix == ".ex":
        return ".exs"
    if source.suffix in (".sh", ".bash", "") and tests:
        return PurePosixPath(tests[0]).suffix
    return source.suffix


def _names_test(path: str) -> bool:
    """By the name of the file: a folder of tests holds helpers and data, too."""
    return _STEM.fullmatch(PurePosixPath(path).stem) is not None


def _family(path: str) -> str:
    language = language_of(path)
    return _FAMILIES.get(language, language)
