"""How a line of each language is made a comment: one table.

Not here: blocks, which a text inside of them may end, and how documentation is written.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE_COMMENTS: Mapping[str, str] = MappingProxyType(
    {
        name: mark
        for mark, names in {
            "#": "python ruby bash elixir yaml toml",
            "//": "javascript typescript tsx rust go java c cpp csharp php kotlin swift scala zig",
            "--": "lua haskell sql",
        }.items()
        for name in names.split()
    }
)
"""Languages that have none (HTML, CSS, JSON, Markdown) are not here."""
