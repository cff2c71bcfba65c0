"""The arguments of `dt6-lsp`: what may be written, and the help for it. `docs/cli.md` is made from these parsers.

Not here: what the commands do.
"""

from __future__ import annotations

import argparse
import difflib
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from dt6_lsp import __version__
from dt6_lsp.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROGRAM = "dt6-lsp"

_ABOUT = """\
DT6 indexes a folder and answers questions about it, with citations, on this machine.
It needs no model: where none is running, answers are put together from the folder's own text."""

_EXAMPLES = """\
examples:
  dt6-lsp ask "Where is the retry limit decided?"
  dt6-lsp ask -w ../service "What happens when a job fails?" --file src/jobs.py
  dt6-lsp ask --continue "and where is that called?"
  dt6-lsp search "parse the config file" --count 5
  dt6-lsp index --rebuild
  dt6-lsp serve                     what an editor starts

Options that every command takes may stand anywhere, but not behind a `--`. `dt6-lsp COMMAND --help` tells more.
Exit codes: 0 done, 1 failed, 2 misuse or a bad setting, 130 interrupted."""

_COMMANDS: dict[str, tuple[str, str]] = {
    "ask": (
        "answer a question about the workspace, with citations",
        "Finds what fits the question, hands it to the model that you run, and prints its answer as it comes, with\n"
        "the places it rests on. Without a model the answer is a digest of the workspace's own text. What changed\n"
        "since the last time is indexed first.",
    ),
    "forget": (
        "forget what was asked and answered in this workspace",
        "Questions and answers are remembered in the data folder, so that a question may lean on those before\n"
        "(`dt6-lsp ask --continue`). Setting memory.keep=false remembers nothing.",
    ),
    "search": (
        "find the code that fits a description, a name or an error message",
        "Prints the best places, one chunk each. A workspace that was never indexed is indexed first; otherwise only\n"
        "what changed is.",
    ),
    "route": (
        "say what kind of question it is, and what would be looked at to answer it",
        "Tells intent (code, docs, debug, arch or general), probability, reasons, what would be retrieved, and which\n"
        "model the settings name for it. Asks no server and needs no index.",
    ),
    "index": (
        "bring the index up to date, or build it",
        "Reads what changed since the last time. Stopping it loses nothing: the next run goes on from there.",
    ),
    "serve": (
        "serve an editor over the Language Server Protocol",
        "Speaks LSP over stdin and stdout. Editors start this; there is nothing to see for a person.\n"
        "With --tcp or --ws it serves any number of editors, each by a process of its own, until it is told to end.\n"
        "The address is told on stderr. Nobody is asked who they are: every program of this machine can connect.",
    ),
    "models": (
        "show which models can be reached, and which one would answer",
        "Asks the model servers that the settings name. Nothing of the workspace is sent.",
    ),
    "stats": ("show what is indexed, and where it is kept", "Reads the index as it is; nothing is brought up to date."),
    "config": (
        "show every setting, its value and where that comes from",
        "Sources, the later ones winning: default, user file, environment DT6_*, the editor, --set. The workspace's\n"
        "own .dt6.toml comes last, and can only narrow.",
    ),
    "doctor": (
        "say what works, what does not, and the mend",
        "Tries every part that DT6 rests on. Exit code 1 when something is broken that is needed.",
    ),
    "cache": (
        "see or forget the answers that are kept, and compare questions",
        "list: the answers that are kept of this workspace. clear: forgets them.\n"
        "compare: says of two questions, or of each pair of --pairs, whether one would be served the other's answer,\n"
        "and why. It needs no index and no model.",
    ),
    "gc": (
        "remove the indexes of folders that are gone, and what the others no longer need",
        "An index goes when its folder was removed, with the conversations about it; not when that is on a drive that\n"
        "is not there now. Of the others, what nothing needs goes: vectors of models that are not used, ledgers that\n"
        "were kept aside, empty room.\n"
        "What a process has open is left alone, and keeps itself small.",
    ),
}


class Parser(argparse.ArgumentParser):
    """Misuse is an error like any other: one line with the mend, and exit code 2."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: COMMAND"):
            message = "there is no command"
        if wrong := re.search(r"COMMAND: invalid choice: '(.*)' \(", message):
            message = f"`{wrong[1]}` is no command{_meant(wrong[1])}"
        cause = message[0].upper() + message[1:].rstrip(".")
        raise SettingError(f"{cause}.", f"`{self.prog} --help` shows what is possible.")


class CommandParser(Parser):
    """Of one command. Options may stand anywhere, also between words: by itself, argparse gives the first words that
    it meets to all positional arguments and refuses those that follow an option."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        return super().parse_known_args(_options_first(args, self._option_string_actions), namespace)


def _options_first(args: Sequence[str], known: Mapping[str, argparse.Action]) -> list[str]:
    """The same arguments, the options with their values before the words; what is behind a `--` is words."""
    options: list[str] = []
    words: list[str] = []
    marked = False  # whether a `--` must stand before the words: one looks like an option, or would become its value
    left = iter(args)
    for arg in left:
        if arg == "--":
            words += left
        elif _is_option(arg, known):
            options.append(arg)
            if (option := known.get(arg)) is not None and option.nargs != 0:
                options += (value := list(islice(left, 1)))
                marked = not value
        else:
            words.append(arg)
    marked = marked or any(word.startswith("-") for word in words)
    return [*options, *(["--"] if marked else []), *words]


def _is_option(arg: str, known: Mapping[str, argparse.Action]) -> bool:
    """As argparse sees it: what begins like an option and holds a space is a word, as a negative number is."""
    if arg in known or arg.partition("=")[0] in known:
        return True
    if (joined := known.get(arg[:2])) is not None and joined.nargs != 0:  # -n5
        return True
    return re.fullmatch(r"-[^\s\d]\S*", arg) is not None


