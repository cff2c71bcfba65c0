"""What one command works with: its arguments, the settings, the terminal, and an engine that is opened when asked for.

A first Ctrl-C (or SIGTERM) cancels through the token, so that streams and stores are closed in order; a second one
ends the process as the system does it.
Not here: the commands.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dt6_lsp.cancel import CancelToken
from dt6_lsp.errors import SettingError
from dt6_lsp.settings import Loaded, data_dir, load

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence

    from dt6_lsp.cli.terminal import Terminal
    from dt6_lsp.engine import Engine
    from dt6_lsp.settings import Settings

    Build = Callable[[Settings, Sequence[Path], Path], Engine]

T = TypeVar("T")


@dataclass(frozen=True)
class Invocation:
    args: argparse.Namespace
    terminal: Terminal
    build: Build | None = None
    cancel: CancelToken = field(default_factory=CancelToken)

    @cached_property
    def workspace(self) -> Path:
        """Absolute. An index of `dt6-lsp index PATH` is that of PATH."""
        named = getattr(self.args, "path", None) or self.args.workspace
        return Path(os.path.abspath(Path(named).expanduser() if named else Path.cwd()))

    @cached_property
    def loaded(self) -> Loaded:
        """Strict: a setting of the user that can't be used ends the command. The workspace's own file never does."""
        loaded = load(self.workspace, overrides=self.args.overrides, strict=True)
        for problem in loaded.problems:
            self.terminal.note(f"dt6-lsp: {problem}")
        return loaded

    @cached_property
    def data_dir(self) -> Path:
        return data_dir(self.args.data_dir)

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        """What the stores have to say is told when they are open, and what they say meanwhile at the end."""
        engine = (self.build or _build)(self.loaded.settings, [self.workspace], self.data_dir)
        told: set[str] = set()
        try:
            self._tell(engine.notices, told)
            yield engine
        finally:
            self._tell(engine.notices, told)
            await engine.close()

    def _tell(self, notices: Sequence[str], told: set[str]) -> None:
        for notice in notices:
            if notice not in told:
                told.add(notice)
                self.terminal.note(f"dt6-lsp: {notice}")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; Ctrl-C cancels the token, and what listens to it raises `Cancelled`."""
        import asyncio  # 40 ms that help and `config` do without

        async def cancellable() -> T:
            loop = asyncio.get_running_loop()

            def stop(*_: object) -> None:
                handling.restore()
                loop.call_soon_threadsafe(self.cancel.cancel)

            with _handling(stop) as handling:
                return await work

        return asyncio.run(cancellable())

    def shown(self, path: str) -> str:
        """A path of the workspace as a terminal can open it from here."""
        try:
            prefix = os.path.relpath(self.workspace, Path.cwd())
        except ValueError:  # another drive
            prefix = str(self.workspace)
        return path if prefix == os.curdir else (Path(prefix) / path).as_posix()


def named_file(engine: Engine, workspace: Path, name: str, option: str) -> str:
    """The file as the index names it. One that is not there is a mistake of the caller, not of the answer."""
    path = engine.relative(workspace / name) if (workspace / name).is_file() else None
    if path is None:
        raise SettingError(f"The workspace has no file {name}.", f"Give {option} a path relative to the workspace.")
    return path


class _Handlers:
    """The handlers of what asks this process to stop, as they were."""

    def __init__(self) -> None:
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name)]
        self._before = {number: signal.getsignal(number) for number in numbers}

    def set(self, handler: Any) -> None:
        for number in self._before:
            signal.signal(number, handler)

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


@contextmanager
def _handling(handler: Any) -> Iterator[_Handlers]:
    """Only the main thread may listen for signals; elsewhere nobody presses Ctrl-C."""
    handlers = _Handlers()
    main = threading.current_thread() is threading.main_thread()
    if main:
        handlers.set(handler)
    try:
        yield handlers
    finally:
        if main:
            handlers.restore()


@contextmanager
def interruptible() -> Iterator[None]:
    """Around a read that blocks the event loop: Ctrl-C ends it at once, by KeyboardInterrupt."""
    with _handling(signal.default_int_handler):
        yield


def _build(settings: Settings, roots: Sequence[Path], data: Path) -> Engine:
    from dt6_lsp.app import build_engine

    return build_engine(settings, roots, data)
