"""Origins (RFC 6454): which site a page is from, as its browser says in the header `Origin`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import hdrs
from yarl import URL

if TYPE_CHECKING:
    from aiohttp import web

FORMS = "scheme, host and, where it is not the usual one, port, as https://app.example.com or http://localhost:3000"

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")  # a name, in the letters of DNS, or an address


def parse_origin(text: str) -> str | None:
    """Return an origin as browsers write it, or `None` if the text is none.

    `null`, the origin of sandboxed pages and local files, is none: anybody can have it.
    """
    try:
        url = URL(text)
        origin = str(url.origin())
    except (ValueError, TypeError):
        return None
    is_bare = url.path in ("", "/") and not url.raw_query_string and not url.raw_fragment and url.user is None
    is_web = url.scheme in ("http", "https") and _HOST.fullmatch(url.raw_host or "")
    return origin if is_web and is_bare else None


def is_same_origin(request: web.BaseRequest) -> bool:
    """Whether a request is from a page of this very server, or from no page at all.

    Programs that are no browsers send no `Origin`. Host and port are compared, not the scheme: behind a proxy the
    server may not know it.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return True
    parsed = parse_origin(origin)
    if parsed is None:
        return False
    page = URL(parsed)
    here = parse_origin(f"{page.scheme}://{request.host}")
    return here == parsed
