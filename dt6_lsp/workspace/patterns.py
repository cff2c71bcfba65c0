"""The pattern language of .gitignore, compiled so that one file name costs a few dictionary look-ups.

Follows git's own matcher (wildmatch.c and dir.c): one entry is judged at a time, on the way down, and a pattern has to
match the entry itself. pathspec judges whole file paths instead, and differs from git for patterns below an excluded
folder, `[[:alpha:]]`, escapes in brackets, `[b-a]`, tabs at the end and a lone backslash (measured with 1.1.1), which
is why it is not used. Not here: which ignore files there are and which of them wins (`rules`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GLOB = re.compile(r"[*?\[\\]")
_SUFFIX = re.compile(r"\*(\.[^.*?\[\\/]+)")
_STAR = "[^/]*"
_ANY_FOLDERS = "(?:[^/]*/)*?"
_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": " \\t-\\r",
    "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ignore file. `body` is the pattern without `!` and without the slash at either end."""

    text: str
    source: str
    body: str
    negated: bool
    folders_only: bool
    by_name: bool  # no slash inside: holds for that name at any depth

    @property
    def label(self) -> str:
        return f"`{self.text}` in {self.source}"

    @property
    def reaches_anywhere(self) -> bool:
        return self.by_name or self.body.startswith("**/")


def parse_rule(line: str, source: str) -> Rule | None:
    """The rule on one line; None for a comment, a blank line or what can never match."""
    text = _strip_end(line)
    body = text[1:] if text.startswith("!") else text
    folders_only = body.endswith("/")
    body = body[:-1] if folders_only else body
    by_name = "/" not in body
    body = body.removeprefix("/")
    if text.startswith("#") or not body or "\0" in body:
        return None
    return Rule(text, source, body, text.startswith("!"), folders_only, by_name)


def parse_rules(text: str, source: str) -> list[Rule]:
    """The rules of an ignore file, in order, each knowing its line."""
    lines = enumerate(text.removeprefix("\ufeff").split("\n"), start=1)
    parsed = (parse_rule(line.removesuffix("\r"), f"{source} line {number}") for number, line in lines)
    return [rule for rule in parsed if rule is not None]


def _strip_end(line: str) -> str:
    """Without the spaces at the end, but for one that a backslash protects. Tabs stay, as in git."""
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 and len(stripped) < len(line) else stripped


def translate(glob: str) -> str | None:
    """A regular expression, for fullmatch with DOTALL, of a glob; None when git would never match it.

    Every star but the last of a name is atomic (the first fit is as good as any, as in `fnmatch.translate`), so that
    `*a*a*a*a*b` takes no exponential time; the same for `**/`.
    """
    groups: list[list[str]] = [[]]
    at = 0
    while at < len(glob):
        if glob[at] == "*":
            piece, at = _stars(glob, at)
        elif glob[at] == "[":
            piece, at = _bracket(glob, at + 1)
        elif glob[at] == "\\":
            piece, at = re.escape(glob[at + 1 : at + 2]), at + 2
        else:
            piece, at = ("[^/]" if glob[at] == "?" else re.escape(glob[at])), at + 1
        if not piece:
            return None
        if piece == _ANY_FOLDERS:
            groups.append([])
        else:
            groups[-1].append(piece)
    first, *deeper = ["".join(_without_backtracking(group)) for group in groups]
    inner = [f"(?>{_ANY_FOLDERS}{group})" for group in deeper[:-1]]
    return "".join([first, *inner, *(_ANY_FOLDERS + group for group in deeper[-1:])])


def _stars(glob: str, at: int) -> tuple[str, int]:
    """`**` between slashes stands for any folders; every other run of stars stays within one name."""
    end = at
    while end < len(glob) and glob[end] == "*":
        end += 1
    whole = end - at > 1 and (at == 0 or glob[at - 1] == "/")
    if whole and end == len(glob):
        return ".*", end
    if whole and glob[end] == "/":
        return _ANY_FOLDERS, end + 1
    return _STAR, end


def _without_backtracking(pieces: list[str]) -> Iterator[str]:
    stars = [at for at, piece in enumerate(pieces) if piece == _STAR]
    yield from pieces[: stars[0]] if stars else pieces
    for star, following in pairwise([*stars, len(pieces)]):
        fixed = pieces[star + 1 : following]
        last = following == len(pieces) or "/" in fixed
        yield _STAR + "".join(fixed) if last else f"(?>{_STAR}?{''.join(fixed)})"


def _bracket(glob: str, at: int) -> tuple[str, int]:
    """A character set that starts behind its `[`; ("", at) when it has no end or a class that does not exist."""
    negated = glob[at : at + 1] in ("!", "^")
    start = at = at + negated
    items: list[str] = []
    while at < len(glob) and (glob[at] != "]" or at == start):
        item, at = _bracket_item(glob, at)
        if item is None:
            return "", at
        items.append(item)
    if at >= len(glob):
        return "", at
    inner = "".join(items)
    if negated:
        return f"[^/{inner}]", at + 1
    return (f"(?!/)[{inner}]" if inner else "[^\\s\\S]"), at + 1


