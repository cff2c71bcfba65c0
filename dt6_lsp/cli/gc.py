"""`dt6-lsp gc`: removes indexes whose folder is gone, and what the others no longer need. An index is derived, so
nothing is lost that can't be made again but the conversations about a folder that is gone, or that nobody opens.

Not here: what goes, and what is left alone (`dt6_lsp.index.garbage`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.app import collect_garbage
from dt6_lsp.cli.terminal import megabytes
from dt6_lsp.errors import SettingError

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.index.garbage import Collected


def gc(call: Invocation) -> int:
    days: float | None = call.args.unused
    if days is not None and not days >= 0:
        raise SettingError(f"{days:g} days can't have passed.", "Give --unused 0 or more.")
    found = []
    for each in collect_garbage(call.data_dir, dry_run=call.args.dry_run, unused_days=days):
        call.cancel.raise_if_cancelled()
        found.append(each)
        if not call.args.json:
            call.terminal.lines(_told(each, dry_run=call.args.dry_run))
    freed = sum(each.freed for each in found)
    if call.args.json:
        call.terminal.json({"freed": freed, "dry_run": call.args.dry_run, "stores": [_json(each) for each in found]})
    else:
        call.terminal.line(f"{megabytes(freed)} {'would be ' if call.args.dry_run else ''}freed.")
    return 0


def _told(each: Collected, *, dry_run: bool) -> list[str]:
    """Nothing of a store that is left as it is for no reason."""
    whose = each.workspace or str(each.folder)
    if each.fate == "kept":
        return [f"{whose}: left alone. {each.why}"]
    if not each.freed and each.fate == "tidied":
        return []
    done = "removed" if each.fate == "removed" else "made smaller"
    return [f"{whose}: {'would be ' if dry_run else ''}{done}, {megabytes(each.freed)}. {each.why}".rstrip()]


def _json(each: Collected) -> dict[str, object]:
    return {
        "folder": str(each.folder),
        "workspace": each.workspace,
        "fate": each.fate,
        "why": each.why,
        "freed": each.freed,
    }
