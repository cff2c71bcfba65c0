"""`dt6/ask`, the one request that is DT6's own: its name, its type for pygls, and the way to what answers it.

Not here: the answering (`questions`), which is imported late: it needs the engine, and `initialize` must not wait for
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from dt6_lsp.server.session import Call

ASK = "dt6/ask"


@attrs.define
class AskRequest:
    """Typed for pygls, which would make a namedtuple of parameters that it does not know."""

    id: Any
    method: str
    params: Any = None
    jsonrpc: str = "2.0"


async def ask(call: Call, params: Any) -> dict[str, Any]:
    from dt6_lsp.server.questions import answer_request

    return await answer_request(call, params)
