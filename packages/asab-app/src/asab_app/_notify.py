"""What a service manager is told: the protocol of sd_notify(3), which is a datagram to the socket in `NOTIFY_SOCKET`.

The rule: the manager is a listener, never a reason to fail or to wait. Without one every call is nothing at all.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import Final

L = logging.getLogger(__name__)

_LAUNCHED: Final = os.getpid()
"""The process that the manager has started; a daemon is another one, and says so."""

_PATIENCE: Final = 1.0  # seconds for what must arrive, when the manager is so busy that its queue is full


def is_for_us(pid: str) -> bool:
    """Return whether a variable such as `WATCHDOG_PID` or `LISTEN_PID` means this program, not a parent of it."""
    return pid in (str(_LAUNCHED), str(os.getpid()))


class Notifier:
    """The line to the service manager; false if there is none."""

    def __init__(self) -> None:
        """Read `NOTIFY_SOCKET`: the path of a unix socket, or a name after `@` for one of the abstract kind."""
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address: str | None = None
        if address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX"):
            self._address = "\0" + address[1:] if address.startswith("@") else address
        elif address:
            L.warning("NOTIFY_SOCKET=%s cannot be used: expected an absolute path, or a name after @", address)

    def __bool__(self) -> bool:
        """Return whether somebody listens, as far as we know."""
        return self._address is not None

    def send(self, *assignments: str, must_arrive: bool = False) -> None:
        """Tell something.

        What the manager has no room for is dropped; one that has gone is told of once, in the log, and left alone.

        Args:
            *assignments: As `READY=1`; they arrive together.
            must_arrive: Whether to wait for room, a second at most.
        """
        if self._address is None:
            return
        message = "\n".join(assignment.replace("\n", " ") for assignment in assignments)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.settimeout(_PATIENCE if must_arrive else 0.0)
                line.sendto(message.encode(errors="backslashreplace"), self._address)
        except (BlockingIOError, TimeoutError):
            L.debug("The service manager has no room for %r", message)
        except OSError as e:
            L.warning("The service manager at NOTIFY_SOCKET=%s cannot be told: %s", os.environ["NOTIFY_SOCKET"], e)
            self._address = None


def moved() -> tuple[str, ...]:
    """Return what tells the manager that another process than the one it started is the service: a daemon.

    The manager of a container knows its PID 1 by another number, and follows that one.
    """
    return () if os.getpid() == _LAUNCHED or _LAUNCHED == 1 else (f"MAINPID={os.getpid()}",)
