"""What a request that went wrong answers: the error code, and one plain sentence. Never a traceback.

Not here: logging, and notifications, which have no answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cattrs import transform_error
from lsprotocol.types import ErrorCodes, LSPErrorCodes, ResponseError
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams

from dt6_lsp.cancel import Cancelled
from dt6_lsp.errors import Dt6Error, SettingError

if TYPE_CHECKING:
    from concurrent.futures import CancelledError as ThreadCancelled
else:
    from concurrent.futures import CancelledError as ThreadCancelled

_CANCELLED = (asyncio.CancelledError, ThreadCancelled, Cancelled)


def invalid_params(message: str) -> JsonRpcInvalidParams:
    """To be raised by a handler whose caller sent something that does not fit."""
    return JsonRpcInvalidParams(message=message)


def content_modified() -> JsonRpcContentModified:
    """To be raised where an answer would be about a text that is not there any more. Clients don't show it."""
    return JsonRpcContentModified(message="The document was changed meanwhile, so this is not about it any more.")


def response_error(error: BaseException) -> ResponseError:
    """`data` is always left out: pygls would put a traceback there."""
    if isinstance(error, _CANCELLED):
        return ResponseError(code=LSPErrorCodes.RequestCancelled, message="The request was cancelled.")
    if isinstance(error, SettingError):
        return ResponseError(code=ErrorCodes.InvalidParams, message=str(error))
    if isinstance(error, Dt6Error):
        return ResponseError(code=LSPErrorCodes.RequestFailed, message=str(error))
    if isinstance(error, JsonRpcException):
        return ResponseError(code=error.code, message=error.message)
    return ResponseError(code=ErrorCodes.InternalError, message=_unexpected(error))


def is_expected(error: BaseException) -> bool:
    """True for what a user or a client did; the rest belongs in the log with its traceback."""
    return isinstance(error, (*_CANCELLED, Dt6Error, JsonRpcException))


def misfit(method: str, error: Exception) -> str:
    """In words, why the parameters of a message could not be understood."""
    reasons = "; ".join(reason.replace(" @ $.", ": ") for reason in transform_error(error))
    return f"The parameters of {method} do not fit: {reasons}."


def _unexpected(error: BaseException) -> str:
    return (
        f"DT6 met a problem that it did not expect ({type(error).__name__}: {error}). The log of the server says more."
    )
