"""`CookieSessionStorage`: sessions in the cookie itself, encrypted. It needs `asab-web[cookies]`.

Nothing is kept on the server, and that sets the limits:

1. A cookie cannot be revoked. `invalidate()` has the browser drop its own; a copy of it opens the session until it has
   been idle, or is too old. Keep both limits short, or keep sessions in memory or in Redis.
2. The last of concurrent answers wins, with all that its request has seen. So a request that is under way at the
   logout, and changes the session, brings it back in that browser.
3. Some 2,500 bytes are room for the content.

The keys are those of Fernet, an authenticated encryption of the library cryptography: what was not made with one of
them is no session. The first key encrypts and all decrypt, so that keys can be changed without logging anybody out.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from asab_web.session.cookie import MAX_VALUE
from asab_web.session.session import Session
from asab_web.session.storage import HOUR, SessionStorage

try:
    from cryptography.fernet import Fernet, InvalidToken, MultiFernet
except ModuleNotFoundError as _e:
    _text = f"Sessions in cookies need cryptography: pip install 'asab-web[cookies]' ({_e})"
    raise ModuleNotFoundError(_text) from None

if TYPE_CHECKING:
    import asab_app

# The part of the idle time after which a request without a change sends the cookie anew. So an idle session ends a
# little early, and the cookie does not go out with each answer.
_REFRESH: Final = 0.1


class CookieSessionStorage(SessionStorage):
    """Keeps sessions in cookies; see the limits above."""

    revokes: ClassVar[bool] = False
    merges: ClassVar[bool] = False
    uncounted: ClassVar[str] = "Sessions in cookies cannot be counted: the browsers alone have them."

    def __init__(
        self,
        app: asab_app.Application,
        keys: Sequence[str],
        session_class: type[Session] = Session,
        *,
        audience: str = "",
        max_age: float = 12 * HOUR,
        idle: float = HOUR,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the keys.

        Args:
            app: As in `SessionStorage`, and so the others.
            keys: Made by `cryptography.fernet.Fernet.generate_key()`; the first encrypts, all decrypt.
            session_class: See there.
            audience: Cookies are good for storages with the same one only, whatever keys they share.
            max_age: See there.
            idle: See there.
            clock: See there.

        Raises:
            ValueError: If there is no key, or one is not such a key; it does not show it.
        """
        super().__init__(app, session_class, max_age=max_age, idle=idle, max_size=MAX_VALUE, clock=clock)
        if not keys:
            raise ValueError("expected at least one key")
        self._fernet = MultiFernet([_fernet(key, i) for i, key in enumerate(keys, 1)])
        self._audience = f"asab-session {audience}"

    async def load(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None."""
        found = self._decrypt(cookie)
        if found is None or self.time() >= found["used"] + self.idle:
            return None
        texts = {key: json.dumps(value, separators=(",", ":")) for key, value in found["values"].items()}
        session = self.restore(found["id"], found["max_age"], found["created"], texts)
        if session.is_expired():
            return None
        if self.time() >= found["used"] + self.idle * _REFRESH:
            session.touch()
        return session

    async def save(self, session: Session) -> str | None:
        """Return the session as a cookie's value.

        Raises:
            SessionTooLargeError: If browsers would not keep it.
        """
        values = {key: json.loads(text) for key, text in session.texts().items()}
        content = {
            "for": self._audience,
            "id": session.Id,
            "created": session.Created,
            "max_age": session.MaxAge,
            "used": self.time(),
            "values": values,
        }
        # Without its padding, whose sign has to be quoted in a cookie.
        token = self._fernet.encrypt(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")
        self.check_size(session, len(token))
        return token

    async def delete(self, session_id: str) -> None:
        """Do nothing: the middleware has the browser drop the cookie, and copies cannot be revoked."""

    def _decrypt(self, cookie: str) -> dict[str, Any] | None:
        if len(cookie) > MAX_VALUE or not cookie.isascii():
            return None
        token = cookie + "=" * (-len(cookie) % 4)
        try:
            # Decoders of base64 overlook much; a cookie is good in one spelling only.
            if base64.urlsafe_b64encode(base64.urlsafe_b64decode(token)).decode() != token or "=" in cookie:
                return None
            content: Any = json.loads(self._fernet.decrypt(token))
        except (ValueError, InvalidToken):
            return None
        # Another program may use the key, too.
        return content if isinstance(content, dict) and content.get("for") == self._audience else None


def _fernet(key: str, number: int) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise ValueError(
            f"key {number} is not one of Fernet: make one by "
            "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        ) from None