def _meant(word: str) -> str:
    near = difflib.get_close_matches(word, _COMMANDS, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Every option with its default. An editor may start `dt6-lsp --stdio` and mean `serve`."""
    argv = list(argv)
    if "--stdio" in argv and not set(argv) & set(_COMMANDS):
        argv = ["serve", *argv]
    defaults: dict[str, Any] = {"workspace": None, "data_dir": None, "json": False, "debug": False}
    args = build_parser().parse_args(argv, argparse.Namespace(**defaults, before=[], after=[]))
    args.overrides = [*args.before, *args.after]
    return args


def build_parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", required=True, parser_class=CommandParser
    )
    _common(parser, "before")
    for name, (summary, description) in _COMMANDS.items():
        command: argparse.ArgumentParser = commands.add_parser(
            name,
            help=summary,
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _ARGUMENTS.get(name, lambda _: None)(command)
        _common(command, "after")
    return parser


def _common(parser: argparse.ArgumentParser, overrides: str) -> None:
    """Suppressed defaults, so that an option given before the command is not reset by the command's own parser."""
    group = parser.add_argument_group("options of every command")
    absent = argparse.SUPPRESS
    group.add_argument(
        "-w", "--workspace", metavar="PATH", type=Path, default=absent, help="the folder to work on (default: here)"
    )
    group.add_argument("--json", action="store_true", default=absent, help="print the result as JSON")
    group.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest=overrides,
        action="append",
        default=absent,
        help="a setting for this run, like chat.backend=none (repeatable)",
    )
    group.add_argument(
        "--data-dir", metavar="DIR", type=Path, default=absent, help="where indexes are kept (also DT6_DATA_DIR)"
    )
    group.add_argument("--debug", action="store_true", default=absent, help="log everything, and show tracebacks")


def _ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", metavar="QUESTION", nargs="+", help="in your own words; `-` reads it from stdin")
    parser.add_argument(
        "--file",
        metavar="PATH",
        dest="files",
        action="append",
        default=[],
        help="a file that the answer must look at, relative to the workspace (repeatable)",
    )
    parser.add_argument(
        "--image",
        metavar="PATH",
        dest="images",
        action="append",
        default=[],
        help="an image (PNG, JPEG, GIF, WebP) or data URI, for a model that can see (repeatable)",
    )
    conversation = parser.add_mutually_exclusive_group()
    conversation.add_argument(
        "--continue",
        dest="goes_on",
        action="store_true",
        help='go on with the latest conversation of the workspace: "and where is that called?"',
    )
    conversation.add_argument(
        "--conversation",
        metavar="ID",
        default="",
        help="go on with this one (the JSON of an answer names it), or begin it",
    )
    parser.add_argument(
        "--no-cache", dest="use_cache", action="store_false", help="have it written anew, also where an answer is kept"
    )
    _no_update(parser)


def _forget(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--conversation", metavar="ID", default="", help="only this conversation")
    what.add_argument("--all", action="store_true", help="everything that is remembered of this workspace")


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", nargs="*", help="words, a name, or an error message")
    parser.add_argument("-n", "--count", metavar="N", type=int, default=10, help="how many hits (default: 10)")
    parser.add_argument("--near", metavar="PATH", default="", help="rank what is close to this file higher")
    parser.add_argument(
        "--queries",
        metavar="FILE",
        help='one query a line (`-` for stdin); prints a line of JSON for each: {"query", "hits", "ms"}',
    )
    _no_update(parser)


def _route(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", nargs="*", help="a question; `-` reads it from stdin")
    parser.add_argument(
        "--queries",
        metavar="FILE",
        help="one query a line (`-` for stdin); a line may be a JSON string, for a query of several lines. With --json "
        'a line of JSON for each: {"query", "intent", "probability", "ms", "why", "plan", "model"}',
    )


def _index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", nargs="?", type=Path, help="the folder, like --workspace")
    parser.add_argument("--rebuild", action="store_true", help="forget the index and build it again")
    parser.add_argument(
        "--no-wait-sync",
        dest="wait_sync",
        action="store_false",
        help="return when everything is searchable, before it is copied to ChromaDB",
    )


def _serve(parser: argparse.ArgumentParser) -> None:
    transport = parser.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help="over stdin and stdout (the default)")
    transport.add_argument(
        "--tcp", metavar="HOST:PORT", help="listen there; an address of this machine, port 0 for one that is free"
    )
    transport.add_argument("--ws", metavar="HOST:PORT", help="the same over WebSocket, for an editor in a browser")
    # What vscode-languageclient adds by itself; the process to watch comes with `initialize`, too.
    parser.add_argument("--clientProcessId", type=int, help=argparse.SUPPRESS)


def _cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="ACTION", choices=("list", "clear", "compare"), help="list, clear or compare")
    parser.add_argument("questions", metavar="QUESTION", nargs="*", help="two of them, for compare")
    parser.add_argument(
        "--pairs",
        metavar="FILE",
        help='JSON lines {"a", "b"} (`-` for stdin); with --json, prints for each {"hit", "similarity", "reason"}',
    )


def _gc(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.add_argument(
        "--unused",
        metavar="DAYS",
        type=float,
        help="also remove the indexes that nobody has opened for so many days",
    )


def _no_update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-update", dest="update", action="store_false", help="take the index as it is")


_ARGUMENTS = {
    "ask": _ask,
    "forget": _forget,
    "search": _search,
    "route": _route,
    "index": _index,
    "serve": _serve,
    "cache": _cache,
    "gc": _gc,
}
