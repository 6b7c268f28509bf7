"""Signals of the process, for as long as the application lives.

The handlers are the interpreter's, not the event loop's: they also run while the loop is blocked, so that the third
Ctrl-C always gets through. They must do nothing but hand over to the loop. Outside the main thread none is installed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from asab_app._console import Console


class Signals:
    """Handlers that are installed and, at the end, taken back."""

    def __init__(self, handlers: Mapping[str, Callable[[], Any]]) -> None:
        """Take the handlers.

        Args:
            handlers: Name of a signal to what is called; one that the system does not know is passed over.
        """
        self._handlers = {getattr(signal, name): call for name, call in handlers.items() if hasattr(signal, name)}
        self._previous: dict[int, Any] = {}
        self._console = Console(handlers["SIGINT"])

    def install(self) -> None:
        """Install the handlers, in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number, call in self._handlers.items():
            self._previous[number] = signal.signal(number, _handler(call))
        self._console.install()

    def restore(self) -> None:
        """Put back what was there before."""
        self._console.restore()
        for number, previous in self._previous.items():
            signal.signal(number, signal.SIG_DFL if previous is None else previous)
        self._previous.clear()


def _handler(call: Callable[[], Any]) -> Callable[[int, FrameType | None], None]:
    def handler(_number: int, _frame: FrameType | None) -> None:
        call()

    return handler
