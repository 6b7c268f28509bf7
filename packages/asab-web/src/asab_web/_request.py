"""`Request`: aiohttp's request, whose answer the connection sees before its headers go out.

A receiver in `on_response_prepare` would see it as well, and take a microsecond more of each request: two coroutines.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from asab_web._connection import Connection


class Request(web.Request):
    """A request that has come over a `Connection`."""

    _protocol: Connection

    def _prepare_hook(self, response: web.StreamResponse) -> Coroutine[Any, Any, None]:
        self._protocol.connections.prepare(response)
        return super()._prepare_hook(response)
