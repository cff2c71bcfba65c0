"""`dt6-lsp serve`: hands over to the language server. Settings that can't be used are told in the editor.

Not here: the protocol, and listening for editors that come by themselves.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dt6_lsp.app import listen
from dt6_lsp.app import serve as serve_editor
from dt6_lsp.settings import load

if TYPE_CHECKING:
    import argparse

    from dt6_lsp.cli.invocation import Invocation


def serve(call: Invocation) -> int:
    args = call.args
    if args.tcp is not None:
        return listen("tcp", args.tcp, _over_stdio(args), call.terminal.note)
    if args.ws is not None:
        return listen("ws", args.ws, _over_stdio(args), call.terminal.note)
    debug = ["log.level=debug"] if args.debug else []
    return serve_editor(load(overrides=[*args.overrides, *debug]), call.data_dir)


def _over_stdio(args: argparse.Namespace) -> list[str]:
    """What starts the server of one editor, with the same options. `-P`: nothing is imported from the current folder,
    which may be a workspace."""
    options = [f"--set={override}" for override in args.overrides]
    if args.data_dir is not None:
        options.append(f"--data-dir={args.data_dir}")
    if args.debug:
        options.append("--debug")
    return [sys.executable, "-P", "-m", "dt6_lsp", "serve", "--stdio", *options]
