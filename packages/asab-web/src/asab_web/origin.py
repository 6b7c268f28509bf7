"""Origins (RFC 6454): which site a page is from, as its browser says in the header `Origin`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from aiohttp import hdrs

if TYPE_CHECKING:
    from aiohttp import web

FORMS = "scheme, host and, where it is not the usual one, port, as https://app.example.com or http://localhost:3000"

_USUAL_PORT = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")  # a name, in the letters of DNS, or an address


def parse_origin(text: str) -> str | None:
    """Return an origin as browsers write it, or `None` if the text is none.

    `null`, the origin of sandboxed pages and local files, is none: anybody can have it.
    """
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        return None
    if url.scheme not in _USUAL_PORT or not _HOST.fullmatch(host) or not _is_bare(url):
        return None
    authority = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{authority}" + ("" if port in (None, _USUAL_PORT[url.scheme]) else f":{port}")


def is_same_origin(request: web.BaseRequest) -> bool:
    """Whether a request is from a page of this very server, or from no page at all.

    Programs that are no browsers send no `Origin`. Host and port are compared, not the scheme: behind a proxy the
    server may not know it.
    """
    header = request.headers.get(hdrs.ORIGIN)
    if header is None:
        return True
    page = parse_origin(header)
    return page is not None and page == parse_origin(f"{page.partition(':')[0]}://{request.host}")


def _is_bare(url: SplitResult) -> bool:
    return url.path in ("", "/") and not url.query and not url.fragment and "@" not in url.netloc
