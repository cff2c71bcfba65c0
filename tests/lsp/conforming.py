"""What a server may say to a client that has told what it can do: the rules of the specification that pytest-lsp does
not look at, over the raw messages of a session.

    problems(Talk(capabilities, heard, said))

Not here: whether messages have the protocol's types (`strict`), and which sessions are held (`test_conformance`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lsprotocol import types

from tests.lsp.strict import answer_misfits, message_misfits, ranges

Json = Any
Rule = Callable[["Talk", Json], Iterator[str]]

_SYNCHRONIZATION = ("didOpen", "didChange", "didClose", "didSave", "willSave", "willSaveWaitUntil")
_FILE_OPERATIONS = ("didCreateFiles", "didRenameFiles", "didDeleteFiles", "willCreateFiles", "willRenameFiles")
_FIRST_KINDS = tuple(range(1, 19))  # of symbols, where a client does not say which it knows


@dataclass(frozen=True, slots=True)
class Talk:
    """`capabilities` as the client sent them, what it heard and what it said, as JSON, oldest first."""

    capabilities: Json
    heard: list[Json]
    said: list[Json]

    def can(self, path: str) -> Json:
        found = self.capabilities
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def answers(self, method: str) -> list[Json]:
        """The responses to requests of this method."""
        asked = {_id(each) for each in self.said if each.get("method") == method and "id" in each}
        return [each for each in self.heard if "method" not in each and _id(each) in asked]

    def results(self, method: str) -> list[Json]:
        return [each["result"] for each in self.answers(method) if each.get("result") is not None]


def problems(talk: Talk) -> list[str]:
    """The other rules go by types that are right."""
    rules = (_answered, _may_be_said, _may_be_in_results, _progress)
    return list(_typed(talk)) or [problem for rule in rules for problem in rule(talk)]


def _id(message: Json) -> tuple[str, Json]:
    return type(message.get("id")).__name__, message.get("id")


def _typed(talk: Talk) -> Iterator[str]:
    methods = {_id(each): each["method"] for each in talk.said if "method" in each and "id" in each}
    for each in talk.heard:
        yield from message_misfits(each) if "method" in each else answer_misfits(methods.get(_id(each), ""), each)


def _answered(talk: Talk) -> Iterator[str]:
    answers = [_id(each) for each in talk.heard if "method" not in each]
    for each in talk.said:
        if "method" in each and "id" in each and (count := answers.count(_id(each))) != 1:
            yield f"{count} answers to {each['method']}"


# --- what the server says by itself -----------------------------------------------------------------------------------

_NEEDS: Mapping[str, str] = {
    types.WINDOW_WORK_DONE_PROGRESS_CREATE: "window.workDoneProgress",
    types.WINDOW_SHOW_DOCUMENT: "window.showDocument.support",
    types.WORKSPACE_CONFIGURATION: "workspace.configuration",
    types.WORKSPACE_APPLY_EDIT: "workspace.applyEdit",
    types.WORKSPACE_WORKSPACE_FOLDERS: "workspace.workspaceFolders",
    types.WORKSPACE_CODE_LENS_REFRESH: "workspace.codeLens.refreshSupport",
    types.WORKSPACE_DIAGNOSTIC_REFRESH: "workspace.diagnostics.refreshSupport",
    types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH: "workspace.textDocumentContent",
    types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: "textDocument.publishDiagnostics",
}
_ALWAYS = (
    types.WINDOW_LOG_MESSAGE,
    types.WINDOW_SHOW_MESSAGE,
    types.WINDOW_SHOW_MESSAGE_REQUEST,
    types.CLIENT_REGISTER_CAPABILITY,
    types.CLIENT_UNREGISTER_CAPABILITY,
    types.PROGRESS,
    types.LOG_TRACE,
    types.CANCEL_REQUEST,
)


def _may_be_said(talk: Talk) -> Iterator[str]:
    for each in talk.heard:
        method = each.get("method")
        if method in _NEEDS and talk.can(_NEEDS[method]) in (None, False):
            yield f"{method} to a client without {_NEEDS[method]}"
        elif method is not None and method not in _NEEDS and method not in _ALWAYS:
            yield f"{method}, for which there is no rule"
        if method == types.CLIENT_REGISTER_CAPABILITY:
            yield from _registers(talk, each["params"]["registrations"])
        if method == types.WORKSPACE_APPLY_EDIT:
            yield from _edit(talk, each["params"]["edit"], honours=True)
        if method == types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS:
            yield from _published(talk, each["params"])


def _registers(talk: Talk, registrations: Json) -> Iterator[str]:
    for each in registrations:
        path = registration_path(each["method"])
        if not talk.can(f"{path}.dynamicRegistration"):
            yield f"{each['method']} is registered at a client without {path}.dynamicRegistration"


def registration_path(method: str) -> str:
    """Where a client says whether a method may be registered."""
    family, _, name = method.partition("/")
    if name in _SYNCHRONIZATION:
        return "textDocument.synchronization"
    return "workspace.fileOperations" if name in _FILE_OPERATIONS else f"{family}.{name}"


def _progress(talk: Talk) -> Iterator[str]:
    """Work that is under way begins, reports and ends once, with a token that the client knows."""
    accepted = {each["id"] for each in talk.said if "method" not in each and "error" not in each}
    created = [
        each["params"]["token"]
        for each in talk.heard
        if each.get("method") == types.WINDOW_WORK_DONE_PROGRESS_CREATE and each["id"] in accepted
    ]
    own = {token for each in talk.said for token in _tokens(each)}
    if len({*created}) < len(created):
        yield "a progress token is created twice"
    told: dict[Json, list[Json]] = {}
    for each in talk.heard:
        if each.get("method") == types.PROGRESS:
            told.setdefault(each["params"]["token"], []).append(each["params"]["value"])
    for token, values in told.items():
        if token not in own and token not in created:
            yield f"progress of an unknown token {token!r}"
        elif all(isinstance(value, dict) and value.get("kind") in _BAR for value in values):
            yield from _bar(token, values)


_BAR = ("begin", "report", "end")


def _tokens(message: Json) -> Iterator[Json]:
    params = message.get("params")
    for name in ("workDoneToken", "partialResultToken"):
        if isinstance(params, dict) and params.get(name) is not None:
            yield params[name]


def _bar(token: Json, values: list[Json]) -> Iterator[str]:
    kinds = [value["kind"] for value in values]
    if kinds[0] != "begin" or kinds[-1] != "end" or {*kinds[1:-1]} - {"report"}:
        yield f"progress {token!r} goes {' '.join(kinds)}"
    shares = [value["percentage"] for value in values if "percentage" in value]
    if shares != sorted(shares) or any(not 0 <= share <= 100 for share in shares):
        yield f"progress {token!r} has percentages {shares}"


# --- what is in results -----------------------------------------------------------------------------------------------


def _may_be_in_results(talk: Talk) -> Iterator[str]:
    for method, rule in _RULES.items():
        for result in talk.results(method):
            yield from (f"{method}: {problem}" for problem in rule(talk, result))
    for each in talk.heard:
        if "method" not in each:
            yield from _backward(each.get("result"))


def _backward(result: Json) -> Iterator[str]:
    for each in ranges(result):
        start, end = ((each[side]["line"], each[side]["character"]) for side in ("start", "end"))
        if start > end:
            yield f"a range that ends before it starts: {each}"


def _each(rule: Rule) -> Rule:
    def rule_of_list(talk: Talk, result: Json) -> Iterator[str]:
        for one in result.get("items", ()) if isinstance(result, dict) else result:
            yield from rule(talk, one)

    return rule_of_list


def _hover(talk: Talk, result: Json) -> Iterator[str]:
    formats = talk.can("textDocument.hover.contentFormat") or ["plaintext"]
    contents = result["contents"]
    if not isinstance(contents, dict) or contents.get("kind") not in formats:
        yield f"contents of a kind that is not in {formats}"


def _symbol_kind(talk: Talk, symbol: Json, where: str) -> Iterator[str]:
    known = talk.can(f"{where}.symbolKind.valueSet") or _FIRST_KINDS
    if symbol["kind"] not in known:
        yield f"a symbol of kind {symbol['kind']}, not in {known}"
    if "tags" in symbol and not talk.can(f"{where}.tagSupport"):
        yield "a symbol with tags"


def _outline(talk: Talk, symbol: Json) -> Iterator[str]:
    yield from _symbol_kind(talk, symbol, "textDocument.documentSymbol")
    nested = talk.can("textDocument.documentSymbol.hierarchicalDocumentSymbolSupport")
    if bool(nested) == ("location" in symbol):
        yield "a flat symbol where trees are known, or a tree where they are not"
    if "selectionRange" in symbol and not _inside(symbol["selectionRange"], symbol["range"]):
        yield f"{symbol['name']}: the name is not inside of the whole"
    for child in symbol.get("children") or ():
        yield from _outline(talk, child)
        if not _inside(child["range"], symbol["range"]):
            yield f"{child['name']} is not inside of {symbol['name']}"


def _inside(inner: Json, outer: Json) -> bool:
    def at(place: Json) -> tuple[int, int]:
        return place["line"], place["character"]

    return at(outer["start"]) <= at(inner["start"]) and at(inner["end"]) <= at(outer["end"])


def _workspace_symbol(talk: Talk, symbol: Json) -> Iterator[str]:
    yield from _symbol_kind(talk, symbol, "workspace.symbol")
    resolved = talk.can("workspace.symbol.resolveSupport.properties") or ()
    if "range" not in symbol["location"] and "location.range" not in resolved:
        yield "a symbol without a range, for a client that can't ask for it"
    if "data" in symbol and not resolved:
        yield "a symbol with data, for a client that asks no more"


def _code_action(talk: Talk, action: Json) -> Iterator[str]:
    if isinstance(action.get("command"), str):
        yield from _command(talk, action)
        return
    where = "textDocument.codeAction"
    if not talk.can(f"{where}.codeActionLiteralSupport"):
        yield "a literal, for a client that takes commands only"
    for field, support in (
        ("disabled", "disabledSupport"),
        ("isPreferred", "isPreferredSupport"),
        ("data", "dataSupport"),
    ):
        if field in action and not talk.can(f"{where}.{support}"):
            yield f"an action with {field}, for a client without {support}"
    asks_later = "edit" in (talk.can(f"{where}.resolveSupport.properties") or ())
    if not asks_later and not {"edit", "command", "disabled"} & action.keys():
        yield f"{action['title']}: neither an edit nor a command, for a client that can't ask for an edit"
    if "command" in action:
        yield from _command(talk, action["command"])
    if "edit" in action:
        yield from _edit(talk, action["edit"], honours=bool(talk.can(f"{where}.honorsChangeAnnotations")))


def _command(talk: Talk, command: Json) -> Iterator[str]:
    offered = talk.results(types.INITIALIZE)[0]["capabilities"]["executeCommandProvider"]["commands"]
    if command["command"] not in offered:
        yield f"a command {command['command']!r} that the server does not have"


def _edit(talk: Talk, edit: Json, *, honours: bool) -> Iterator[str]:
    """`honours`: whether annotations are looked at where this edit stands."""
    where = "workspace.workspaceEdit"
    if "documentChanges" in edit and not talk.can(f"{where}.documentChanges"):
        allowed = talk.can(f"{where}.resourceOperations") or ()
        if any(change.get("kind") not in allowed for change in edit["documentChanges"]):
            yield "documentChanges, for a client that takes changes"
    if "changes" in edit and talk.can(f"{where}.documentChanges"):
        yield "changes without a version, for a client that takes documentChanges"
    for change in edit.get("documentChanges") or ():
        if "kind" in change and change["kind"] not in (talk.can(f"{where}.resourceOperations") or ()):
            yield f"{change['kind']} of a file, for a client that can't"
    annotations = edit.get("changeAnnotations") or {}
    if annotations and not (talk.can(f"{where}.changeAnnotationSupport") and honours):
        yield "annotations that nobody looks at"
    named = set(_annotated(edit))
    if named != set(annotations):
        yield f"annotations {sorted(annotations)}, but {sorted(named)} are named"


def _annotated(edit: Json) -> Iterator[str]:
    if isinstance(edit, dict):
        if isinstance(edit.get("annotationId"), str):
            yield edit["annotationId"]
        edit = list(edit.values())
    for each in edit if isinstance(edit, list) else ():
        yield from _annotated(each)


def _code_lens(talk: Talk, lens: Json) -> Iterator[str]:
    provider = talk.results(types.INITIALIZE)[0]["capabilities"].get("codeLensProvider") or {}
    if "command" in lens:
        yield from _command(talk, lens["command"])
    elif not provider.get("resolveProvider"):
        yield "a lens without a command, which nobody can ask for"
    if lens["range"]["start"]["line"] != lens["range"]["end"]["line"]:
        yield "a lens over more than one line"


def _completion(talk: Talk, item: Json) -> Iterator[str]:
    """What pytest-lsp leaves out."""
    where = "textDocument.completion.completionItem"
    for field, support in (
        ("tags", "tagSupport"),
        ("insertTextMode", "insertTextModeSupport"),
        ("labelDetails", "labelDetailsSupport"),
        ("preselect", "preselectSupport"),
        ("deprecated", "deprecatedSupport"),
    ):
        if field in item and not talk.can(f"{where}.{support}"):
            yield f"an item with {field}, for a client without {support}"
    edit = item.get("textEdit") or {}
    if "insert" in edit and not talk.can(f"{where}.insertReplaceSupport"):
        yield "an item that inserts or replaces"
    kinds = talk.can("textDocument.completion.completionItemKind.valueSet") or range(1, 19)
    if "kind" in item and item["kind"] not in kinds:
        yield f"an item of kind {item['kind']}"


def _published(talk: Talk, params: Json) -> Iterator[str]:
    if "version" in params and not talk.can("textDocument.publishDiagnostics.versionSupport"):
        yield "diagnostics with a version"
    for each in params["diagnostics"]:
        yield from _diagnostic(talk, each, "textDocument.publishDiagnostics")


def _pulled(talk: Talk, result: Json) -> Iterator[str]:
    if "relatedDocuments" in result and not talk.can("textDocument.diagnostic.relatedDocumentSupport"):
        yield "diagnostics of related documents"
    for each in result.get("items") or ():
        yield from _diagnostic(talk, each, "textDocument.diagnostic")


def _diagnostic(talk: Talk, diagnostic: Json, where: str) -> Iterator[str]:
    fields = {"codeDescription": "codeDescriptionSupport", "relatedInformation": "relatedInformation"}
    for field, support in {**fields, "tags": "tagSupport", "data": "dataSupport"}.items():
        if field in diagnostic and not talk.can(f"{where}.{support}"):
            yield f"a diagnostic with {field}, for a client without {where}.{support}"


def _definition(talk: Talk, result: Json) -> Iterator[str]:
    several = result if isinstance(result, list) else [result]
    if any("targetUri" in each for each in several) and not talk.can("textDocument.definition.linkSupport"):
        yield "links, for a client that takes locations"


_RULES: Mapping[str, Rule] = {
    types.TEXT_DOCUMENT_HOVER: _hover,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: _each(_outline),
    types.WORKSPACE_SYMBOL: _each(_workspace_symbol),
    types.WORKSPACE_SYMBOL_RESOLVE: _workspace_symbol,
    types.TEXT_DOCUMENT_CODE_ACTION: _each(_code_action),
    types.CODE_ACTION_RESOLVE: _code_action,
    types.TEXT_DOCUMENT_CODE_LENS: _each(_code_lens),
    types.CODE_LENS_RESOLVE: _code_lens,
    types.TEXT_DOCUMENT_COMPLETION: _each(_completion),
    types.TEXT_DOCUMENT_DIAGNOSTIC: _pulled,
    types.TEXT_DOCUMENT_DEFINITION: _definition,
}
