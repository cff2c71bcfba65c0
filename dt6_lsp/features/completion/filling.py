"""A model fills a gap: what it is shown, and reading what it writes for no longer than that is of use.

Not here: when it is asked (`completing`), and what of its text is suggested (`trimming`).
"""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dt6_lsp.assistant.blocking import until_cancelled
from dt6_lsp.errors import ModelError
from dt6_lsp.features.completion.context import Piece, Searches, comments, definitions
from dt6_lsp.features.completion.gap import Gap, Window, window
from dt6_lsp.features.completion.kept import Suggestion
from dt6_lsp.features.completion.trimming import is_enough, trimmed
from dt6_lsp.models.base import COMPLETION, FillRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from dt6_lsp.assistant.blocking import Blocking
    from dt6_lsp.assistant.services import Services
    from dt6_lsp.cancel import CancelToken
    from dt6_lsp.index.model import Reader
    from dt6_lsp.models.base import Usage
    from dt6_lsp.models.orchestrator import Choice

SEARCH_SECONDS = 0.008  # that it is waited for
CONTEXT_SHARE = 0.3  # of the tokens
_STOP_IN_LINE, _STOP = ("\n",), ("\n\n\n\n",)


@dataclass(slots=True)
class _Written:
    parts: list[str]
    usage: Usage | None = None
    ended: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)


class Filling:
    """Belongs to one event loop. `admits` says of a path whether its text may be shown to a model."""

    def __init__(self, run: Blocking, admits: Callable[[str], bool], search_seconds: float = SEARCH_SECONDS) -> None:
        self._run, self._admits = run, admits
        self._searches = Searches(run, search_seconds)

    async def suggest(
        self, gap: Gap, over: Callable[[], Reader], services: Services, cancel: CancelToken
    ) -> Suggestion:
        """Without text where there is nothing to suggest. `ModelError` where nobody fills it; `Cancelled` within
        milliseconds, and the stream from the model is closed."""
        started = time.perf_counter()
        choice = await until_cancelled(services.hub.choose(COMPLETION), cancel)
        if choice.backend is None:
            raise choice.error or ModelError(f"No model completes code. {choice.why}".strip())
        request = await self._request(gap, over, services, choice, cancel)
        if request is None:
            return Suggestion("", choice.model)
        services.metrics.observe("complete.prepared.seconds", time.perf_counter() - started)
        written = _Written([])
        await _read(choice, gap, request, cancel, written)
        whole = written.ended and (written.usage is None or written.usage.completion_tokens < request.max_tokens)
        services.metrics.observe("complete.seconds", time.perf_counter() - started)
        if written.usage is not None:
            services.metrics.count("complete.prompt_tokens", written.usage.prompt_tokens)
            services.metrics.count("complete.completion_tokens", written.usage.completion_tokens)
        whole = whole and len(written.parts) < request.max_tokens
        return Suggestion(trimmed(gap, written.text, whole=whole), choice.model)

    async def _request(
        self, gap: Gap, over: Callable[[], Reader], services: Services, choice: Choice, cancel: CancelToken
    ) -> FillRequest | None:
        """None where the text is no model's to see. Nothing is searched before that is known."""
        options = services.settings.completion
        room = min(options.context_tokens, max(choice.context_tokens - options.max_tokens, 0))
        beside = int(room * CONTEXT_SHARE)
        count = partial(services.counter.count, model=choice.model)

        def look() -> tuple[Window, list[Piece]] | None:
            shown = window(gap, count, room - beside) if not gap.path or self._admits(gap.path) else None
            return None if shown is None else (shown, definitions(gap, over()))

        looked = await until_cancelled(self._run(look), cancel)
        if looked is None or not "".join(looked[0]).strip():
            return None
        shown, meant = looked
        found = await until_cancelled(self._searches.pieces(gap.path, shown.prefix, over), cancel)
        known = {piece.path for piece in meant}
        others = [piece for piece in found if piece.path not in known]
        prefix = comments(gap.language, (*meant, *others), count, beside) + shown.prefix
        stop = _STOP_IN_LINE if gap.in_line else _STOP
        return FillRequest(choice.model, prefix, shown.suffix, room + options.max_tokens, options.max_tokens, stop=stop)


async def _read(choice: Choice, gap: Gap, request: FillRequest, cancel: CancelToken, written: _Written) -> None:
    """Up to its end, or until there is enough; then the stream is closed."""
    assert choice.backend is not None
    async with aclosing(choice.backend.fill(request, cancel)) as deltas:
        async for delta in deltas:
            written.usage = delta.usage or written.usage
            if delta.text:
                written.parts.append(delta.text)
                if is_enough(gap, written.text):
                    return
    written.ended = True
