"""`dt6-lsp forget`: removes what is remembered of conversations, also for processes that have the workspace open.

Not here: answers that an editor wrote to files, which `dt6-lsp gc` removes when they are old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.cli.terminal import counted
from dt6_lsp.contracts import forgotten_json
from dt6_lsp.errors import Dt6Error

if TYPE_CHECKING:
    from dt6_lsp.cli.invocation import Invocation
    from dt6_lsp.engine import Kept


def forget(call: Invocation) -> int:
    gone = call.run(_forget(call))
    if call.args.json:
        call.terminal.json(forgotten_json(gone))
    else:
        turns, conversations = counted(gone.turns, "question"), counted(gone.conversations, "conversation")
        call.terminal.line(f"Forgot {turns} of {conversations}.")
    return 0


async def _forget(call: Invocation) -> Kept:
    named: str = call.args.conversation
    async with call.engine() as engine:
        if named and not await engine.remembers(named):
            raise Dt6Error(
                f"There is no conversation {named} in this workspace; nothing was forgotten.",
                "The JSON of an answer names its conversation; --all forgets everything.",
            )
        return await engine.forget(named)
