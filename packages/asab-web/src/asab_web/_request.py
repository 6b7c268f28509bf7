"""`Request`: aiohttp's request, whose answer the connection sees before its headers go out.

A receiver in `on_response_prepare` would see it as well, and take a microsecond more of each request: two coroutines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from aiohttp.http import SERVER_SOFTWARE

from asab_web.rest._errors import refuse_second_answer

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from asab_web._connection import Connection

SERVER: Final = "ASAB"
"""What answers say about the server: no versions, which would tell what it can be attacked by."""

# What each request needs, without a look-up in a module; and `super()` takes its time, before Python 3.12.
_prepare_hook: Final = web.Request._prepare_hook
_SERVER: Final = hdrs.SERVER
_Response: Final = web.Response


class Request(web.Request):
    """A request that has come over a `Connection`."""

    _protocol: Connection

    def _prepare_hook(  # type: ignore[override]  # all that is done with it is to await it
        self, response: web.StreamResponse
    ) -> Awaitable[None]:
        if self._payload_writer.output_size:
            refuse_second_answer(self, response)
        headers = response._headers  # the property is one call more for each request
        if headers[_SERVER] == SERVER_SOFTWARE:
            headers[_SERVER] = SERVER
        connections = self._protocol.connections
        if connections.draining or type(response) is not _Response:
            connections.prepare(response)
        if self._match_info is not None:
            for app in self._match_info._apps:
                if app.on_response_prepare:
                    return _prepare_hook(self, response)
        return connections.nothing  # a coroutine that finds no receiver takes its time with each request
