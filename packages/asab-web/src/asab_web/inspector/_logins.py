"""`Logins`: who has shown the token, and carries a cookie for it.

The cookie holds a random number and not the token: it ends by itself, at a logout, and with the process.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable

AGE = 12 * 3600.0
"""How long a login holds, in seconds."""

_LIMIT = 100


class Logins:
    """The logins of one container; the hundred last ones."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with none.

        Args:
            clock: The present time, in seconds.
        """
        self._clock = clock
        self._began: OrderedDict[str, float] = OrderedDict()

    def add(self) -> str:
        """Return the cookie of a new login."""
        cookie = secrets.token_urlsafe(32)
        self._began[cookie] = self._clock()
        while len(self._began) > _LIMIT:
            self._began.popitem(last=False)
        return cookie

    def holds(self, cookie: str) -> bool:
        """Return whether a cookie is that of a login that holds."""
        began = self._began.get(cookie)
        return began is not None and self._clock() - began < AGE

    def end(self, cookie: str) -> None:
        """End a login."""
        self._began.pop(cookie, None)
