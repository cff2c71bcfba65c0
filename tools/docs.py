"""The documentation's generated pages, and the checks that keep all pages true.

    python -m tools.docs write    makes docs/settings.md, docs/cli.md, docs/commands.md, and the settings in
                                  Neovim's types and VS Code's manifest from the code, and the tables and plots of
                                  docs/performance.md from the measured data in docs/data
    python -m tools.docs check    fails on a stale page, a link that leads nowhere, and a dependency that
                                  docs/dependencies.md does not explain (or explains though it is gone)

Not here: the pages that people write.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dt6_lsp.cli.arguments import build_parser
from dt6_lsp.settings import OPTIONS, BackendSettings, Option
from dt6_lsp.settings.options import options_of
from tools import commands, neovim, performance, vscode
from tools.locks import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
DEPENDENCIES = ROOT / "docs" / "dependencies.md"

_NAMED_BACKENDS = (
    "More model servers, as many as you like: a table for each in your file, like `[backends.gpu]`; also as",
    "`DT6_BACKENDS_GPU_URL` and `--set backends.gpu.url=...`. `chat.backend`, `chat.fallback` and `intents` then take",
    "its name. Its host must be in `privacy.allowed_hosts`, unless it is this machine.",
)
_GENERATED = "<!-- Made by `make docs`; edits here are lost. -->"
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(<?([^)>\s]+)>?\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")


# --- pages ------------------------------------------------------------------------------------------------------------


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        _GENERATED,
        "",
        "Every setting has a default; none has to be set. `dt6-lsp config` prints each value and where it comes from.",
        "",
        "Sources, the later ones winning:",
        "",
        "1. the defaults below;",
        "2. your file: TOML with a table per section, `config.toml` in the system's folder for settings of `dt6`",
        "   (`dt6-lsp config` names it), or the file that `DT6_CONFIG` names;",
        "3. the environment: `DT6_` and the setting in capitals, like `DT6_CHAT_MODEL`. Lists are separated by commas;",
        "4. the editor: the section `dt6` of its settings, in snake_case or camelCase;",
        "5. the command line: `--set chat.model=NAME`.",
        "",
        "At last a workspace's own file, `.dt6.toml` in its root, may narrow what is marked *workspace* below: add",
        "patterns, lower a limit. It can never widen one, allow a host, or choose a server.",
        "",
        "A value that makes no sense ends a command (exit code 2). In an editor it is reported and the value from the",
        "sources below stands; for what is marked *guard* the default stands, which is the strictest.",
    ]
    for section in dict.fromkeys(option.section for option in OPTIONS.values()):
        lines += ["", f"## {section}", "", "| setting | default | what it does |", "|---|---|---|"]
        lines += [_setting_row(option) for option in OPTIONS.values() if option.section == section]
    lines += ["", "## backends.NAME", "", *_NAMED_BACKENDS, "", "| setting | default | what it does |", "|---|---|---|"]
    lines += [_setting_row(option) for option in options_of("backends.NAME", BackendSettings)]
    return "\n".join(lines) + "\n"


def _setting_row(option: Option) -> str:
    kind = " \\| ".join(f"`{each}`" for each in option.choices) or {"text": ""}.get(option.shape, option.shape)
    bound = f"at least {option.minimum:g}" if option.minimum is not None else ""
    marks = [name for name, is_so in (("*workspace*", option.workspace), ("*guard*", option.guard)) if is_so]
    details = ", ".join(part for part in (kind, bound, *marks) if part)
    return f"| `{option.key}` | {_default(option.default)} | {option.doc}{f' ({details})' if details else ''} |"


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "" if value in ("", ()) else f"`{value}`"


def cli_page() -> str:
    parser = build_parser()
    lines = ["# The command line", "", _GENERATED, "", str(parser.description), ""]
    lines += ["```", *_examples(parser), "```", "", _after_examples(parser), "", "## Options of every command", ""]
    lines += _options(_group(parser, "options of every command"))
    for name, command in _commands(parser).items():
        own = [action for action in command._actions if action not in _group(command, "options of every command")]
        lines += ["", f"## {name}", "", str(command.description), "", *_options(own)]
    return "\n".join(lines).rstrip() + "\n"


def _examples(parser: argparse.ArgumentParser) -> list[str]:
    text = str(parser.epilog).split("\n\n")[0]
    return [line.strip() for line in text.splitlines()[1:]]


def _after_examples(parser: argparse.ArgumentParser) -> str:
    return str(parser.epilog).split("\n\n", 1)[1]


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    action = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    return dict(action.choices)


def _group(parser: argparse.ArgumentParser, title: str) -> list[argparse.Action]:
    return next(group._group_actions for group in parser._action_groups if group.title == title)


def _options(actions: list[argparse.Action]) -> list[str]:
    """As tables of our own: argparse words its help differently from one Python to the next."""
    rows = [f"| {_names(each)} | {each.help} |" for each in actions if _is_worth_a_row(each)]
    return ["| | |", "|---|---|", *rows] if rows else []


def _is_worth_a_row(action: argparse.Action) -> bool:
    return action.help not in (None, argparse.SUPPRESS) and not isinstance(action, argparse._HelpAction)


def _names(action: argparse.Action) -> str:
    value = f" {action.metavar}" if action.metavar and action.nargs != 0 else ""
    return ", ".join(f"`{name}{value}`" for name in action.option_strings) or f"`{value.strip()}`"


def pages() -> dict[str, str]:
    """What each generated file has to hold."""
    made = {
        "docs/settings.md": settings_page(),
        "docs/cli.md": cli_page(),
        commands.PAGE: commands.page(_GENERATED),
        performance.PAGE: performance.page(),
    }
    made |= {neovim.PAGE: neovim.page(), vscode.MANIFEST: vscode.manifest(ROOT / vscode.MANIFEST)}
    return made | performance.plots()


# --- checks -----------------------------------------------------------------------------------------------------------


def problems() -> Iterator[str]:
    for name, page in pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            yield f"{name} is stale; `make docs` makes it again."
    for path in _pages():
        yield from broken_links(path)
    yield from unexplained_dependencies()


def _pages() -> list[Path]:
    """Pages of the project: not those of virtual environments and caches that lie in its folder."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in sorted(set(names)) if name and (ROOT / name).exists()]


