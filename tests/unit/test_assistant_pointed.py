"""Lines that a question points to: how much is read for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dt6_lsp.assistant.pointed import pointed
from tests.unit.assistant_fixtures import FakeReader

if TYPE_CHECKING:
    from dt6_lsp.index.model import Hit


@dataclass
class Counting(FakeReader):
    read: list[str] = field(default_factory=list)

    def chunks(self, path: str) -> list[Hit]:
        self.read.append(path)
        return super().chunks(path)


def test_no_more_files_are_read_than_are_shown_but_those_that_have_no_such_line() -> None:
    reader = Counting({f"lib/part_{number}.py": f"def part():\n    return {number}\n" for number in range(20)})
    lines = [99, *[2] * 19]
    shown = pointed("\n".join(f"lib/part_{number}.py:{line}" for number, line in enumerate(lines)), reader)
    assert [(each.path, each.line) for each in shown] == [(f"lib/part_{number}.py", 2) for number in (1, 2, 3)]
    assert reader.read == [f"lib/part_{number}.py" for number in range(4)]
