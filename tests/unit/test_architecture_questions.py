"""Which questions the import graph answers, and what they name."""

from __future__ import annotations

import pytest

from dt6_lsp.assistant.architecture.questions import Asked, asked

FORMS = {
    # what depends on it
    "What depends on dt6_lsp/index/search.py?": ("dependents", "dt6_lsp/index/search.py", ""),
    "which modules import `errors`?": ("dependents", "`errors`", ""),
    "who imports shop.pricing": ("dependents", "shop.pricing", ""),
    "Which files depend on the ledger module?": ("dependents", "the ledger module", ""),
    "what else relies on cancel.py?": ("dependents", "cancel.py", ""),
    "list all files that import requests": ("dependents", "requests", ""),
    "reverse dependencies of src/app.ts": ("dependents", "src/app.ts", ""),
    "where is `tokens.py` imported?": ("dependents", "`tokens.py`", ""),
    "is legacy.py imported by anything?": ("dependents", "legacy.py", ""),
    "settings importers": ("dependents", "settings", ""),
    "Which packages use the metrics package?": ("dependents", "the metrics package", ""),
    "could you tell me which components depend on Store?": ("dependents", "Store", ""),
    # what a change breaks
    "What breaks if I change total_price?": ("impact", "total_price", ""),
    "what would break if we removed src/auth/": ("impact", "src/auth/", ""),
    "if I rename Ledger.read what breaks": ("impact", "Ledger.read", ""),
    "What is affected by changes to the tokenizer?": ("impact", "the tokenizer", ""),
    "impact of changing errors.py": ("impact", "errors.py", ""),
    "blast radius of CancelToken": ("impact", "CancelToken", ""),
    "Is it safe to delete helpers.py?": ("impact", "helpers.py", ""),
    "can I safely remove `legacy.py`?": ("impact", "`legacy.py`", ""),
    "which tests should I run when I change pricing.py?": ("impact", "pricing.py", ""),
    "what happens when someone modifies the Reader protocol": ("impact", "the Reader protocol", ""),
    "what transitively depends on text.py?": ("impact", "text.py", ""),
    "what breaks if Reader changes": ("impact", "Reader", ""),
    # what it depends on
    "What does engine.py depend on?": ("dependencies", "engine.py", ""),
    "which modules does the server import?": ("dependencies", "the server", ""),
    "dependencies of packages/client": ("dependencies", "packages/client", ""),
    "what are the router's dependencies?": ("dependencies", "the router", ""),
    "what is imported by app.py": ("dependencies", "app.py", ""),
    # whether one depends on the other
    "Does the cli depend on the server?": ("between", "the cli", "the server"),
    "why does features import assistant?": ("between", "features", "assistant"),
    "is models independent of settings": ("between", "models", "settings"),
    "dependency between index and syntax": ("between", "index", "syntax"),
    # how one reaches the other
    "How does a request reach the ledger?": ("reach", "a request", "the ledger"),
    "how do we get from main to total_price": ("reach", "main", "total_price"),
    "How does a query end up in Searcher.search?": ("reach", "a query", "Searcher.search"),
    "call path from serve to handle_request": ("reach", "serve", "handle_request"),
    "cli -> Ledger": ("reach", "cli", "Ledger"),
    "how is best_discount reached": ("reach", "", "best_discount"),
    "trace a request through to write_file": ("reach", "a request", "write_file"),
    # cycles, layers and the rest of the whole
    "Is there a cycle?": ("cycles", "", ""),
    "are there any circular imports in this project": ("cycles", "", ""),
    "import cycles": ("cycles", "", ""),
    "is there a circular import in models": ("cycles", "models", ""),
    "are there cycles in the import graph?": ("cycles", "", ""),
    "which packages have cyclic dependencies?": ("cycles", "", ""),
    "What are the layers?": ("layers", "", ""),
    "which layer is index in": ("layers", "index", ""),
    "in which layer is `engine.py`?": ("layers", "`engine.py`", ""),
    "how is the code layered?": ("layers", "", ""),
    "What are the entry points?": ("entries", "", ""),
    "where does the program start?": ("entries", "", ""),
    "which commands does it install": ("entries", "", ""),
    "What are the most important classes?": ("central", "", ""),
    "most central symbols": ("central", "", ""),
    "Which files change most often? churn": ("churn", "", ""),
    "hot spots": ("churn", "", ""),
    "Explain the architecture.": ("whole", "", ""),
    "how is this codebase organised?": ("whole", "", ""),
    "architecture of dt6_lsp/index": ("whole", "dt6_lsp/index", ""),
    "give me an overview of the architecture": ("whole", "", ""),
    "overview of the code structure": ("whole", "", ""),
    "give me an overview of the server package": ("whole", "the server package", ""),
    "what are the main components?": ("whole", "", ""),
    "what is the structure of the server?": ("whole", "the server", ""),
    "what is the structure of this repository?": ("whole", "", ""),
    "dependency graph": ("whole", "", ""),
}


@pytest.mark.parametrize(("question", "expected"), FORMS.items())
def test_a_form_is_known_with_its_parties(question: str, expected: tuple[str, str, str]) -> None:
    found = asked(question)
    assert found is not None
    assert (found.sort, found.x, found.y) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What does total_price do?",
        "How are import cycles detected?",
        "Where does the code handle circular imports?",
        "How do I install it?",
        "Why does the server crash when it starts?",
        "how is the cache invalidated",
        "how does the watcher handle renames",
        "explain the life cycle of a session: is there a cycle?",
        "Which environment variable sets the port?",
        "How does total_price take best_discount off?",
        "where is the port opened",
        "fix TypeError: unsupported operand",
        "who calls best_discount?",
        "",
        "?!",
        "x" * 5_000,
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    assert asked(question) is None


def test_a_question_about_modules_prefers_them_to_symbols() -> None:
    assert asked("which modules import cancel?") == Asked("dependents", "cancel", modules=True)
    assert asked("what depends on cancel?") == Asked("dependents", "cancel", modules=False)