def _bracket_item(glob: str, at: int) -> tuple[str | None, int]:
    """One character, range or class of a set. A range that runs backwards holds its first character, as in git."""
    if glob.startswith("[:", at):
        end = glob.find("]", at + 2)
        if end < 0:
            return None, at
        if glob[end - 1] == ":" and end - 1 >= at + 2:
            return _CLASSES.get(glob[at + 2 : end - 1]), end + 1
    low, at = _bracket_char(glob, at)
    if glob[at : at + 1] == "-" and glob[at + 1 : at + 2] not in ("]", ""):
        high, at = _bracket_char(glob, at + 1)
        if not low or not high:
            return None, at
        return (f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low)), at
    return (re.escape(low) if low else None), at


def _bracket_char(glob: str, at: int) -> tuple[str, int]:
    at += glob[at] == "\\"
    return glob[at : at + 1], at + 1


_MOST_GLOBS = 2_000


@dataclass(slots=True)
class RuleSet:
    """The rules of one ignore file, valid below `base` ("" or a path that ends with a slash). The last match wins.

    Plain names, paths and `*.ext` are looked up, so there may be any number of them. Other patterns are tried on every
    entry: past 2,000 different ones in a file, which no one writes by hand, the rest is left out.
    """

    rules: tuple[Rule, ...]
    base: str = ""
    fold_case: bool = False
    _names: dict[str, list[int]] = field(default_factory=dict)
    _suffixes: dict[str, list[int]] = field(default_factory=dict)
    _paths: dict[str, list[int]] = field(default_factory=dict)
    _globs: dict[str, list[int]] = field(default_factory=dict)
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict)
    _any_glob: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        for index, rule in enumerate(self.rules):
            body = rule.body.lower() if self.fold_case else rule.body
            suffix = _SUFFIX.fullmatch(body) if rule.by_name else None
            if suffix:
                self._suffixes.setdefault(suffix[1], []).append(index)
            elif not _GLOB.search(body):
                (self._names if rule.by_name else self._paths).setdefault(body, []).append(index)
            elif expression := translate(body):
                expression = f"(?>.*/)?{expression}" if rule.by_name else expression
                if expression in self._globs or len(self._globs) < _MOST_GLOBS:
                    self._globs.setdefault(expression, []).append(index)
        if self._globs:
            self._any_glob = re.compile("(?:" + "|".join(self._globs) + r")\Z", re.DOTALL)

    def find(self, path: str, name: str, is_folder: bool) -> Rule | None:
        """The rule that decides about an entry, or None. `path` starts with `base` and ends with `name`."""
        if self.fold_case:
            path, name = path.lower(), name.lower()
        local = path[len(self.base) :]
        best = -1
        for index in self._candidates(local, name):
            if index > best and (is_folder or not self.rules[index].folders_only):
                best = index
        return self.rules[best] if best >= 0 else None

    def _candidates(self, local: str, name: str) -> Iterator[int]:
        yield from self._names.get(name, ())
        dot = name.rfind(".")
        if dot >= 0:
            yield from self._suffixes.get(name[dot:], ())
        yield from self._paths.get(local, ())
        if self._any_glob is not None and self._any_glob.match(local):
            for expression, indices in self._globs.items():
                if self._compiled(expression).fullmatch(local):
                    yield from indices

    def _compiled(self, expression: str) -> re.Pattern[str]:
        """Compiled when first needed: most globs of most ignore files match nothing."""
        found = self._patterns.get(expression)
        if found is None:
            found = self._patterns[expression] = re.compile(expression, re.DOTALL)
        return found

    def keeping(self, rules: Iterable[Rule]) -> RuleSet:
        return RuleSet(tuple(rules), self.base, self.fold_case)

    def may_bring_back(self, folder: str, by_name: bool) -> bool:
        """Whether a `!` rule can match below an ignored folder. One that only gives a name counts if `by_name`."""
        local = folder[len(self.base) :].split("/")
        return any(
            by_name if rule.reaches_anywhere else _leads_into(rule.body.split("/"), local, self.fold_case)
            for rule in self.rules
            if rule.negated
        )


def _leads_into(pattern: list[str], folder: list[str], fold_case: bool) -> bool:
    for part, name in zip(pattern, folder, strict=False):
        if part == "**":
            return True
        expression = translate(part)
        if expression is None or not re.fullmatch(expression, name, re.DOTALL | (re.IGNORECASE if fold_case else 0)):
            return False
    return len(folder) < len(pattern)
