"""`dt6-lsp doctor`: tries every part that DT6 rests on, and says what works, what does not, and the mend.

Not here: the tries themselves (`checks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.cli.checks import Finding, checks, model_checks

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation

_MARKS = {"works": ("ok   ", "green"), "limited": ("note ", "yellow"), "broken": ("FAIL ", "bold red")}


def doctor(call: Invocation) -> int:
    findings = []
    for check in checks(call):
        findings.append(check)
        _tell(call, check)
    for check in call.run(model_checks(call)):
        findings.append(check)
        _tell(call, check)
    broken = [each for each in findings if each.state == "broken"]
    if call.args.json:
        call.terminal.json([{"what": f.what, "state": f.state, "said": f.said, "mend": f.mend} for f in findings])
    else:
        call.terminal.line()
        call.terminal.line("Something that DT6 needs is broken." if broken else "DT6 has all that it needs.")
    return 1 if broken else 0


def _tell(call: Invocation, finding: Finding) -> None:
    if call.args.json:
        return
    mark, style = _MARKS[finding.state]
    call.terminal.line(f"{mark}{finding.what}: {finding.said}", "" if finding.state == "works" else style)
    if finding.mend and finding.state != "works":
        call.terminal.line(f"     {finding.mend}")
