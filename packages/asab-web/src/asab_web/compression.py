"""Compression of answers, where the client can and where it pays.

What a handler returns is compressed; what it has begun to send itself (streams, WebSockets, event streams) is not.
Files of a folder are sent as they are: `StaticDirProvider` takes the compressed ones that lie beside them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from asab_web._vary import vary

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

# A shorter answer fits one packet anyway.
MIN_SIZE = 1024

_COMPRESSIBLE = re.compile(
    r"text/(?!event-stream).*|application/(json|javascript|xml|wasm|x-ndjson|yaml)|.*\+(json|xml)|image/(svg\+xml|bmp)"
)
_ELEMENT = re.compile(r"\s*(?P<coding>[^\s;,]+)\s*(?:;\s*q\s*=\s*(?P<weight>[0-9.]+)\s*)?")


@web.middleware
async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress what the handler returns."""
    response = await handler(request)
    if isinstance(response, web.Response) and not response.prepared and _pays(response):
        vary(response, hdrs.ACCEPT_ENCODING)
        if accepts_gzip(", ".join(request.headers.getall(hdrs.ACCEPT_ENCODING, ()))):
            _weaken_etag(response)
            response.enable_compression(web.ContentCoding.gzip)
    return response


def accepts_gzip(header: str) -> bool:
    """Whether `Accept-Encoding` (RFC 9110, section 12.5.3) welcomes gzip: named, or by `*`, and not with weight 0."""
    weights: dict[str, bool] = {}
    for element in header.split(","):
        if match := _ELEMENT.fullmatch(element):
            weights[match["coding"].lower()] = (match["weight"] or "1").strip("0.") != ""
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def _pays(response: web.Response) -> bool:
    body = response.body
    return (
        isinstance(body, bytes | bytearray)
        and len(body) >= MIN_SIZE
        and response.status not in (204, 206, 304)
        and not response.compression
        and hdrs.CONTENT_ENCODING not in response.headers
        and "no-transform" not in response.headers.get(hdrs.CACHE_CONTROL, "").lower()
        and _COMPRESSIBLE.fullmatch(response.content_type.lower()) is not None
    )


def _weaken_etag(response: web.Response) -> None:
    """A strong tag promises the same bytes."""
    etag = response.etag
    if etag is not None and not etag.is_weak:
        response.headers[hdrs.ETAG] = f'W/"{etag.value}"'
