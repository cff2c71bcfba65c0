"""Every error that a person can meet, each with its cause and its mend.

    Dt6Error
    ├── SettingError          a setting or argument is unusable (exit code 2)
    ├── WorkspaceError        the folder is missing, a file, empty, or emptied by a rule
    ├── StoreError            the ledger or its folder can't be read or written
    ├── EmbeddingError        vectors could not be made
    └── ModelError            a language model could not answer
        ├── BackendUnavailable    nothing listens, or it hung
        ├── ModelMissing          the server runs, but not with that model
        ├── ConsentRequired       the host is not one the user allowed
        ├── RateLimited           the server said to come back later
        └── StreamCut             the answer broke off

Not here: cancellation, which is no error (`cancel.Cancelled`), and programming errors, which stay what they are.
"""

from __future__ import annotations


class Dt6Error(Exception):
    """What happened, in `cause`; what to do about it, in `mend`. Both are whole sentences without a line break."""

    exit_code = 1

    def __init__(self, cause: str, mend: str = "") -> None:
        super().__init__(cause, mend)
        self.cause = cause
        self.mend = mend

    def __str__(self) -> str:
        return " ".join(part for part in (self.cause, self.mend) if part)


class SettingError(Dt6Error):
    """A setting or argument that can't be used as it stands."""

    exit_code = 2


class WorkspaceError(Dt6Error):
    """The workspace has nothing that can be indexed, or is no folder."""


class StoreError(Dt6Error):
    """The data folder of a workspace can't be read or written."""


class EmbeddingError(Dt6Error):
    """Vectors could not be made, or are not of the dimension that was discovered."""


class ModelError(Dt6Error):
    """A language model could not answer."""


class BackendUnavailable(ModelError):
    """Nothing listens at the address, or it went past a time limit."""


class ModelMissing(ModelError):
    """The server is there, the model is not."""


class ConsentRequired(ModelError):
    """Text would leave this machine for a host that the user has not allowed."""


class RateLimited(ModelError):
    """The server refused for now. `retry_after` is in seconds, where the server gave it."""

    def __init__(self, cause: str, mend: str = "", retry_after: float | None = None) -> None:
        super().__init__(cause, mend)
        self.retry_after = retry_after


class StreamCut(ModelError):
    """The connection ended in the middle of an answer."""
