"""Which files of a workspace are indexed, decided by name and place: one judgement for the walk and for `IgnoreRules`.

Who wins, from strongest to weakest: version control, ignore files and secrets (never indexed); the settings
workspace.include, then workspace.exclude; `.dt6ignore`, deeper ones first; the built-in deny list; `.gitignore`, deeper
ones first, and `.git/info/exclude`. Within a file the last match wins.

A `!` in .dt6ignore (or workspace.include) brings back what weaker rules removed:
- `!vendor/` brings the folder in. Inside it hold its own ignore files, the deny list, and outer .gitignore rules that
  go by a name (`*.log`); outer rules that named the folder or a path do not.
- `!vendor/**` brings in everything below, whatever names it; `!vendor/keep/` only that, though vendor is ignored.
- `!*.py`, which names no folder, looks into folders that .gitignore removed, not into denied ones (node_modules).

Rules hold below the root only: a root called `build`, or one that an outer .gitignore ignores, is walked; in the
second case nothing outside it counts. Git's global excludes file is not read. Not here: reading files.
"""

from __future__ import annotations

import enum
import re
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dt6_lsp.workspace import defaults, reasons
from dt6_lsp.workspace.patterns import Rule, RuleSet

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

_JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT
_BAD_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Kind(enum.Enum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special file"


class Level(enum.IntEnum):
    """How strong a removal is: what may bring things below it back."""

    DENIED = 0
    GIT = 1
    OWN = 2
    SETTING = 3
    FINAL = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is "" for what is kept. `wanted`: a `!` rule of DT6 named exactly this."""

    reason: str = ""
    rule: Rule | None = None
    level: Level = Level.DENIED
    wanted: bool = False

    @property
    def label(self) -> str:
        if self.rule is not None:
            return self.rule.label
        limit = self.reason == reasons.TOO_LARGE
        return "the setting workspace.max_file_bytes" if limit else f'the built-in rule "{self.reason}"'

    @property
    def mend(self) -> str:
        """What to do when this removed all that there is."""
        if self.level is Level.SETTING:
            return "Change workspace.exclude, or name what to keep in workspace.include."
        if self.rule is not None:
            return "Change that rule, or bring files back with `!pattern` in a .dt6ignore file."
        return reasons.MENDS.get(
            self.reason, "What is source can be brought back with `!pattern` in a .dt6ignore file."
        )


_KEPT = Verdict()
_WANTED = Verdict(wanted=True)


@dataclass(frozen=True, slots=True)
class Folder:
    """What is known when the entries of one folder are judged. `path` is relative to where the outermost rules start,
    "" or ending with a slash. `own[0]` are the settings. `ban` is set in a folder that is searched only for what a `!`
    rule brings back."""

    path: str = ""
    git: tuple[RuleSet, ...] = ()
    own: tuple[RuleSet, ...] = (RuleSet(()),)
    ban: Verdict | None = None
    marks: frozenset[str] = frozenset()
    at_top: bool = False  # the root, or a repository within it
    suspect: bool = False  # by name and place it holds build output
    trusted: bool = False  # someone asked for exactly this folder

    def judge(self, name: str, kind: Kind) -> Verdict:
        """Whether an entry is kept, without looking at it."""
        lowered = name.lower()
        is_folder = kind is Kind.FOLDER
        if final := _final(self.path, name, kind):
            return Verdict(final, None, Level.FINAL)
        path = self.path + name
        if own := self._own_verdict(path, name, is_folder):
            return own
        if self.ban:
            return self.ban
        if denied := defaults.denied_folder(lowered) if is_folder else defaults.denied_file(lowered):
            return Verdict(denied)
        rule = find(self.git, path, name, is_folder)
        return Verdict(reasons.IGNORED, rule, Level.GIT) if rule and not rule.negated else _KEPT

    def _own_verdict(self, path: str, name: str, is_folder: bool) -> Verdict | None:
        for index, rules in enumerate(self.own):
            rule = rules.find(path, name, is_folder)
            if rule is not None:
                level = Level.OWN if index else Level.SETTING
                return _WANTED if rule.negated else Verdict(reasons.EXCLUDED, rule, level)
        return None

    def below(self, name: str, verdict: Verdict) -> Folder:
        """The folder `name` before anything in it is known; `verdict` is what `judge` said about it."""
        path = self.path + name
        if verdict.reason:
            own = self.own[:1] if verdict.level is Level.SETTING else self.own
            denied = verdict is self.ban and defaults.denied_folder(name.lower()) is not None
            return Folder(path + "/", self.git, own, _hardened(verdict) if denied else verdict)
        if verdict.wanted:
            git = tuple(_freed(rules, path, name) for rules in self.git)
            return Folder(path + "/", git, self.own, trusted=True)
        suspect = defaults.may_be_output(name.lower(), self.marks, self.at_top) and not self._kept_by_git(path, name)
        return Folder(path + "/", self.git, self.own, suspect=suspect)

    def opened(self, marks: frozenset[str], git: tuple[RuleSet, ...], own: tuple[RuleSet, ...]) -> Folder:
        """The same folder with what its entries tell: their marks, and the ignore files that hold in it."""
        denied = None if self.trusted else defaults.denied_by_content(marks, self.suspect)
        ban = self.ban
        if denied:
            ban = _hardened(self.ban) if self.ban else Verdict(denied)
        return replace(self, git=git, own=own, ban=ban, marks=marks, at_top=self.at_top or ".git" in marks)

    def worth_entering(self) -> bool:
        """False for an ignored folder that no `!` rule leads into."""
        if self.ban is None:
            return True
        if self.ban.level is Level.FINAL:
            return False
        by_name = self.ban.level is Level.GIT
        return any(rules.may_bring_back(self.path[:-1], by_name) for rules in self.own)

    def _kept_by_git(self, path: str, name: str) -> bool:
        """Whether a .gitignore says `!name/`: the author's word that it is source."""
        rule = find(self.git, path, name, True)
        return rule is not None and rule.negated


def _final(folder: str, name: str, kind: Kind) -> str | None:
    if not name.isprintable() and _BAD_NAME.search(name):
        return reasons.UNREADABLE_NAME
    if never := defaults.never(name.lower(), kind is Kind.FOLDER, folder.lower()[:-1].rpartition("/")[2]):
        return never
    if kind is Kind.LINK:
        return reasons.LINK
    return reasons.SPECIAL if kind is Kind.SPECIAL else None


def _hardened(verdict: Verdict) -> Verdict:
    """The ban of a denied folder within an ignored one: no `!` rule looks into it by a mere name."""
    return replace(verdict, level=Level.DENIED) if verdict.level is Level.GIT else verdict


def find(sets: Sequence[RuleSet], path: str, name: str, is_folder: bool) -> Rule | None:
    """The first answer of several ignore files, strongest first."""
    for rules in sets:
        rule = rules.find(path, name, is_folder)
        if rule is not None:
            return rule
    return None


def _freed(rules: RuleSet, path: str, name: str) -> RuleSet:
    """The rules that still hold inside a folder that was brought back: those by name that do not name the folder."""
    return rules.keeping(
        rule for rule in rules.rules if rule.by_name and rules.keeping([rule]).find(path, name, True) is None
    )


def kind_of(status: os.stat_result) -> Kind:
    """What an entry is, from its `lstat`. A Windows junction is a link."""
    reparse = getattr(status, "st_reparse_tag", 0)
    if stat.S_ISLNK(status.st_mode) or reparse == _JUNCTION:
        return Kind.LINK
    if stat.S_ISDIR(status.st_mode):
        return Kind.FOLDER
    return Kind.FILE if stat.S_ISREG(status.st_mode) else Kind.SPECIAL


def size_reason(size: int, limit: int) -> str:
    """ "" when a file of that size is indexed."""
    if size == 0:
        return reasons.EMPTY
    return reasons.TOO_LARGE if size > limit else ""
