"""The page of the commands, docs/commands.md: made from the classes of what they take, and from what they return.

A result is shown as the code makes it, of something small that is made up here. Not here: what a command does.
"""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

from dt6_lsp import contracts
from dt6_lsp.assistant.asked import AskStats
from dt6_lsp.assistant.events import LeftOut
from dt6_lsp.engine import (
    ChatStats,
    Citation,
    Done,
    Explained,
    Explanation,
    Finding,
    Hit,
    IndexReport,
    IndexState,
    IndexStats,
    Kept,
    Models,
    Passage,
    Resolved,
    Retrieved,
    Reviewed,
    Routed,
    Stats,
    Target,
    Token,
    Usage,
)
from dt6_lsp.models.base import ModelInfo
from dt6_lsp.models.orchestrator import ServerModels
from dt6_lsp.server import code_action, commands, explain, models, questions, references, review

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from dataclasses import Field

    from _typeshed import DataclassInstance

PAGE = "docs/commands.md"
_SERVER = Path(commands.__file__).parent
_TYPES = {str: "string", int: "whole number", bool: "true or false", tuple[str, ...]: "list of strings"}
_PARSED = re.compile(r"parse\((?:\w+\.)?(?P<takes>\w+), given, [^()]*?bare=\"(?P<bare>\w+)\"\)")
_INTRODUCTION = (
    "Each is run by `workspace/executeCommand` with one object; a string in place of the object stands for the field",
    "that is marked *or alone*. Null counts as left out, and a field that is not listed is refused. What takes long",
    "reports progress to the client's `workDoneToken`, or to a bar of its own; `window/workDoneProgress/cancel` and",
    "`$/cancelRequest` stop it, and close the stream from the model. What goes wrong is an error in plain words.",
)
_ASK = (
    "The same as `dt6.ask` for a program: a request of its own, which shows no page. Its parameters are the fields of",
    "`dt6.ask`, a `workDoneToken`, and a `partialResultToken`: with that one, what is known comes as `$/progress`",
    "while the answer is written. Each value is an object with one of these kinds:",
)


class Told(NamedTuple):
    """What a command does in a sentence, the class of its argument, and what it returns: an example, or a sentence."""

    does: str
    takes: type[DataclassInstance]
    returns: object


def page(generated: str) -> str:
    told, bare = _commands(), _bare()
    if set(told) != set(commands.NAMES):
        raise SystemExit(f"tools/commands.py tells of other commands than there are: {set(told) ^ set(commands.NAMES)}")
    lines = ["# Commands", "", generated, "", *_INTRODUCTION]
    for name in sorted(told):
        lines += ["", f"## {name}", "", *_section(told[name], bare)]
    lines += ["", "## dt6/ask", "", *_ASK, "", *_json([questions.to_partial(each) for each in _events()])]
    lines += ["", "The result is that of `dt6.ask`."]
    return "\n".join(lines) + "\n"


def _section(told: Told, bare: Mapping[str, str]) -> Iterator[str]:
    yield " ".join(filter(None, (told.does, _doc(told.takes))))
    hints, alone = get_type_hints(told.takes), bare.get(told.takes.__name__, "")
    rows = [_row(field, hints[field.name], alone) for field in fields(told.takes)]
    if rows:
        yield from ("", "| field | type | default |", "|---|---|---|", *rows)
    yield ""
    if isinstance(told.returns, str):
        yield told.returns
    else:
        what = "Returns a list of such objects:" if isinstance(told.returns, list) else "Returns, for example:"
        yield from (what, "", *_json(told.returns))


def _row(field: Field[Any], hint: Any, alone: str) -> str:
    kind = _TYPES.get(hint, "range, as in LSP")
    default = "must be given" if field.default is MISSING else _default(field.default)
    return f"| `{field.name}`{' *or alone*' if field.name == alone else ''} | {kind} | {default} |"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "" if value in ("", None, ()) else f"`{value}`"


def _doc(kind: type) -> str:
    """Without the signature that a dataclass has where nobody wrote anything."""
    text = inspect.cleandoc(kind.__doc__ or "")
    return "" if text.startswith(f"{kind.__name__}(") else re.sub(r"\s*\n\s*", " ", text)


def _bare() -> dict[str, str]:
    """By the class of the argument, the field that a string alone stands for: as the code of the server has it."""
    sources = (path.read_text(encoding="utf-8") for path in sorted(_SERVER.glob("*.py")))
    return {found["takes"]: found["bare"] for source in sources for found in _PARSED.finditer(source)}


