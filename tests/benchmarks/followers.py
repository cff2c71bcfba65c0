"""Several servers on one workspace while files change; the one that writes is killed, again and again.

    python -m tests.benchmarks.followers [--servers 5] [--rounds 10] [--json FILE]

Seconds until another server writes, and until a change is known to every server (made while all is quiet, and right
after the kill). Budgets: a take-over lasts 5 s at most, no answer is stale for more than 2 s (after a kill: than 2 s
after the take-over), and in the end the ledger is whole and equals a fresh one.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from dt6_lsp.index.index import Index
from dt6_lsp.models.build import build_embedder
from dt6_lsp.settings import Settings
from tests.benchmarks.measure import Figure, Measured, arguments, conclude, scratch, spread
from tests.index_fixtures import ledger, rows
from tests.lsp.harness import editing, environment, make_workspace
from tests.lsp.test_followers import STALE_SECONDS, TAKE_OVER_SECONDS, found, writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lsp.harness import Editor

_GIVE_UP_SECONDS = 30.0


@dataclass
class Times:
    """In seconds. `stale` are waits that were too long."""

    taken_over: list[float] = field(default_factory=list)
    quiet: list[float] = field(default_factory=list)
    after_kill: list[float] = field(default_factory=list)
    stale: list[float] = field(default_factory=list)

    def figures(self) -> list[Figure]:
        waits = {"until another writes": self.taken_over, "until a change is known": self.quiet}
        waits["until one made right after a kill is known"] = self.after_kill
        found = []
        for what, each in waits.items():
            budget = TAKE_OVER_SECONDS if each is self.taken_over else None
            found.append(Figure(f"{what}, median", median(each), "s"))
            found.append(Figure(f"{what}, longest", max(each), "s", budget))
        return [*found, Figure("stale answers", len(self.stale), "", 0)]


class Workplace:
    """The servers on one workspace, and what it holds."""

    def __init__(self, folder: Path, servers: AsyncExitStack) -> None:
        self.root, self.state = make_workspace(folder / "work"), folder / "state"
        self._servers = servers
        self.editors: list[Editor] = []
        self._edits = 0

    async def start_one(self) -> None:
        editor = await self._servers.enter_async_context(editing(self.root, self.state))
        await editor.indexed()
        self.editors.append(editor)

    def edit(self) -> tuple[str, str]:
        """Writes one file; the names that are to be found from now on, and not any more."""
        self._edits += 1
        path = self.root / f"edit{self._edits % 7}.py"
        path.write_text(f"def edited_{self._edits}_now(value):\n    return value\n", encoding="utf-8")
        return f"edited_{self._edits}_now", f"edited_{self._edits - 7}_now"

    async def known(self, names: tuple[str, str]) -> float:
        """Seconds until every server answers with the change."""
        started = time.monotonic()
        await asyncio.gather(*(_answers(editor, names) for editor in self.editors))
        return time.monotonic() - started

    async def writer(self) -> Editor:
        started = time.monotonic()
        while time.monotonic() - started < _GIVE_UP_SECONDS:
            for editor in self.editors:
                if await writes(editor):
                    return editor
        raise TimeoutError("no server writes")


async def _answers(editor: Editor, names: tuple[str, str]) -> None:
    new, old = names
    async with asyncio.timeout(_GIVE_UP_SECONDS):
        while not await found(editor, new) or await found(editor, old):
            pass


async def one_round(place: Workplace, times: Times, chances: random.Random) -> None:
    for _ in range(chances.randrange(1, 4)):
        times.quiet.append(await place.known(place.edit()))
        times.stale.extend(wait for wait in times.quiet[-1:] if wait > STALE_SECONDS)
    writer = await place.writer()
    before, names = place.edit(), place.edit()  # the writer may be at work on them
    await asyncio.wait([asyncio.ensure_future(writer.process.wait())], timeout=chances.uniform(0, 0.1))
    writer.process.kill()
    await writer.process.wait()
    place.editors.remove(writer)
    killed = time.monotonic()
    last = place.edit()
    await place.writer()
    times.taken_over.append(time.monotonic() - killed)
    for each in (before, names, last):
        await place.known(each)
    times.after_kill.append(time.monotonic() - killed)
    if times.after_kill[-1] > times.taken_over[-1] + STALE_SECONDS:
        times.stale.append(times.after_kill[-1])
    await place.start_one()


def wrongs(root: Path, store: Path, fresh: Path) -> Sequence[str]:
    """What is wrong with the ledger that the servers left."""
    embedder = build_embedder(Settings())
    index = Index.open(root, fresh, embedder, Settings())
    index.update()
    index.close()
    embedder.close()
    with ledger(store) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchall()
    problems = [] if whole == [("ok",)] else [f"integrity_check: {whole}"]
    return problems if rows(store) == rows(fresh) else [*problems, "its rows are not those of a fresh ledger"]


async def killed_often(folder: Path, servers: int, rounds: int) -> tuple[Times, Sequence[str]]:
    times, chances = Times(), random.Random(servers)
    async with AsyncExitStack() as stack:
        place = Workplace(folder, stack)
        for _ in range(servers):
            await place.start_one()
        for _ in range(rounds):
            await one_round(place, times, chances)
    data = Path(environment(place.state)["DT6_DATA_DIR"])
    (store,) = (data / "workspaces").iterdir()
    return times, wrongs(place.root, store, folder / "fresh")


def measure(folder: Path, servers: int, rounds: int) -> Measured:
    times, problems = asyncio.run(killed_often(folder, servers, rounds))
    for problem in problems:
        print(f"the ledger: {problem}")
    asked = [Figure("servers", servers, ""), Figure("kills of the one that writes", rounds, "")]
    wrong = Figure("what is wrong with the ledger in the end", len(problems), "", 0)
    return Measured(
        [*asked, *times.figures(), wrong], {key: spread(each) for key, each in asdict(times).items() if each}
    )


def main() -> int:
    ask = arguments(__doc__)
    ask.add_argument("--servers", type=int, default=5)
    ask.add_argument("--rounds", type=int, default=10)
    options = ask.parse_args()
    with scratch() as folder:
        return conclude("followers", options.json, lambda: measure(folder, options.servers, options.rounds))


if __name__ == "__main__":
    sys.exit(main())
