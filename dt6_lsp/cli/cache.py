"""`dt6-lsp cache`: which answers are kept, forgetting them, and whether two questions are taken for the same.

Not here: keeping and finding them (`dt6_lsp.assistant.cache`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dt6_lsp.cli.invocation import interruptible
from dt6_lsp.cli.terminal import counted
from dt6_lsp.contracts import place_json
from dt6_lsp.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dt6_lsp.assistant.cache.comparing import Comparer
    from dt6_lsp.assistant.cache.rows import Entry
    from dt6_lsp.assistant.events import Citation
    from dt6_lsp.cli.invocation import Invocation

_PAIRS = 'Give JSON lines like {"a": "one question", "b": "another"}.'


def cache(call: Invocation) -> int:
    if call.args.action == "compare":
        return _compare(call)
    if call.args.questions or call.args.pairs:
        raise SettingError(f"`cache {call.args.action}` takes no questions.", "Leave them out.")
    return call.run(_list(call) if call.args.action == "list" else _clear(call))


async def _list(call: Invocation) -> int:
    async with call.engine() as engine:
        entries = await engine.kept_answers()
    if call.args.json:
        call.terminal.json([_json(entry) for entry in entries])
    elif entries:
        header = ("kept", "model", "sources", "question")
        call.terminal.table([_row(entry) for entry in entries], header)
    else:
        call.terminal.line("No answer is kept.")
    return 0


async def _clear(call: Invocation) -> int:
    async with call.engine() as engine:
        gone = await engine.clear_cache()
    if call.args.json:
        call.terminal.json({"answers": gone.entries, "bytes": gone.bytes})
    else:
        call.terminal.line(f"{counted(gone.entries, 'answer')} forgotten.")
    return 0


def _json(entry: Entry) -> dict[str, Any]:
    return {
        "question": entry.question,
        "made": datetime.fromtimestamp(entry.made, UTC).isoformat(timespec="seconds"),
        "intent": entry.intent,
        "backend": entry.backend,
        "model": entry.model,
        "citations": [place_json(each) for each in _sources(entry)],
        "answer": entry.answer,
    }


def _sources(entry: Entry) -> list[Citation]:
    """What the answer cites, each once, as `dt6-lsp ask` shows it. Of one place several chunks may be evidence."""
    return list(dict.fromkeys(entry.citations))


def _row(entry: Entry) -> tuple[str, str, str, str]:
    made = datetime.fromtimestamp(entry.made).astimezone()
    return f"{made:%Y-%m-%d %H:%M}", entry.model, str(len(_sources(entry))), " ".join(entry.question.split())


def _compare(call: Invocation) -> int:
    questions: list[str] = call.args.questions
    if bool(questions) == bool(call.args.pairs) or len(questions) not in (0, 2):
        raise SettingError("`cache compare` takes two questions, or --pairs.", "Give one of them.")
    from dt6_lsp.assistant.cache.comparing import Comparer

    comparer = Comparer()
    hits = total = 0
    for one, other in [tuple(questions)] if questions else _pairs(call):
        call.cancel.raise_if_cancelled()
        hits += _told(call, comparer, one, other)
        total += 1
    if not call.args.json and not questions:
        call.terminal.line(f"{hits:,} of {counted(total, 'pair')} would be served the other's answer.")
    return 0


def _told(call: Invocation, comparer: Comparer, one: str, other: str) -> bool:
    found = comparer.compare(one, other)
    if call.args.json:
        call.terminal.json({"hit": found.hit, "similarity": found.similarity, "reason": found.reason})
    else:
        call.terminal.line(f"{'hit ' if found.hit else 'miss'}  {found.similarity:.2f}  {one}  |  {other}")
        call.terminal.line(f"            {found.reason}")
    return found.hit


def _pairs(call: Invocation) -> Iterator[tuple[str, str]]:
    """Lines as they come; blank ones are passed over."""
    name = call.args.pairs
    if name == "-":
        yield from _read(call.terminal.source, "stdin")
        return
    try:
        with Path(name).open(encoding="utf-8-sig", errors="replace") as file:
            yield from _read(file, name)
    except OSError as error:
        raise SettingError(f"{name} can't be read ({error.strerror}).", "Give a file that you may read.") from error


def _read(file: TextIO, name: str) -> Iterator[tuple[str, str]]:
    number = 0
    while True:
        with interruptible():
            line = file.readline()
        if not line:
            return
        number += 1
        if line.strip():
            yield _pair(line, f"Line {number} of {name}")


def _pair(line: str, where: str) -> tuple[str, str]:
    try:
        given = json.loads(line)
    except ValueError as error:
        raise SettingError(f"{where} is no JSON.", _PAIRS) from error
    if not isinstance(given, dict) or not all(isinstance(given.get(side), str) for side in ("a", "b")):
        raise SettingError(f"{where} has no two questions.", _PAIRS)
    return given["a"], given["b"]
