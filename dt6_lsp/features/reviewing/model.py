"""What a review is made of: the lines that are to be looked at, and what was found in them.

Not here: anything that needs a grammar or a model; faces import this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from dt6_lsp.features.actions.changes import replacements, span_of_lines
from dt6_lsp.features.actions.model import Draft

Severity = Literal["error", "warning", "information", "hint"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Target:
    """Lines of a text (from 1, both included). `path` names the file, for the model and in what comes back."""

    path: str
    text: str
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with these lines of a text. `fix`, where it is not "", is what may stand in their place, with its
    line ends; it adds no syntax error."""

    start_line: int
    end_line: int
    severity: Severity
    code: str
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Of one target, in the order of its lines. `dropped` counts what was written and could not be used."""

    target: Target
    findings: tuple[Finding, ...]
    dropped: int
    backend: str
    model: str
    notices: tuple[str, ...] = ()


def mended(finding: Finding, text: str, backend: str, model: str) -> Draft:
    """The fix of a finding as a change of the text that the finding is of."""
    changes = replacements(text, *span_of_lines(text, finding.start_line, finding.end_line), finding.fix)
    return Draft(changes, "", "", backend, model)
