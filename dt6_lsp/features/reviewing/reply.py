"""Findings in a model's reply: one JSON object a line, each checked against the lines that it is about.

A finding whose quotation stands nowhere in these lines is made up, and is dropped; one that counted its lines wrong is
moved to where its quotation stands. A fix that can't be used is dropped alone.
Not here: asking for them, and asking again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dt6_lsp.assistant.fence import escape
from dt6_lsp.features.actions.changes import span_of_lines
from dt6_lsp.features.actions.shape import restored, shaped
from dt6_lsp.features.reviewing.model import SEVERITIES, Finding
from dt6_lsp.syntax.checking import faults
from dt6_lsp.text import lines_of
from dt6_lsp.workspace.secrets import REMOVED, redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dt6_lsp.features.reviewing.model import Severity, Target

MOST = 30  # findings in one reply
LONGEST_MESSAGE = 600
MOST_FIXED = 60  # lines of a fix, and that one replaces
_LONGEST_REPLY = 100_000
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,5}")
_FENCE = re.compile(r"(?:```|~~~)\w*")
_NOTHING = frozenset({"", "[]", "[", "]", "{}"})


@dataclass(frozen=True, slots=True)
class Read:
    """`problems` are sentences, to the model, about what could not be used."""

    findings: tuple[Finding, ...]
    problems: tuple[str, ...]


class _UnusableError(Exception):
    """Why a finding can't be used."""


def read(reply: str, target: Target) -> Read:
    """Blocking: a fix is parsed."""
    lines, findings, problems = lines_of(target.text), list[Finding](), list[str]()
    for written in _objects(reply[:_LONGEST_REPLY]):
        try:
            findings.append(_finding(written, lines, target))
        except _UnusableError as error:
            problems.append(str(error))
    whole = sorted(dict.fromkeys(findings), key=lambda each: (each.start_line, each.end_line))
    return Read(tuple(whole[:MOST]), tuple(problems))


def _objects(reply: str) -> Iterator[object]:
    """What was written, parsed; as a string what is no JSON. All of it may be one list, too."""
    text = "\n".join(line for line in lines_of(reply) if not _FENCE.fullmatch(line.strip())).strip()
    if text.startswith("[") and (whole := _parsed(text)) is not None:
        yield from whole if isinstance(whole, list) else [whole]
        return
    for line in lines_of(text):
        bare = line.strip().removesuffix(",")
        if bare not in _NOTHING:
            yield bare if (found := _parsed(bare)) is None else found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _finding(written: object, lines: Sequence[str], target: Target) -> Finding:
    if not isinstance(written, dict):
        raise _UnusableError(f"This is no JSON object: {str(written)[:80]}")
    message = " ".join(_text(written, "message").split())
    if not message:
        raise _UnusableError("A finding has no message.")
    start, end = _place(written, lines, target)
    code = _text(written, "code").strip().lower().replace("_", "-").replace(" ", "-")
    return Finding(
        start,
        end,
        _severity(written),
        code if _CODE.fullmatch(code) else "review",
        message[:LONGEST_MESSAGE],
        _fix(_text(written, "fix"), start, end, target),
    )


def _text(written: dict[str, Any], name: str) -> str:
    value = written.get(name)
    if name == "fix" and isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return value if isinstance(value, str) else ""


def _severity(written: dict[str, Any]) -> Severity:
    named = _text(written, "severity").lower()
    found = next((severity for severity in SEVERITIES if severity == named), None)
    if found is None:
        raise _UnusableError(f"{named!r} is no severity; it is one of {', '.join(SEVERITIES)}.")
    return found


def _place(written: dict[str, Any], lines: Sequence[str], target: Target) -> tuple[int, int]:
    line, end = written.get("line"), written.get("end_line", written.get("line"))
    if type(line) is not int or type(end) is not int:
        raise _UnusableError("A finding has no number as its line.")
    quoted = _flat(_text(written, "quote"))
    if not quoted:
        raise _UnusableError(f"The finding of line {line} quotes nothing.")
    last = min(target.last_line, len(lines))
    found = [at for at in range(target.first_line, last + 1) if quoted in _seen(lines[at - 1])]
    if not found:
        raise _UnusableError(f"No line from {target.first_line} to {last} is “{quoted[:80]}”, quoted for line {line}.")
    start = min(found, key=lambda at: abs(at - line))
    return start, max(start, min(last, start + max(0, end - line)))


def _seen(line: str) -> tuple[str, str]:
    """A line as it is, and as a model sees it."""
    return _flat(line), _flat(escape(redact(line)))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _fix(code: str, start: int, end: int, target: Target) -> str:
    """What is to stand in place of these lines; "" where that can't be used."""
    if not code.strip() or max(end - start + 1, len(lines_of(code))) > MOST_FIXED:
        return ""
    low, high = span_of_lines(target.text, start, end)
    old = target.text[low:high]
    new = shaped(restored(code, old), old, target.text)
    if new == old or REMOVED in new:
        return ""
    before, after = faults(target.path, target.text), faults(target.path, target.text[:low] + new + target.text[high:])
    return new if before is not None and after is not None and after <= before else ""
