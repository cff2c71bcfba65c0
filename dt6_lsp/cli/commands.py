"""Which function runs which command. Each is imported when it is called for.

Not here: what they do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dt6_lsp.cli.invocation import Invocation

if TYPE_CHECKING:
    import argparse

    from dt6_lsp.cli.invocation import Build
    from dt6_lsp.cli.terminal import Terminal

_COMMANDS = {
    "ask": "asking",
    "forget": "forgetting",
    "search": "searching",
    "route": "routing",
    "index": "indexing",
    "serve": "serving",
    "models": "models",
    "stats": "stats",
    "config": "config",
    "doctor": "doctor",
    "cache": "cache",
    "gc": "gc",
}


def run(args: argparse.Namespace, terminal: Terminal, build: Build | None) -> int:
    module = import_module(f"dt6_lsp.cli.{_COMMANDS[args.command]}")
    code: int = getattr(module, args.command)(Invocation(args, terminal, build))
    return code
