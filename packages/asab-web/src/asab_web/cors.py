"""Cross-origin resource sharing (CORS; the Fetch standard, section 3.2): whose pages may read the answers.

The rule: an origin is allowed because it is written in the configuration, never because it asks. Preflight requests
are answered here, before any session or login is looked at, since browsers send them without cookies. Every other
answer, errors and streams included, gets its headers when it is about to be sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from asab_config import ConfigError
from asab_web._vary import vary
from asab_web.origin import FORMS, parse_origin

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

    from asab_config import ConfigSection

ANY: Final = "*"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True)
class Cors:
    """Who may read the answers of a server, and how they may ask.

    Attributes:
        origins: The origins, as `https://app.example.com`; or `*`, alone, for all of them.
        credentials: Whether their requests come with cookies.
        methods: The methods that they may use.
        headers: The request headers that they may set.
        expose: The response headers that they may read.
        max_age: How long a browser may keep the answer of a preflight request, in seconds.
    """

    origins: frozenset[str]
    credentials: bool = False
    methods: tuple[str, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    headers: tuple[str, ...] = (hdrs.CONTENT_TYPE,)
    expose: tuple[str, ...] = ()
    max_age: float = 600.0

    @classmethod
    def from_config(cls, config: ConfigSection) -> Cors | None:
        """Return what `cors_origins` and the options beside it say, `None` if nobody is allowed.

        Raises:
            ConfigError: If they cannot be meant so.
        """
        origins = frozenset(_origin(config.name, origin) for origin in config.getlist("cors_origins"))
        if not origins:
            return None
        credentials = config.getboolean("cors_credentials")
        if ANY in origins and len(origins) > 1:
            raise ConfigError(f"[{config.name}] cors_origins: * stands for all origins, and so alone")
        if ANY in origins and credentials:
            raise ConfigError(
                f"[{config.name}] cors_credentials = yes: any page could act for its visitor; name the origins in"
                " cors_origins in place of *"
            )
        return cls(
            origins,
            credentials,
            methods=_tokens(config, "cors_methods"),
            headers=_tokens(config, "cors_headers"),
            expose=_tokens(config, "cors_expose"),
            max_age=config.getseconds("cors_max_age"),
        )

    def install(self, webapp: web.Application) -> None:
        """Answer preflight requests, and add the headers to all other answers."""
        webapp.middlewares.append(self.middleware())
        webapp.on_response_prepare.append(self._on_prepare)

    def middleware(self) -> Middleware:
        """Return what answers preflight requests."""

        @web.middleware
        async def cors(request: web.Request, handler: Handler) -> web.StreamResponse:
            asks = hdrs.ORIGIN in request.headers and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
            if request.method == hdrs.METH_OPTIONS and asks:
                return self._preflight(request)
            return await handler(request)

        return cors

    def _preflight(self, request: web.Request) -> web.Response:
        """Say what is allowed, whatever was asked for; the browser compares. `_on_prepare` adds who is allowed."""
        if not self._allows(request):
            return web.Response(status=403, text="This origin is not allowed.\n")
        answer = web.Response(status=204)
        answer.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = ", ".join(self.methods)
        answer.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = str(int(self.max_age))
        if self.headers:
            answer.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = ", ".join(self.headers)
        return answer

    async def _on_prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        if ANY not in self.origins:
            vary(response, hdrs.ORIGIN)  # also where no origin asked: a cache would hand that answer to one that asks
        if not self._allows(request):
            return
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = ANY if ANY in self.origins else request.headers["Origin"]
        if self.credentials:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        if self.expose and request.method != hdrs.METH_OPTIONS:
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = ", ".join(self.expose)

    def _allows(self, request: web.Request) -> bool:
        origin = request.headers.get(hdrs.ORIGIN)
        return origin is not None and (ANY in self.origins or origin in self.origins)


def _origin(section: str, text: str) -> str:
    origin = ANY if text == ANY else parse_origin(text)
    if origin is None:
        raise ConfigError(f"[{section}] cors_origins = {text!r} is no origin: expected {FORMS}, or *")
    return origin


def _tokens(config: ConfigSection, option: str) -> tuple[str, ...]:
    tokens: Iterable[str] = config.getlist(option)
    for token in tokens:
        if token == ANY or not _TOKEN.fullmatch(token):
            raise ConfigError(f"[{config.name}] {option} = {token!r}: expected names, as they are in HTTP")
    return tuple(tokens)
