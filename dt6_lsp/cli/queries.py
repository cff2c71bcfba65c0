"""Queries from a file or from stdin, one a line, for commands that answer many: `search --queries`, `route --queries`.

Not here: what is done with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dt6_lsp.cli.invocation import interruptible
from dt6_lsp.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.cli.invocation import Invocation


def check(call: Invocation) -> None:
    """One query or many. Before anything is opened or indexed."""
    if call.args.queries and call.args.query:
        raise SettingError("Both a query and --queries were given.", "Give one of them.")
    if not call.args.queries and not " ".join(call.args.query).strip():
        raise SettingError("There is no query.", "Say what to look for, or name a file with --queries.")
    if call.args.queries not in (None, "-") and not Path(call.args.queries).is_file():
        is_folder = Path(call.args.queries).is_dir()
        cause = "{} is a folder, not a file of queries." if is_folder else "There is no file {} to read queries from."
        raise SettingError(cause.format(call.args.queries), "Give an existing file, or -.")


def lines(call: Invocation) -> Iterator[str]:
    """As they come, so that another program can ask one query after the other. Blank ones are passed over."""
    name = call.args.queries
    if name == "-":
        yield from _lines(call.terminal.source)
        return
    try:
        with Path(name).open(encoding="utf-8-sig", errors="replace") as file:
            yield from _lines(file)
    except OSError as error:
        raise SettingError(f"{name} can't be read ({error.strerror}).", "Give a file that you may read.") from error


def _lines(file: TextIO) -> Iterator[str]:
    while True:
        with interruptible():
            line = file.readline()
        if not line:
            return
        if query := valid(line).strip():
            yield query


def valid(text: str) -> str:
    """Bytes of stdin or of an argument that are no UTF-8 arrive as lone surrogates, which neither JSON for others nor a
    file must hold."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
