"""What ends a line or a channel of it."""

from __future__ import annotations

import os
import ssl

REFUSED = frozenset({403, 530})
"""Codes of a broker that says no to us: wrong credentials, no such virtual host (access_refused and not_allowed)."""


class LineError(Exception):
    """A connection or a channel that is not, or no more, usable.

    Attributes:
        code: The broker's reply code (AMQP 0-9-1, section 1.2 of the reference), or 0.
    """

    def __init__(self, text: str, code: int = 0) -> None:
        """Take the reason, as the log will have it."""
        super().__init__(text)
        self.code = code

    def copy(self) -> LineError:
        """Return an equal error, to be raised in another place."""
        return type(self)(str(self), self.code)


class ChannelError(LineError):
    """A channel that the broker has closed, while the connection goes on."""


def reason(error: BaseException | None, timeout: float) -> str:
    """Return why a connection has ended, for the log.

    Args:
        error: What was raised; None, or an error that says nothing, when the peer has hung up.
        timeout: The seconds that it had, when the error is that they are over.
    """
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):  # whose numbers are not those of the system
        if error.errno is not None and error.errno > 0:
            return os.strerror(error.errno)
        if error.strerror:
            return error.strerror
    if isinstance(error, TimeoutError):
        return f"the broker has not answered within {timeout:g} s"
    return str(error or "") or "the broker has closed the connection"
