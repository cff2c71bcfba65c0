"""`dt6-lsp serve`: hands over to the language server. Settings that can't be used are told in the editor.

Not here: the protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.app import serve as serve_editor
from dt6_lsp.settings import load

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation


def serve(call: Invocation) -> int:
    debug = ["log.level=debug"] if call.args.debug else []
    return serve_editor(load(overrides=[*call.args.overrides, *debug]), call.data_dir)
