"""The header `Vary`: what a cache has to look at before it hands an answer to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs

if TYPE_CHECKING:
    from aiohttp import web


def vary(response: web.StreamResponse, header: str) -> None:
    """Add a request header to `Vary`, unless it is there."""
    present = ", ".join(response.headers.getall(hdrs.VARY, ()))
    if header.lower() not in (name.strip().lower() for name in present.split(",")):
        response.headers[hdrs.VARY] = f"{present}, {header}" if present else header
