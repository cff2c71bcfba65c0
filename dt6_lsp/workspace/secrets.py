"""Finds text that looks like a secret, and takes its value out: what is indexed may later be sent to a model.

A key of a known form, a private key block, or a value given to a name such as `password`: one that looks random or,
where the name ends there, one that a person may have chosen ("s3cretYaml99"). Placeholders, plain words (also where one
is a password: nothing tells it from a label) and references to variables stay. Not here: files that are secret by their
name (`defaults`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

REMOVED = "[secret removed]"
_LONGEST_LINE = 1_000
_LEAST_ENTROPY = 2.7
_LINE_END = re.compile(r"\r\n|\r|\n")

Guess = Literal["", "random", "chosen", "bare"]


@dataclass(frozen=True, slots=True)
class SecretForm:
    """One way a secret is written. One of `hints`, which begin with the same letter, must occur before `pattern` is
    tried. The group `value`, or else all
    of the match, is the secret; where it is a guess, only when it also looks `random` or `chosen` by a person. A value
    without quotes (`bare`) could also be a name of the code."""

    name: str
    hints: tuple[str, ...]
    expression: str
    guess: Guess = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first needed, which most never are; `re` remembers it."""
        return re.compile(self.expression)


def _form(name: str, hints: str, expression: str, *, guess: Guess = "") -> SecretForm:
    return SecretForm(name, tuple(hints.split()), expression, guess)


_NAMES = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|token|credential)"
)
_KEY_BLOCK = (
    r"-----BEGIN (?P<kind>(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?)-----"
    r"(?>(?:(?!-----)[\s\S]){0,300}?[A-Za-z0-9+/=]{40})(?>(?:(?!-----)[\s\S])*)(?:-----END (?P=kind)-----)?"
)
_ASSIGNED = r"(?::[ \t]?[\w.\[\]| ]{1,40}=|=>|:=|[:=])[ \t]*"
_LITERAL = (
    rf"(?i:{_NAMES})[\w-]{{0,20}}['\"]?\]?[ \t]*{_ASSIGNED}"
    r"[bru]{0,2}(?P<quote>['\"`])(?P<value>[^\s'\"`]{8,300})(?P=quote)"
)
_CONFIGURED = (
    rf"^[ \t]*(?:export |ENV |- )?[\w.-]{{0,40}}(?i:{_NAMES})[ \t]*[:=][ \t]*"
    r"(?P<value>[A-Za-z0-9+/_~!@#%^&*-]{16,200}={0,2})[ \t]*$"
)
_ENDING = (
    r"(?i:(?P<password>pass(?:word|wd|phrase|code)|pwd)|secret(?:[_-]?(?:access[_-]?)?key)?|token|credential"
    r"|(?:api|access|private|account)[_-]?key)"
)
_QUOTED = (
    rf"{_ENDING}['\"]?\]?[ \t]*(?:{_ASSIGNED}|[\"'][ \t]+value=)"
    r"[bru]{0,2}(?P<quote>['\"`])(?P<value>[^\s'\"`]{6,300})(?P=quote)"
)
_ELEMENT = rf"<[\w.:-]{{0,40}}{_ENDING}>(?P<value>[^\s<>]{{6,300}})</"
_BARE = (
    rf"^[ \t]*(?:export |ENV |set |- )?[\w.-]{{0,40}}{_ENDING}(?::[ \t]+|[ \t]*=[ \t]*)"
    r"(?P<value>[^\s'\"`()\[\]{};,<>]{6,200})[ \t]*(?:#.*)?$"
)
_OPTION = rf"(?<!\S)--[\w-]{{0,40}}{_ENDING}=(?P<value>[^\s'\"`()\[\]{{}};,<>]{{6,200}})"
_AWS = (
    r"(?i:aws|secret)\w{0,20}(?i:key)\w{0,10}['\"]?\]?[ \t]*(?:=>|[:=])[ \t]*['\"]?"
    r"(?P<value>(?=\D{0,39}\d)[A-Za-z0-9/+]{40})(?![\w/+=])"
)

