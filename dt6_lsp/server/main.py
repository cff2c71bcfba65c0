"""The language server over stdio: `serve_stdio` is all that the command line needs.

Importing pygls and lsprotocol makes some 400,000 objects that stay for good. The garbage collector, which would look at
all of them again and again meanwhile, is off until `initialize` is answered: a tenth of the time that an editor waits.
Nothing heavy (the engine and all below it) is imported before.
Not here: the connection itself (`connection`).
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from typing import TYPE_CHECKING

from dt6_lsp.settings import data_dir as default_data_dir
from dt6_lsp.settings.folders import ANSWERS

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.metrics import Metrics
    from dt6_lsp.server.connection import Server
    from dt6_lsp.server.engines import Build
    from dt6_lsp.server.session import Session
    from dt6_lsp.settings import Loaded


def serve_stdio(build: Build, loaded: Loaded, metrics: Metrics, data_dir: Path | None = None) -> int:
    """Serve one editor until it says `exit`, closes the pipe or ends, or a signal comes. The result is the exit code:
    0 after `shutdown`, 1 without it, 128 + n after signal n.

    `loaded` is what DT6 knows without the editor; `metrics` are those of the engines that `build` makes; `data_dir` is
    where written answers go."""
    gc.disable()
    from dt6_lsp.server import connection, messages, session, stdio

    stdin, stdout = stdio.claim_stdin(), stdio.claim_stdout()
    messages.to_stderr()
    messages.set_level(loaded.settings.log.level)

    def start(server: Server) -> Session:
        return session.Session(server, build, loaded, metrics, (data_dir or default_data_dir()) / ANSWERS)

    code, stuck = asyncio.run(connection.serve(start, stdin, stdout))
    if stuck:
        # A thread that opens a store can't be interrupted, and Python would wait for it. The ledger survives a kill.
        sys.stderr.flush()
        os._exit(code)
    return code
