"""The client behind proxies: who asked whom, as far as those can be believed who say so.

The rule: a header counts only when it comes from a configured proxy, and only the part that configured proxies have
added. The addresses are read from the right, where the nearest proxy has written; the first that is no configured
proxy is the client. What stands left of it can be anybody's invention.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiohttp import hdrs, web

from asab_config import ConfigError
from asab_web._host import is_host
from asab_web._ip import Address, parse_ip, peer_ip

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler, Middleware

    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

REMOTE: Final[web.RequestKey[str]] = web.RequestKey("remote", str)
"""The key of the client's address in a request that came through a proxy, for who has only aiohttp's own request."""

UNIX = "unix"  # who connects to a unix socket has no address, and is named so in the option
FORMS = "networks or addresses as 10.0.0.0/8, 192.0.2.1 or ::1, and unix for who connects to a unix socket"

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
# A pair of `Forwarded`, or nothing, and what stands behind it.
_PAIR = re.compile(
    r"""[ \t]*(?:(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+)=(?:(?P<bare>[^\s",;]+)|"(?P<quoted>(?:[^"\\]|\\.)*)"))?"""
    r"""[ \t]*(?P<end>[;,]|\Z)"""
)
_ESCAPED = re.compile(r"\\(.)")
_FIELDS = {"x-forwarded", "forwarded"}


class Hop(NamedTuple):
    """What one proxy says of the request that it got; `None` where it says nothing that can be used."""

    remote: Address | None
    scheme: str | None = None
    host: str | None = None


class TrustedProxies:
    """The proxies whose word counts."""

    def __init__(self, where: str, names: Iterable[str], headers: str = "x-forwarded") -> None:
        """Read the option.

        Args:
            where: The section, for errors.
            names: Networks, addresses, or `unix`.
            headers: Which headers the proxies write: `x-forwarded` (`X-Forwarded-For`, `-Proto` and `-Host`) or
                `forwarded` (RFC 7239). The others are not looked at: a proxy passes on what it does not know.

        Raises:
            ConfigError: If one of them is something else.
        """
        if headers not in _FIELDS:
            raise ConfigError(f"[{where}] proxy_headers = {headers!r}: expected x-forwarded or forwarded")
        self._hops: Callable[[web.BaseRequest], list[Hop]] = _forwarded if headers == "forwarded" else _x_forwarded
        self._unix = False
        self._networks: list[Network] = []
        for name in names:
            if name == UNIX:
                self._unix = True
                continue
            try:
                self._networks.append(ipaddress.ip_network(name))
            except ValueError as error:
                raise ConfigError(f"[{where}] trusted_proxies = {name!r}: {error}; expected {FORMS}") from None

    def client(self, request: web.BaseRequest) -> Hop | None:
        """Return the client of a request, or `None` if no proxy can be believed, so that the peer is the client."""
        if not self._is_trusted_peer(request):
            return None
        hops = self._hops(request)
        nearest: Hop | None = None
        for hop in reversed(hops):
            if hop.remote is None:
                break  # `unknown`, a pseudonym or nonsense: what stands before it cannot be checked
            nearest = hop
            if not self._is_trusted(hop.remote):
                break
        if nearest is None and hops:
            return hops[-1]  # without an address, but how the client spoke to the proxy is known
        return nearest

    def middleware(self) -> Middleware:
        """Return what gives handlers a request whose `remote`, `scheme`, `host` and `url` are the client's."""

        @web.middleware
        async def trusted_proxies(request: web.Request, handler: Handler) -> web.StreamResponse:
            hop = self.client(request)
            if hop is not None:
                clients = _as_the_client_sent_it(request, hop)
                try:
                    return await handler(clients)
                finally:
                    request._post = clients._post  # aiohttp closes the uploaded files of the request that it knows
            return await handler(request)

        return trusted_proxies

    def _is_trusted_peer(self, request: web.BaseRequest) -> bool:
        transport = request.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        if not isinstance(peer, tuple):
            return self._unix and transport is not None
        address = peer_ip(peer)
        return address is not None and self._is_trusted(address)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _as_the_client_sent_it(request: web.Request, hop: Hop) -> web.Request:
    changes: dict[str, Any] = {"scheme": hop.scheme, "host": hop.host}
    if hop.remote is not None:
        changes["remote"] = request[REMOTE] = str(hop.remote)
    return request.clone(**{name: value for name, value in changes.items() if value is not None})


def _x_forwarded(request: web.BaseRequest) -> list[Hop]:
    """Return the hops of `X-Forwarded-For`; scheme and host are lists beside it, or one value for all."""
    remotes = _values(request, hdrs.X_FORWARDED_FOR)
    schemes = _values(request, hdrs.X_FORWARDED_PROTO)
    hosts = _values(request, hdrs.X_FORWARDED_HOST)
    if not remotes:
        return [Hop(None, _scheme(schemes[-1:]), _host(hosts[-1:]))] if schemes or hosts else []
    return [
        Hop(_address(remote), _scheme(_beside(schemes, i, len(remotes))), _host(_beside(hosts, i, len(remotes))))
        for i, remote in enumerate(remotes)
    ]


def _beside(values: list[str], index: int, length: int) -> list[str]:
    """Return the value of a hop: its own where each has written one, else what the nearest proxy has written."""
    return [values[index]] if len(values) == length else values[-1:]


def _values(request: web.BaseRequest, name: str) -> list[str]:
    return [value.strip() for line in request.headers.getall(name, ()) for value in line.split(",")]


def _forwarded(request: web.BaseRequest) -> list[Hop]:
    """Return the hops of `Forwarded` (RFC 7239, section 4)."""
    return [hop for line in request.headers.getall(hdrs.FORWARDED, ()) for hop in _elements(line)]


def _elements(line: str) -> list[Hop]:
    """Return the hops of one line, which is well-formed as a whole or says nothing.

    A client that opens a quote may swallow what the proxy has added behind it; such a line is never well-formed.
    """
    hops: list[Hop] = []
    element: dict[str, str] = {}
    position = 0
    while match := _PAIR.match(line, position):
        if match["name"]:
            value = match["quoted"]
            element[match["name"].lower()] = match["bare"] if value is None else _ESCAPED.sub(r"\1", value)
        if match["end"] != ";":
            hops.append(_hop(element))
            element = {}
        if match["end"] == "":
            return hops
        position = match.end()
    return [Hop(None)]


def _hop(element: dict[str, str]) -> Hop:
    return Hop(_address(element.get("for", "")), _scheme([element.get("proto", "")]), _host([element.get("host", "")]))


def _address(text: str) -> Address | None:
    """Return the address without its port; an IPv4 address in IPv6 dress is the IPv4 address."""
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2] or ""
    if "%" in text:
        return None  # a zone means something on its own machine only
    return parse_ip(text)


def _scheme(values: list[str]) -> str | None:
    scheme = values[0].lower() if values else ""
    return scheme if scheme in ("http", "https") else None


def _host(values: list[str]) -> str | None:
    return values[0] if values and is_host(values[0]) else None
