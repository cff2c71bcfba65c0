"""An index run in a process of its own, made to be killed (see `tests.kills`). It says where it is, a word a line.

python -m tests.victim ROOT STORE MODEL
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dt6_lsp.index.collecting import tidy
from tests.index_fixtures import FakeEmbedder, opened

if TYPE_CHECKING:
    from dt6_lsp.index.model import IndexProgress


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def tell(step: IndexProgress) -> None:
    say(step.phase)
    if step.phase == "indexing" and step.done == step.total:
        say("collecting")  # what is gone goes, and vectors that nothing needs any more


if __name__ == "__main__":
    with opened(Path(sys.argv[1]), Path(sys.argv[2]), FakeEmbedder(sys.argv[3])) as index:
        say("opened")
        index.update(wait_sync=True, progress=tell)
        say("compacting")
        index._store.ledger.compact()
        say("closing")
    say("tidying")
    tidy(Path(sys.argv[2]), Path(sys.argv[1]))
