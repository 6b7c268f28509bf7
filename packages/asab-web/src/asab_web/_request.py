"""`Request`: aiohttp's request, whose answer the connection sees before its headers go out.

A receiver in `on_response_prepare` would see it as well, and take a microsecond more of each request: two coroutines.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from aiohttp import hdrs, web
from aiohttp.http import SERVER_SOFTWARE

from asab_web.rest._errors import refuse_second_answer

if TYPE_CHECKING:
    from asab_web._connection import Connection

SERVER: Final = "ASAB"
"""What answers say about the server: no versions, which would tell what it can be attacked by."""

_prepare_hook: Final = web.Request._prepare_hook  # `super()` takes its time, before Python 3.12


class Request(web.Request):
    """A request that has come over a `Connection`."""

    _protocol: Connection

    def _prepare_hook(self, response: web.StreamResponse) -> Coroutine[Any, Any, None]:
        if self._payload_writer.output_size:
            refuse_second_answer(self, response)
        headers = response.headers
        if headers[hdrs.SERVER] == SERVER_SOFTWARE:
            headers[hdrs.SERVER] = SERVER
        connections = self._protocol.connections
        if connections.draining or type(response) is not web.Response:
            connections.prepare(response)
        return _prepare_hook(self, response)