def _json(example: object) -> list[str]:
    """A list with an item a line, an object with a field a line: to be read, not parsed."""
    if isinstance(example, list):
        return ["```json", *(json.dumps(item, ensure_ascii=False) for item in example), "```"]
    assert isinstance(example, dict)
    rows = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in example.items()]
    return ["```json", "{", ",\n".join(rows), "}", "```"]


# --- something small --------------------------------------------------------------------------------------------------

_ROUTED = Routed("code", 0.91, "it names `close`", "the definition first")
_HIT = Hit("shop/till.py", 3, 9, "close", "function", 4.2, "def close(till): ...", "python")
_PLACE = Citation("shop/till.py", 3, 9)
_CHAT = ChatStats("ollama", "llama3.2:latest", "http://127.0.0.1:11434", 16_384, "")
_DONE = Done(
    "It counts the money [shop/till.py:3-9].", (_PLACE,), 0, "code", "ollama", "llama3.2:latest", False, Usage(900, 40),
    IndexState(12, 12, 0), conversation="5f0c2b7a9d1e", route=_ROUTED, left_out=(LeftOut("chunks", 2),),
)  # fmt: skip
_EXPLAINED = Explained(
    Explanation("It counts the money.", "ollama", "llama3.2:latest"), (_PLACE,), usage=Usage(400, 30)
)
_FINDING = Finding(5, 5, "warning", "unclosed-file", "The file stays open when reading fails.")
_REVIEWED = Reviewed(Target("shop/till.py", "", 1, 9), (_FINDING,), 0, "ollama", "llama3.2:latest")
_REPORT = IndexReport(12, 80, {"binary": 1}, {"python": 11, "markdown": 1}, "static", 256, 0.4, 200.0, 80)


def _commands() -> dict[str, Told]:
    servers = (ServerModels("ollama", _CHAT.url, (ModelInfo(_CHAT.model, 2_000_000_000, 131_072),), kind="ollama"),)
    answer = contracts.answer_json(_DONE)
    listed = contracts.models_json(Models(servers, _CHAT))
    roots = (IndexStats("/home/me/shop", 12, 80, 60, {"python": 11}, "static", 256, 80, writer=True),)
    stats = asdict(Stats(roots, _CHAT, asks=AskStats(stages={})))
    forgotten = contracts.forgotten_json(Kept(4, 1, 2_000))
    cleared = {"answers": 3, "bytes": 900}
    use = {"uri": "file:///home/me/shop/day.py", "range": {}, "inside": "end_of_day"}
    return {
        "dt6.applyAction": Told(
            "Makes a code action whose edit the client can't ask for. Its argument is the `data` of the action.",
            code_action.ActionArguments,
            "Returns null at once; the change comes as `workspace/applyEdit`.",
        ),
        "dt6.architecture": Told("Tells of the architecture.", commands.ArchitectureArguments, answer),
        "dt6.ask": Told("Answers a question, on a page.", questions.AskArguments, answer),
        "dt6.clearCache": Told(
            "Forgets all answers and explanations that are kept.",
            commands.ClearCacheArguments,
            cleared,
        ),
        "dt6.clearReview": Told("Takes away what reviews found.", review.ClearReviewArguments, {"documents": 1}),
        "dt6.explain": Told(
            "Explains code.",
            explain.ExplainArguments,
            contracts.explained_json(Passage("shop/till.py", 3, 9, ""), _EXPLAINED),
        ),
        "dt6.forget": Told("Forgets what was said.", commands.ForgetArguments, forgotten),
        "dt6.index": Told(
            "Brings the index up to date, or makes it anew (`rebuild`).",
            commands.IndexArguments,
            contracts.report_json(_REPORT),
        ),
        "dt6.models": Told("Lists the models of all servers.", models.ModelsArguments, listed),
        "dt6.references": Told(
            "Lists who uses a definition.",
            references.ReferencesArguments,
            {"name": "close", "count": 1, "references": [use]},
        ),
        "dt6.review": Told(
            "Has a model look for what is wrong; what it finds becomes diagnostics.",
            review.ReviewArguments,
            review.to_json([("file:///home/me/shop/till.py", _REVIEWED)], 0),
        ),
        "dt6.search": Told("Searches the index.", commands.SearchArguments, [contracts.hit_json(_HIT)]),
        "dt6.stats": Told("Tells figures.", commands.StatsArguments, stats),
        "dt6.switchModel": Told("Lets another model answer.", models.SwitchArguments, asdict(_CHAT)),
    }


def _events() -> list[Any]:
    return [
        Resolved("Where is `close` called?", "“that” stands for `close`"),
        _ROUTED,
        Retrieved((_HIT,), 2, 900, (LeftOut("chunks", 2),)),
        Token("It counts"),
    ]
