"""The web service; see `asab_web.service`."""

from asab_web import WebService

__all__ = ["WebService"]