def broken_links(path: Path) -> Iterator[str]:
    text = _prose(path)
    for match in _LINK.finditer(text):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        shown = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path
        if not file.exists():
            yield f"{shown}: the link to {target} leads nowhere."
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"{shown}: {name or 'this page'} has no heading for #{anchor}."


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#{1,6} +(.*?) *#*$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _prose(path: Path) -> str:
    return _CODE.sub("", _FENCE.sub("", path.read_text(encoding="utf-8")))


def unexplained_dependencies() -> Iterator[str]:
    """Each row of the tables in docs/dependencies.md begins with the names that it explains."""
    text = DEPENDENCIES.read_text(encoding="utf-8") if DEPENDENCIES.exists() else ""
    explained = {
        plain(name.strip(" `")) for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for name in row.split(",")
    }
    declared = set(_declared())
    for name in sorted(declared - explained):
        yield f"docs/dependencies.md does not say what {name} is for."
    for name in sorted(explained - declared):
        yield f"docs/dependencies.md explains {name}, which pyproject.toml does not name."


def _declared() -> Iterator[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        table = tomllib.load(file)
    groups = [
        table["project"]["dependencies"],
        *table["project"]["optional-dependencies"].values(),
        *table["dependency-groups"].values(),
    ]
    for group in groups:
        yield from map(plain, group)


def main(argv: list[str]) -> int:
    if argv == ["write"]:
        for name, page in pages().items():
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(page, encoding="utf-8", newline="\n")
        return 0
    if argv == ["check"]:
        found = list(problems())
        for problem in found:
            print(problem)
        return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
