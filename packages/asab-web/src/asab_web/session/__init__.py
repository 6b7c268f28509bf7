"""Sessions: what the requests of one browser have in common.

The map, from the bottom:

- `session` - `Session`, the mapping that a handler sees.
- `storage` - `SessionStorage`, the contract of what keeps sessions; `memory` - one that keeps them in the process.
- `middleware` - `session_middleware`: from cookie to session and back, and the rules of security.
- `service` - `ServiceWebSession`: all of it as a service.
"""

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
    "SessionStorage",
    "session_middleware",
]
