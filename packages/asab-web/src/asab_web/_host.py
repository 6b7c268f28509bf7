"""The header `Host` (RFC 9112, section 3.2): a host, with a port or without, and nothing else."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import hdrs, web

Handler = Callable[[Any], Awaitable[web.StreamResponse]]

# Host names, IPv4 addresses and IPv6 addresses in brackets, with a port or without.
_HOST = re.compile(r"([A-Za-z0-9_]([A-Za-z0-9._-]{0,253}[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


@functools.lru_cache(maxsize=256)
def is_host(text: str) -> bool:
    """Whether a text can be the host of a URL: what is neither name nor address would come out of it as a path."""
    return _HOST.fullmatch(text) is not None


def checking_host(handler: Handler) -> Handler:
    """Have a request answered 400 whose `Host` is none; no coroutine of its own, which each would pay for."""

    def handle(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        host = request.headers.get(hdrs.HOST)  # HTTP/1.0 knows no such header, and it may be empty
        if host and not is_host(host):
            raise web.HTTPBadRequest(text="The header Host is no host.\n")
        return handler(request)

    return handle
