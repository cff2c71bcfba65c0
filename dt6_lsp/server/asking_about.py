"""The action that asks about lines: an editor that knows nothing of DT6 has no field to type a question into, so a few
are given to choose from. A plugin asks its user, and sends `dt6.ask`.

Not here: how a question is answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.server.convert import lines_range, to_plain

if TYPE_CHECKING:
    from dt6_lsp.server.code_action import ActionArguments
    from dt6_lsp.server.session import Call

QUESTIONS = (
    "Who uses this code, and what would a change of it break?",
    "How is this code tested, and what is not?",
    "What can go wrong in this code?",
    "Why is this code as it is?",
)


async def ask(call: Call, about: ActionArguments, token: types.ProgressToken | None) -> None:
    """Nothing where the user chooses none."""
    from dt6_lsp.server import questions  # late: it imports the engine

    items = [types.MessageActionItem(each) for each in QUESTIONS]
    params = types.ShowMessageRequestParams(types.MessageType.Info, "What do you want to know?", items)
    asked = call.session.server.window_show_message_request_async(params)
    chosen = await until_cancelled(asked, call.cancel)
    if chosen is None or chosen.title not in QUESTIONS:
        return
    where = to_plain(lines_range(about.start_line, about.end_line))
    arguments = questions.AskArguments(chosen.title, about.uri, where)
    await questions.show(call, arguments, "DT6: answering", token=token)
