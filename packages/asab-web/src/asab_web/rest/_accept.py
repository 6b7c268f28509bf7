"""What kind of answer a client would rather have: the header `Accept` (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs

if TYPE_CHECKING:
    from aiohttp import web

PROBLEM: Final = "application/problem+json"
JSON: Final = "application/json"
TEXT: Final = "text/plain"


def preferred(request: web.BaseRequest, offers: Sequence[str]) -> str:
    """Return the media type that the client prefers.

    Args:
        request: The request; it accepts everything where it says nothing.
        offers: The media types that there are, the server's favourite first. It decides between those that the client
            likes as much, and is taken where the client accepts none: an error that is told in another language is
            better than silence.
    """
    ranges = list(_ranges(",".join(request.headers.getall(hdrs.ACCEPT, ["*/*"]))))
    return max(offers, key=lambda offer: _liking(offer, ranges))  # of equals the first


def _liking(offer: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    """Return quality and exactness: what is named goes before what a wildcard includes."""
    exactness = {offer: 2, offer.partition("/")[0] + "/*": 1, "*/*": 0}
    found = [(exactness[name], quality) for name, quality in ranges if name in exactness]
    if not found:
        return 0.0, 0
    exact, quality = max(found)
    return quality, exact


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for item in header.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        try:
            yield name, min(max(float(quality), 0.0), 1.0)
        except ValueError:  # who says it wrongly has not said it
            continue
