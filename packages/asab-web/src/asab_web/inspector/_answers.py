"""What each answer of the inspector says to browsers, errors included."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

if TYPE_CHECKING:
    from asab_web.inspector._guard import Guard

    Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS: Final = {
    # Scripts and styles are files of our own; nothing inline, nothing from elsewhere, and no text becomes markup.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # With `no-referrer` the forms of the page would have the origin `null`, as those of strangers.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    hdrs.CACHE_CONTROL: "no-store",
}


def guarded(guard: Guard, handle: Handle, *, welcome: bool = True) -> Handle:
    """Return a handler that lets only those through who may look, and whose answers have the headers.

    Args:
        guard: Who decides.
        handle: The handler.
        welcome: Whether the token must have been shown, where one is asked for.
    """

    @functools.wraps(handle)
    async def guarded_handler(request: web.Request) -> web.StreamResponse:
        try:
            guard.check_origin(request)
            if welcome and not guard.is_welcome(request):
                raise web.HTTPUnauthorized(text="Log in first.\n", headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
            response = await handle(request)
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    return guarded_handler
