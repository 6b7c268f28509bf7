"""Ctrl-C and the closing of the window on Windows, by the optional module `win32api` (documentation, chapter Run-time).

Windows calls the handler in a thread of its own, so that it is heard while the event loop is blocked too.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from typing import Any

CTRL_C_EVENT = 0
CTRL_BREAK_EVENT = 1

GRACE = 5.0
"""What Windows lets a process do after its window was closed, in seconds."""


class Console:
    """The handler of a console; nothing where there is no `win32api`."""

    def __init__(self, stop: Callable[[], Any]) -> None:
        """Take what is called when the user or the system wants the process to end."""
        self._stop = stop
        self._win32api: Any = None
        self._over = threading.Event()

    def install(self) -> None:
        """Install the handler."""
        try:
            self._win32api = importlib.import_module("win32api")
        except ImportError:
            return
        self._win32api.SetConsoleCtrlHandler(self._handle, True)

    def restore(self) -> None:
        """Take the handler back."""
        if self._win32api is not None:
            self._win32api.SetConsoleCtrlHandler(self._handle, False)
            self._win32api = None
        self._over.set()

    def _handle(self, event: int) -> bool:
        self._stop()
        if event not in (CTRL_C_EVENT, CTRL_BREAK_EVENT):
            self._over.wait(GRACE)  # the window closes, or the user logs off: the process ends when this returns
        return True
