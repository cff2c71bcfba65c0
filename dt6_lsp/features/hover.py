"""What the index knows of the name under the cursor. No call to a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.index.model import Reader, Use
    from dt6_lsp.syntax.model import Kind


@dataclass(frozen=True, slots=True)
class Hover:
    """One definition, as data. `used_by` counts uses in the workspace, `top_uses` are some of them; `others` counts
    further definitions of the same name. The range is that of the name under the cursor: columns in code points."""

    title: str
    kind: Kind
    signature: str
    language: str
    doc: str
    path: str
    line: int
    used_by: int
    top_uses: tuple[Use, ...]
    others: int
    start_column: int
    end_column: int


def hover(reader: Reader, path: str, text: str, line: int, column: int) -> Hover | None:
    return None


def render_markdown(found: Hover) -> str:
    return found.title


def render_plain(found: Hover) -> str:
    return found.title
