"""Which file of the workspace a place in a question means, that a person or a program wrote."""

from __future__ import annotations

from typing import Any

import pytest

from dt6_lsp.assistant.mentions import Place, located, places
from tests.unit.assistant_fixtures import FakeReader

LINES = "".join(f"x{number} = {number}\n" for number in range(1, 31))
READER = FakeReader(
    dict.fromkeys(("src/flask/app.py", "app.py", "src/flask/json/tag.py", "lib/json/decoder.py", "a/util.py"), LINES)
    | {"b/util.py": LINES, "web/only.py": LINES, "context.go": "package gin\n" * 30}
)


@pytest.mark.parametrize(
    ("path", "line", "file"),
    [
        ("/x/site-packages/flask/app.py", 10, "src/flask/app.py"),  # installed
        ("C:/venv/Lib/site-packages/flask/json/tag.py", 10, "src/flask/json/tag.py"),
        ("/srv/checkout/src/flask/app.py", 10, "src/flask/app.py"),
        ("flask/app.py", 10, "src/flask/app.py"),
        ("/home/me/go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go", 10, "context.go"),
        ("/srv/app/only.py", 10, "web/only.py"),  # a name that only one file has
        ("app.py", 10, "app.py"),
    ],
)
def test_a_frame_finds_the_file_that_shares_the_longest_end_of_its_path(path: str, line: int, file: str) -> None:
    assert located(Place(path, line), READER.files(), READER) == file


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/x/site-packages/flask/app.py", 1_000),  # it has no such line: another edition
        ("/srv/app/only.py", 1_000),
        ("/usr/lib/python3.11/json/decoder.py", 10),  # Python's own
        ("/x/site-packages/other/only.py", 10),  # another package
        ("/srv/c/util.py", 10),  # two files are called so
        ("/srv/c/nothing.py", 10),
    ],
)
def test_a_frame_of_others_finds_nothing(path: str, line: int) -> None:
    assert located(Place(path, line), READER.files(), READER) is None


def test_of_thousands_of_files_only_those_of_that_name_are_compared_part_by_part() -> None:
    compared = []

    class Path(str):  # a file that tells when it is taken apart
        __slots__ = ()

        def split(self, *args: Any, **options: Any) -> list[str]:
            compared.append(str(self))
            return super().split(*args, **options)

    files: list[str] = [
        Path(file) for file in (*READER.files(), *(f"src/module_{number}.py" for number in range(2_000)))
    ]
    assert located(Place("/x/site-packages/flask/json/tag.py", 10), files, READER) == "src/flask/json/tag.py"
    assert compared == ["src/flask/json/tag.py"]


def test_without_a_line_only_the_whole_path_of_a_file_counts() -> None:
    assert located(Place("/x/only.py"), READER.files(), READER) is None


def test_a_package_of_go_is_no_file() -> None:
    frame = (
        "github.com/gin-gonic/gin.(*Context).Next(0x1)\n\t/home/me/gin/context.go:185 +0x2b\ngolang.org/x/net.serve()"
    )
    assert places(frame) == (Place("/home/me/gin/context.go", 185),)
    assert places("see notes.org") == (Place("notes.org"),)
    assert places("see lazy.nvim/lua/config.lua") == (Place("lazy.nvim/lua/config.lua"),)
