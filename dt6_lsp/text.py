"""Small questions about text and paths that more than one layer asks. Pure; the bottom of the house.

Not here: anything that needs a parser, a file or a setting.
"""

from __future__ import annotations

import itertools
import re
from hashlib import blake2b
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

_WORDS = re.compile(r"[^\W\d_]+|\d+")
_CASES = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LINE = re.compile(r"\r\n|\n|\r")
_DRIVE = re.compile(r"[A-Za-z]:(?![^\\/])|[\\/]{2}[^\\/]")


def split_identifier(name: str) -> list[str]:
    """The words of an identifier in lower case: "parseHTTPRequest2" -> ["parse", "http", "request", "2"]."""
    pieces = (piece for word in _WORDS.findall(name) for piece in _split_cases(word))
    return [piece.lower() for piece in pieces]


def _split_cases(word: str) -> list[str]:
    if word.isascii():
        return _CASES.split(word)
    pieces: list[str] = []
    for at, letter in enumerate(word):
        before, after = word[at - 1 : at], word[at + 1 : at + 2]
        starts = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        if starts or not pieces:
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


def lines_of(text: str, *, keep_ends: bool = False) -> list[str]:
    r"""The lines of a text, split at \n, \r\n and \r only (str.splitlines also splits at form feeds and the like, which
    editors and parsers do not). As with splitlines, a line end at the end of the text opens no further line."""
    if not text:
        return []
    if keep_ends:
        ends = [match.end() for match in _LINE.finditer(text)]
        cuts = [0, *ends] if ends and ends[-1] == len(text) else [0, *ends, len(text)]
        return [text[start:end] for start, end in itertools.pairwise(cuts)]
    lines = text.split("\n") if "\r" not in text else _LINE.split(text)
    return lines if lines[-1] else lines[:-1]


def shorten(text: str, most: int) -> str:
    """On one line, with runs of white space as one space; beyond `most` characters, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: max(most - 1, 0)].rstrip() + "…"[:most]


def stable_hash(text: str) -> str:
    """BLAKE2b of the text's UTF-8, 128 bits, hex. The same on every machine and in every run."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def relative_posix(root: str | Path, path: str | Path) -> str | None:
    """`path` relative to `root` with `/`; "" for the root itself, None when it lies outside. By name only: nothing is
    looked up on disk. Paths with a drive or share compare as Windows does, without case."""
    base, target = _pure(str(root)), _pure(str(path))
    if type(base) is not type(target):
        return None
    if ".." in target.parts or ".." in base.parts or not target.is_relative_to(base):
        return None
    relative = target.relative_to(base).as_posix()
    return "" if relative == "." else relative


def _pure(path: str) -> PurePath:
    return PureWindowsPath(path) if _DRIVE.match(path) else PurePosixPath(path)


def path_key(path: str, *, fold_case: bool) -> str:
    """What two spellings of one path have in common; `fold_case` on systems whose files have no case."""
    key = path.replace("\\", "/") if fold_case else path
    return key.casefold() if fold_case else key
