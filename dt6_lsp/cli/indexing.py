"""`dt6-lsp index`, and the update that comes before `search` and `ask`.

Not here: how an index is made.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from dt6_lsp.cli.progress import progress_on
from dt6_lsp.cli.terminal import counted, listed
from dt6_lsp.contracts import report_json
from dt6_lsp.errors import StoreError

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.engine import Engine, IndexReport

_PROBLEMS_SHOWN = 5


def index(call: Invocation) -> int:
    report = call.run(_index(call))
    if call.args.json:
        call.terminal.json(report_json(report))
    else:
        call.terminal.lines(_told(report))
    return 0


async def _index(call: Invocation) -> IndexReport:
    async with call.engine() as engine:
        return await _follow(call, engine, rebuild=call.args.rebuild, wait_sync=call.args.wait_sync)


async def bring_up_to_date(call: Invocation, engine: Engine) -> None:
    """What changed is indexed; all of it where nothing was, whatever `--no-update` says. A disk that takes nothing more
    leaves what was indexed before."""
    if not call.args.update and (await engine.state()).indexed:
        return
    try:
        await _follow(call, engine)
    except StoreError as error:
        if not (await engine.state()).indexed:
            raise
        call.terminal.note(f"dt6-lsp: {error}")


async def _follow(call: Invocation, engine: Engine, *, rebuild: bool = False, wait_sync: bool = False) -> IndexReport:
    steps = engine.index(rebuild=rebuild, wait_sync=wait_sync, cancel=call.cancel)
    report: IndexReport | None = None
    with progress_on(call.terminal.err) as show:
        async with aclosing(steps):
            async for step in steps:
                show(step)
                report = step.report or report
    if report is not None:
        _tell_problems(call, report)
        return report
    raise RuntimeError("an index run ended without a report")


def _tell_problems(call: Invocation, report: IndexReport) -> None:
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        call.terminal.note(f"dt6-lsp: {problem}")
    if len(report.problems) > _PROBLEMS_SHOWN:
        call.terminal.note(f"dt6-lsp: and {counted(len(report.problems) - _PROBLEMS_SHOWN, 'problem')} more.")


def _told(report: IndexReport) -> list[str]:
    changed = f"{counted(report.changed, 'file')} read, {report.removed:,} removed"
    lines = [
        f"{counted(report.files, 'file')} in {counted(report.chunks, 'chunk')} ({changed}) in {report.seconds:.1f} s.",
    ]
    if report.languages:
        lines.append(f"Languages: {listed(report.languages.items())}.")
    if report.skipped:
        lines.append(f"Not indexed: {listed(report.skipped.items())}.")
    return lines
