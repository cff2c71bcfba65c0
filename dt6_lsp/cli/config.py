"""`dt6-lsp config`: every setting, its value, and the file, variable or option that it comes from.

Not here: reading them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dt6_lsp.settings import OPTIONS, WORKSPACE_FILE, Loaded, Origin, backends, user_file

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation

_HIDDEN = "(set, not shown)"
_DEFAULT = Origin("default")


def config(call: Invocation) -> int:
    values = _values(call.loaded)
    if call.args.json:
        call.terminal.json(
            {
                "settings": values,
                "problems": list(call.loaded.problems),
                "user_file": str(user_file()),
                "workspace_file": str(call.workspace / WORKSPACE_FILE),
                "data_dir": str(call.data_dir),
            }
        )
        return 0
    rows = [(key, _shown(each["value"]), each["source"] + _where(each["where"])) for key, each in values.items()]
    call.terminal.table(rows, ("setting", "value", "from"))
    call.terminal.line()
    for name, path in (
        ("Your settings", user_file()),
        ("The workspace's", call.workspace / WORKSPACE_FILE),
        ("Indexes are kept in", call.data_dir),
    ):
        absent = "" if path.exists() else " (not there yet)"
        call.terminal.line(f"{name}: {path}{absent}")
    return 0


def _values(loaded: Loaded) -> dict[str, dict[str, Any]]:
    table = {}
    own = ((each, getattr(getattr(loaded.settings, each.section), each.name)) for each in OPTIONS.values())
    for option, value in (*own, *backends.options(loaded.settings)):
        key, origin = option.key, loaded.origins.get(option.key, _DEFAULT)
        shown = _HIDDEN if option.secret and value else list(value) if isinstance(value, tuple) else value
        table[key] = {"value": shown, "source": origin.source, "where": origin.where}
    return table


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(value) or "(none)"
    return str(value) if value != "" else "(empty)"


def _where(where: str) -> str:
    return f", {where}" if where else ""
