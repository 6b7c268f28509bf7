"""A service manager that listens as systemd does, and lets a test wait for what it hears."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Self

from tests.support.processes import DEADLINE

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Manager:
    """A listener at `NOTIFY_SOCKET`; a context manager. Each message is the dictionary of its assignments."""

    def __init__(self, address: str | Path) -> None:
        self.address = str(address)
        self.messages: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if self.address.startswith("@") else self.address)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def env(self) -> dict[str, str]:
        return {"NOTIFY_SOCKET": self.address}

    def wait_for(self, assignment: str) -> dict[str, str]:
        """The next message with that assignment; `STATUS=` is any status."""
        name, _, value = assignment.partition("=")
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            message = self._receive(end - time.monotonic())
            if name in message and value in ("", message[name]):
                return message
        raise AssertionError(f"never heard {assignment!r}, only {self.messages}")

    def read_all(self) -> list[dict[str, str]]:
        """All messages until now; the sender has ended, or what it said is waiting."""
        try:
            while True:
                self._receive(0)
        except AssertionError:
            return self.messages

    def hears_nothing_for(self, seconds: float) -> bool:
        """Whether it is silent, apart from what was said until now."""
        self.read_all()
        heard = len(self.messages)
        with contextlib.suppress(AssertionError):
            self._receive(seconds)
        return len(self.messages) == heard

    def _receive(self, timeout: float) -> dict[str, str]:
        self._socket.settimeout(timeout)
        try:
            text = self._socket.recv(65536).decode()
        except (TimeoutError, BlockingIOError):
            raise AssertionError(f"nothing more was said; before: {self.messages}") from None
        message = dict(line.split("=", 1) for line in text.splitlines())
        self.messages.append(message)
        return message
