"""Turning new clients away from a listening socket that is about to be closed.

The rule: a client of whom the system knows nothing tries again a second later, and finds whoever listens then; one that
is connected and not accepted when the socket is closed is reset. So the last to come are not answered, by a filter of
packets that Linux lets every process put on its own sockets.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from typing import Final

_SO_ATTACH_FILTER: Final = 26

# What the filter does with a packet, from its TCP header on. Each line is an instruction, how far it jumps if true and
# if false, and a number (socket(7), SO_ATTACH_FILTER).
_NO_SYN: Final = (
    (0x30, 0, 0, 13),  # load the byte with the flags
    (0x45, 0, 1, 0x02),  # does it ask for a connection?
    (0x06, 0, 0, 0),  # then it is dropped
    (0x06, 0, 0, 0xFFFFFFFF),  # and all else goes through
)


def turn_away(listener: socket.socket) -> None:
    """Have the system not answer who asks for a connection from now on; who has begun to connect gets through.

    It works for TCP on Linux; elsewhere it does nothing.
    """
    if sys.platform != "linux" or listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    import ctypes  # only at the stop

    lines = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in _NO_SYN))
    program = struct.pack("HP", len(_NO_SYN), ctypes.addressof(lines))
    with contextlib.suppress(OSError):  # a sandbox may forbid it
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