FORMS = (
    _form("private key", "-----BEGIN", _KEY_BLOCK),
    _form("AWS access key", "AKIA ASIA ABIA ACCA", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    _form("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    _form("GitHub fine-grained token", "github_pat_", r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    _form("GitLab token", "glpat- gldt- glrt- glptt- glcbt- glft-", r"\bgl(?:pat|dt|rt|ptt|cbt|ft)-[A-Za-z0-9_-]{20,}"),
    _form("Slack token", "xox", r"\bxox[abeoprs]-(?:[0-9]+-)+[A-Za-z0-9-]{10,}"),
    _form("Slack app token", "xapp-", r"\bxapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-f0-9]{32,}"),
    _form("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/(?P<value>[\w/+-]{30,})"),
    _form("OpenAI key", "sk-", r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}"),
    _form("OpenAI-style key", "sk-", r"\bsk-(?=[A-Za-z]*[0-9])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{32,}\b"),
    _form("Anthropic key", "sk-ant-", r"\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{32,}"),
    _form("Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{34}\b"),
    _form("Google API key", "AIza", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    _form("Google OAuth secret", "GOCSPX-", r"\bGOCSPX-[A-Za-z0-9_-]{28}\b"),
    _form("Stripe key", "k_live_", r"\b[sr]k_live_[A-Za-z0-9]{20,}\b"),
    _form("SendGrid key", "SG.", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    _form("npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    _form("PyPI token", "pypi-AgE", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    _form("DigitalOcean token", "_v1_", r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    _form("JSON web token", ".eyJ", r"\beyJ[\w-]{10,500}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}"),
    _form("password in an address", "://", r"://[^\s:/@'\"]{1,80}:(?P<value>[^\s:/@'\"]{6,100})@", guess="random"),
)
NAMED_FORMS = (
    _form("literal of a secret name", "", _LITERAL, guess="random"),
    _form("value of a secret name in a configuration", "", _CONFIGURED, guess="random"),
    _form("AWS secret key", "", _AWS),
    _form("literal of a name that ends as a secret's", "", _QUOTED, guess="chosen"),
    _form("element of a secret name", "", _ELEMENT, guess="chosen"),
    _form("option of a secret name", "", _OPTION, guess="bare"),
    _form("value of a name that ends as a secret's", "", _BARE, guess="bare"),
)
"""Tried on single lines that hold a name such as `password`."""


def _beginnings(forms: Iterable[SecretForm]) -> dict[str, re.Pattern[str]]:
    """By first letter: finds any of the hints that begin with it. One search in place of many; and where only a letter
    is fixed, `re` looks for it as fast as the machine can."""
    hints = sorted(hint for form in forms for hint in form.hints)
    return {
        letter: re.compile(f"{re.escape(letter)}(?={'|'.join(re.escape(hint[1:]) for hint in same)})")
        for letter, same in groupby(hints, itemgetter(0))
    }


_BEGINNINGS = _beginnings(FORMS)
_NAME_HINTS = {  # by a part that they share, and that most texts lack
    "pass": ("password", "passwd", "passphrase", "passcode"),
    "pwd": ("pwd",),
    "secret": ("secret",),
    "token": ("token",),
    "credential": ("credential",),
    "key": tuple(f"{word}{sign}key" for word in ("api", "access", "private", "account") for sign in ("_", "-", "")),
}
_PLACEHOLDER = re.compile(
    r"(?i)example|sample|placeholder|change[_-]?me|replace|your|dummy|fake|todo|redacted|xxx|\*\*\*|\.\.\.|1234567|abcdef"
    r"|<|>|\$\{|\{\{|\}\}|%\(|%s|\{[\w.]*\}|\$\(|^\$|^https?:"
)
_WORDS = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}(?![a-z])")
_IDENTIFIER = re.compile(r"[A-Za-z_]+(?:[ _.:/-]+[A-Za-z]+)*[_.-]?v?\d{0,3}")
_OF_A_SECRET = re.compile(r"(?i)[a-z_.:/-]*(?:pass(?:word|wd|phrase)|token|secret|key|credential)[a-z_.:/-]*\d?")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:(?:\.|::|->|\?\.)[A-Za-z_]\w*)+|[$@&*!%].*|.*[.:]{2}.*|.*[=|&]{2}.*")
_PATH = re.compile(r"(?:\.{0,2}|~|[A-Za-z]:)[/\\]|[a-z]+://|[\^\[(]|\\")
_TYPE = re.compile(r"\w+[?!]|(?i:u?int|float|string|char|varchar|bytes?|bool|utf|sha|md|base|hash|arg|uuid)_?\d+\w*")
_VOWELS = frozenset("aeiouyAEIOUY")


def redact(text: str) -> str:
    """The text with every value that looks like a secret replaced by `[secret removed]`. Line numbers stay the same."""
    found = {letter for letter, hints in _BEGINNINGS.items() if hints.search(text)}
    for form in FORMS:
        if form.hints[0][0] in found and any(hint in text for hint in form.hints):
            text = _apply(form, text)
    return _redact_named(text)


def holds_private_key(text: str) -> bool:
    """Whether a private key is in the text: its header and at least the first of its lines."""
    return "PRIVATE KEY" in text and FORMS[0].pattern.search(text) is not None


def _redact_named(text: str) -> str:
    """Goes through the lines that hold a secret's name only: the patterns are too slow for all of a large text."""
    pieces: list[str] = []
    done = 0
    for start, end in _named_lines(text):
        start = max(start, done)  # parts of one long line may overlap
        line = text[start:end]
        for form in NAMED_FORMS:
            line = _apply(form, line)
        pieces += (text[done:start], line)
        done = end
    return "".join((*pieces, text[done:])) if pieces else text


def _named_lines(text: str) -> list[tuple[int, int]]:
    """Start and end of each line with a secret's name in it and an assignment, in order."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow in lower case, and positions would be off
        lowered = "".join(letter.lower() if letter.isascii() else letter for letter in text)
    lines: set[tuple[int, int]] = set()
    for hint in (hint for part, hints in _NAME_HINTS.items() if part in lowered for hint in hints):
        at = lowered.find(hint)
        while at >= 0:
            start, end = _line_around(text, at)
            if any(sign in text[start:end] for sign in ("=", ":", "</")):
                lines.add((start, end))
            at = lowered.find(hint, end)
    return sorted(lines)


def _line_around(text: str, at: int) -> tuple[int, int]:
    """The line at a position; of a very long one, the part around it."""
    low, high = max(at - _LONGEST_LINE, 0), at + _LONGEST_LINE
    start = max(text.rfind("\n", low, at) + 1, text.rfind("\r", low, at) + 1, low)
    ends = [end for end in (text.find("\n", at, high), text.find("\r", at, high)) if end >= 0]
    return start, min(ends, default=min(high, len(text)))


def _apply(form: SecretForm, text: str) -> str:
    return form.pattern.sub(lambda match: _without(match, form), text)


def _without(match: re.Match[str], form: SecretForm) -> str:
    group = "value" if "value" in match.re.groupindex else 0
    value = match[group]
    if REMOVED in value or not _is_secret(form.guess, value, bool(match.groupdict().get("password"))):
        return match[0]
    start, end = (edge - match.start() for edge in match.span(group))
    return match[0][:start] + REMOVED + "".join(_LINE_END.findall(value)) + match[0][end:]


def _is_secret(guess: Guess, value: str, is_password: bool) -> bool:
    match guess:
        case "":
            return True
        case "random":
            return looks_random(value)
        case "chosen":
            return looks_chosen(value, is_password)
        case "bare":
            return looks_chosen(value, is_password) and not _could_be_code(value)


def looks_chosen(value: str, is_password: bool) -> bool:
    """Whether a value of a name that ends as a secret's is likely one that a person made up: it has digits or signs,
    and is not the name of something. Of a token or a key, more is asked than of a password."""
    if _PLACEHOLDER.search(value) or _OF_A_SECRET.fullmatch(value) or _PATH.match(value):
        return False
    digits = sum(letter.isdigit() for letter in value)
    letters = sum(letter.isalpha() for letter in value)
    if is_password:
        return letters > 0 and (digits > 0 or any(sign in "!#$%^&*+=?~" for sign in value[1:]))
    return len(value) >= 8 and digits >= 2 and letters >= 2 and not _IDENTIFIER.fullmatch(value)


def _could_be_code(value: str) -> bool:
    """Whether a value without quotes may well be a variable, a member or a type."""
    return bool(_REFERENCE.fullmatch(value) or _TYPE.fullmatch(value))


def looks_random(value: str) -> bool:
    """Whether a literal is more likely a real secret than a name, a phrase, a path or a placeholder: it has digits,
    hardly repeats itself, and less than half of it is made of things like words."""
    if _PLACEHOLDER.search(value) or not any(letter.isdigit() for letter in value):
        return False
    words = (match[0] for match in _WORDS.finditer(value))
    wordy = sum(len(word) for word in words if not _VOWELS.isdisjoint(word))
    return wordy * 2 < len(value) and entropy(value) >= _LEAST_ENTROPY


def entropy(value: str) -> float:
    """Shannon entropy in bits per character: -sum(p * log2(p)) over the characters of the value."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
