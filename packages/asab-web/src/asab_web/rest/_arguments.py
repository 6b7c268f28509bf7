"""The request among the arguments of a handler: a function, a method, or a method of an `aiohttp.web.View`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web


def request_of(arguments: Sequence[Any]) -> web.Request:
    """Return the request that a handler was called for.

    Args:
        arguments: Its positional arguments.
    """
    last = arguments[-1]
    request: web.Request = last.request if isinstance(last, web.View) else last
    return request
