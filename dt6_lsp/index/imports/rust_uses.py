"""What a `use` or a `mod` of Rust says, taken apart. Not here: which files that means (`rust_modules`, `rust`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dt6_lsp.syntax.model import Import

Path = tuple[str, ...]
_TOKEN = re.compile(r"[{},*]|(?:r#)?\w+|\$crate")
_COLONS = re.compile(r"\s*::\s*")


class Leaf(NamedTuple):
    """One name of a `use`: the path that it stands for ("*" at the end for all), and what it is called here."""

    path: Path
    name: str


def leaves(module: str, names: str) -> list[Leaf]:
    """`a::{b, c::d as e, self, f::*}` as one path for each name."""
    begin, brace, rest = module.partition("{")
    head = tuple(part for part in _COLONS.split(begin) if part)
    text = brace + rest or names
    if text.startswith(("{", "*")):
        return list(_expanded([found[0] for found in _TOKEN.finditer(text)], head))
    return [Leaf(head, text or head[-1])] if head else []


def _expanded(tokens: Sequence[str], head: Path) -> Iterator[Leaf]:
    """Of one braced list or star, without recursion: a list may be as deep as anybody likes."""
    stack, path, renamed = [head], list(head), ""
    fresh = False
    for token in [*tokens, ","]:
        if token == "{":
            stack.append(tuple(path))
            fresh = False
        elif token in (",", "}"):
            if fresh:
                yield _leaf(tuple(path), renamed)
            if token == "}" and len(stack) > 1:
                stack.pop()
            path, renamed, fresh = list(stack[-1]), "", False
        elif token == "as":
            renamed = "as"
        elif renamed:
            renamed = token
        else:
            path.append(token)
            fresh = True


def _leaf(path: Path, renamed: str) -> Leaf:
    whole = path[:-1] if path[-1] == "self" and len(path) > 1 else path
    return Leaf(whole, renamed or whole[-1])


def is_declaration(item: Import) -> bool:
    """Whether it is `mod name;`."""
    return "mod" in item.names.split(", ")


def is_open(item: Import) -> bool:
    """Whether a declared module is for others than the one that it is in."""
    return item.names.startswith("pub")


def written_path(item: Import) -> str:
    """The path that `#[path]` gives a declared module; "" without one."""
    return next((part for part in item.names.split(", ") if part not in ("mod", "") and not part.startswith("pub")), "")
