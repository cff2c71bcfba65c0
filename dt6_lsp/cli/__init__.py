"""The `dt6-lsp` command: arguments, rendering and exit codes over the engine.

`main` maps every outcome to an exit code and one line on stderr. Each command is a module of this package that is
imported only when it runs, so that help, `config` and an editor's `initialize` cost nothing.
Not here: anything that a language server or another face could want too.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from dt6_lsp.cancel import Cancelled
from dt6_lsp.cli.arguments import parse
from dt6_lsp.cli.terminal import Terminal, hush, prepare_streams
from dt6_lsp.errors import Dt6Error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.cli.invocation import Build

__all__ = ["main"]

logger = logging.getLogger(__name__)

DONE, FAILED, MISUSE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None, build: Build | None = None, terminal: Terminal | None = None) -> int:
    """Run one command. `build` stands in for `app.build_engine`, and `terminal` for the process' own streams."""
    prepare_streams()
    arguments = sys.argv[1:] if argv is None else list(argv)
    terminal = terminal or Terminal()
    level = logging.DEBUG if "--debug" in arguments else logging.ERROR
    logging.basicConfig(level=level, format="%(name)s: %(message)s", stream=terminal.err, force=True)
    try:
        args = parse(arguments)
        from dt6_lsp.cli.commands import run  # after the help, which needs no settings

        code = run(args, terminal, build)
        terminal.flush()
        return code
    except SystemExit as stop:  # argparse has printed the help or the version
        return stop.code if isinstance(stop.code, int) else DONE
    except BrokenPipeError:
        hush(terminal.out)
        return DONE
    except (Cancelled, KeyboardInterrupt):
        terminal.note("dt6-lsp: stopped.")
        return INTERRUPTED
    except Dt6Error as error:
        logger.debug("", exc_info=error)
        terminal.note(f"dt6-lsp: {error}")
        return error.exit_code
    except Exception as error:
        logger.debug("", exc_info=error)
        terminal.note(f"dt6-lsp: {_unexpected(error)}")
        return FAILED


def _unexpected(error: Exception) -> str:
    """What nobody foresaw. Errors of the system (no room, no right to) come with words of their own."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"It failed in a way that DT6 does not know ({said}). Run it again with --debug, or try `dt6-lsp doctor`."
