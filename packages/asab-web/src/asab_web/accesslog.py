"""The access log: one record a request, at level INFO, so seen with `-v`.

Everything is in the structured data; `bytes` are those that were sent, with the headers. Only the path is logged, as
it came over the wire (percent-encoded): the query string may hold secrets.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from aiohttp.abc import AbstractAccessLogger

from asab_log import get_logger

if TYPE_CHECKING:
    from aiohttp import web

L = get_logger("asab_web.access")


class AccessLogger(AbstractAccessLogger):
    """Writes the access log through the logging of the application; aiohttp makes one for a connection."""

    @property
    def enabled(self) -> bool:
        """Whether anybody sees the records; aiohttp asks once a connection."""
        return L.isEnabledFor(logging.INFO)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Log a request that has been answered, or whose client went away meanwhile.

        Args:
            request: The request.
            response: Its answer.
            time: How long it took, in seconds.
        """
        L.info(
            "HTTP request",
            struct_data={
                "method": request.method,
                "path": request.rel_url.raw_path,
                "status": response.status,
                "duration_ms": round(time * 1000, 1),
                "remote": request.remote or "-",  # a unix socket has no remote address
                "bytes": response.body_length,
            },
        )
