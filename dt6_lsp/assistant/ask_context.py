"""What the person who asks has before them. Goes into every prompt, whatever search finds.

Not here: how it is read or packed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AskContext:
    """`path` is the open file; `selection` the text marked in it, with its lines (0 where there is none).
    `conversation` is the one that the question goes on with; "" begins a new one. `images` are absolute paths or
    `data:` URIs. Without `use_cache` a model writes anew, and its answer takes the place of the one that is kept."""

    selection: str = ""
    path: str = ""
    start_line: int = 0
    end_line: int = 0
    named_files: tuple[str, ...] = ()
    conversation: str = ""
    map_tokens: int = 0  # of a map of the workspace at most; given, one is wanted whatever the question
    images: tuple[str, ...] = ()
    use_cache: bool = True
