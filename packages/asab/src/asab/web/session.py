"""Sessions of the web server; see `asab_web.session`."""

from asab_web.session import ServiceWebSession, Session, session_middleware

__all__ = ["ServiceWebSession", "Session", "session_middleware"]
