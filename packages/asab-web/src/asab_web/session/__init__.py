"""Sessions: what the requests of one browser have in common.

The map, from the bottom:

- `session` - `Session`, the mapping that a handler sees.
- `storage` - `SessionStorage`, the contract of what keeps sessions; `memory` - one that keeps them in the process;
  `redis` - in Redis; `encrypted` - in the cookie itself. These two need libraries of their own: import the modules.
- `cookie` - `SessionCookie`: name and attributes of the cookie.
- `middleware` - `session_middleware`: from cookie to session and back, and the rules of security.
- `service` - `ServiceWebSession`: all of it as a service; `_settings` - its storage by configuration.
- `testing` - `SessionStorageAttacks`: what every storage has to withstand, for tests.
"""

from asab_web.session.cookie import SessionCookie
from asab_web.session.errors import SessionStorageError, SessionTooLargeError
from asab_web.session.memory import InMemorySessionStorage
from asab_web.session.middleware import SESSION, session_middleware
from asab_web.session.service import ServiceWebSession
from asab_web.session.session import Session
from asab_web.session.storage import SessionStorage

__all__ = [
    "SESSION",
    "InMemorySessionStorage",
    "ServiceWebSession",
    "Session",
    "SessionCookie",
    "SessionStorage",
    "SessionStorageError",
    "SessionTooLargeError",
    "session_middleware",
]
