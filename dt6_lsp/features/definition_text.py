"""The text of a definition, as the index has it: no secrets, and right for what is not saved.

Not here: the text on disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dt6_lsp.index.model import Definition, Reader


def definition_lines(reader: Reader, item: Definition) -> list[str]:
    """Its lines, with the decorators above it. (Chunks leave out lines that are blank.)"""
    lines = [""] * (item.end_line - item.start_line + 1)
    for chunk in reader.chunks(item.path):
        if chunk.start_line <= item.end_line and item.start_line <= chunk.end_line:
            for number, line in enumerate(chunk.text.split("\n"), chunk.start_line - item.start_line):
                if 0 <= number < len(lines):
                    lines[number] = line
    return lines
