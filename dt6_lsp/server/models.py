"""`dt6.models` and `dt6.switchModel`: which models there are, and another one while the server runs.

A switch holds until the next one, or until the settings name another; also for the engine that follows when folders
change. Not here: the choosing (`dt6_lsp.models.orchestrator`).
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dt6_lsp.contracts import models_json
from dt6_lsp.errors import Dt6Error
from dt6_lsp.server import lists
from dt6_lsp.server.arguments import parse

if TYPE_CHECKING:
    from lsprotocol.types import ProgressToken

    from dt6_lsp.engine import Engine
    from dt6_lsp.server.session import Call, Session

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelsArguments:
    """`show`: as a page, too."""

    show: bool = False


@dataclass(frozen=True, slots=True)
class SwitchArguments:
    """Of `backend` alone its usual model answers; of `model` alone (or MODEL@BACKEND), on the backend of now. Neither:
    whom the settings name."""

    model: str = ""
    backend: str = ""


async def models(call: Call, given: object, _token: ProgressToken | None) -> dict[str, Any]:
    arguments = parse(ModelsArguments, given, "dt6.models")
    listed = models_json(await (await call.engine()).models())
    if arguments.show:
        await lists.show_models(call, listed)
    return listed


async def switch(call: Call, given: object, _token: ProgressToken | None) -> dict[str, Any]:
    """The choice from now on, as `dt6.models` has it. What can't answer is an error, and nothing changes."""
    wanted = parse(SwitchArguments, given, "dt6.switchModel", bare="model")
    chat = await (await call.engine()).switch_model(wanted.backend, wanted.model)
    call.session.switched = wanted
    return asdict(chat)


async def switch_again(session: Session, engine: Engine) -> None:
    """After another engine has been opened."""
    if session.switched is None:
        return
    try:
        await engine.switch_model(session.switched.backend, session.switched.model)
    except Dt6Error as error:
        session.switched = None
        logger.warning("The model that was switched to is not used any more: %s", error)
