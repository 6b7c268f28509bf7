"""Sockets that a service manager has opened and hands over: the protocol of sd_listen_fds(3).

The rule: the manager keeps them, so that no connection is refused while the service restarts. What is given out are
copies, which may be closed; a socket may serve a later application of the process again.
"""

from __future__ import annotations

import os
import re
import socket
from typing import Final

from asab_app._notify import is_for_us

_FIRST: Final = 3  # SD_LISTEN_FDS_START
_COUNT: Final = re.compile(r"[0-9]{1,5}")


def find(name: str) -> list[socket.socket]:
    """Return copies of the listening stream sockets of a name.

    Raises:
        OSError: If what has the name is no such socket, or there is nothing.
    """
    named = [_copy(number) for number, each in _inherited().items() if each == name]
    if not named:
        known = ", ".join(sorted(set(_inherited().values()))) or "none at all"
        raise OSError(f"the service manager hands over no socket of that name, but {known}")
    return named


def find_bound(family: int, address: object) -> socket.socket | None:
    """Return a copy of the listening stream socket that is bound to an address, if there is one.

    Args:
        family: The address family.
        address: What `getsockname` of the socket tells, without what IPv6 adds to host and port.
    """
    for number in _inherited():
        try:
            found = _copy(number)
        except OSError:
            continue
        name = found.getsockname()
        if found.family == family and (name[:2] if isinstance(name, tuple) else name) == address:
            return found
        found.close()
    return None


def _inherited() -> dict[int, str]:
    """Return the file descriptors with their names."""
    count = os.environ.get("LISTEN_FDS", "")
    if not _COUNT.fullmatch(count) or not is_for_us(os.environ.get("LISTEN_PID", "")):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":") + ["unknown"] * int(count)
    return {_FIRST + index: names[index] or "unknown" for index in range(int(count))}


def _copy(number: int) -> socket.socket:
    os.set_inheritable(number, False)  # not for the programs that the application starts
    copy = socket.socket(fileno=os.dup(number))
    try:
        if copy.type != socket.SOCK_STREAM or not copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise OSError(f"file descriptor {number} is no listening stream socket (Accept=no, ListenStream=)")
        copy.setblocking(False)
    except BaseException:
        copy.close()
        raise
    return copy
