"""Answers about the architecture of ten thousand files: how long they take, and how long they are.

    python -m tests.benchmarks.architecture [--files 10000] [--json FILE]

The files are those of Python's own library and of what is installed beside it. Budgets: what is known of the whole is
gathered in 5 s of CPU; a question that comes after takes 250 ms of CPU; no overview is longer than was asked for.
Not here: the index (`indexing`), and whether the edges are right.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dt6_lsp.assistant.architecture.atlas import map_for
from dt6_lsp.assistant.architecture.facts import Atlas
from dt6_lsp.cancel import CancelToken
from dt6_lsp.models.tokens import TokenCounter
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, scratch
from tests.index_fixtures import FakeEmbedder, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dt6_lsp.index.index import Index

GATHER_SECONDS = 5.0
ANSWER_MS = 250.0
BUDGETS = (300, 600, 1_200, 2_500, 5_000)
QUESTIONS = (
    "What is the architecture?", "Is there a cycle?", "What are the layers?", "What are the entry points?",
    "What are the most central symbols?", "What depends on packages/numpy?", "What breaks if I change packages/idna?",
    "How does a request reach packages/certifi?", "How does a request reach CaseInsensitiveDict?",
    "What breaks if I change parse_requirement?", "What depends on no_such_thing.py?",
)  # fmt: skip


def sources(most: int) -> Iterator[tuple[Path, str]]:
    """Files of Python and where they go, the same ones on every machine with the same packages."""
    folders = {"packages": sysconfig.get_path("purelib"), "stdlib": sysconfig.get_path("stdlib")}
    found = [
        (path, f"{name}/{path.relative_to(folder).as_posix()}")
        for name, folder in folders.items()
        for path in sorted(Path(folder).rglob("*.py"))
        if not (name == "stdlib" and "site-packages" in path.parts)
    ]
    yield from found[:most]


def measure(most: int) -> Measured:
    with scratch() as folder:
        root = folder / "work"
        for source, target in sources(most):
            place = root / target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
        with opened(root, folder / "store", FakeEmbedder()) as index:
            files = index.update().files
            return Measured([Figure("files", files, ""), *figures(index)])


def figures(index: Index) -> Iterator[Figure]:
    atlas, cancel = Atlas(), CancelToken()
    yield Figure("import graph", cpu(index.graph), "CPU s")
    yield Figure("all that is known of the whole, the graph at hand", cpu(lambda: atlas.of(index, cancel)), "CPU s",
                 GATHER_SECONDS)  # fmt: skip
    for question in QUESTIONS:
        seconds = cpu(lambda: map_for(question, "arch", index, atlas, lambda _: True))  # noqa: B023 - called at once
        yield Figure(question, 1_000 * seconds, "CPU ms", ANSWER_MS)
    counter = TokenCounter()
    for most in BUDGETS:
        found = map_for(QUESTIONS[0], "arch", index, atlas, lambda text: counter.count(text) <= most)  # noqa: B023
        tokens = 0 if found is None else counter.count(found.text)
        yield Figure(f"overview in {most:,} tokens", tokens, "tokens", most)
        yield Figure("  of which are used", tokens / most, "", 0.2, at_least=True)


def cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--files", type=int, default=10_000)
    options = ask.parse_args()
    return conclude("architecture", options.json, lambda: measure(options.files))


if __name__ == "__main__":
    sys.exit(main())
