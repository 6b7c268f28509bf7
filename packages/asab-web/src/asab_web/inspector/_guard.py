"""`Guard`: who may look at the inside of the application.

The rules:

1. With a token, whoever shows it: as `Authorization: Bearer`, or once in the form, for a cookie. It is asked of
   everybody, from this machine or not.
2. Without a token, whoever connects from this machine by itself. Where a proxy may stand in front, which makes
   everybody look like that, nobody: trusted proxies are configured, a forwarding header is there, the socket is a unix
   socket.
3. The host that was asked for is one that no stranger's name server can have pointed here: an address, `localhost`, or
   one that is configured. So a page of another site cannot pass for ours by its name (DNS rebinding).
4. Pages of other sites get nothing, whatever their request is.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from asab_log import get_logger
from asab_web._host import is_host
from asab_web._ip import parse_ip, peer_ip
from asab_web.inspector._logins import AGE, Logins
from asab_web.inspector._tries import PERIOD, Tries
from asab_web.origin import is_same_origin

if TYPE_CHECKING:
    from collections.abc import Callable

L = get_logger(__name__)

COOKIE: Final = "asab_inspector"

_FORWARDING = (
    "CF-Connecting-IP",
    "Client-IP",
    "Forwarded",
    "Forwarded-For",
    "True-Client-IP",
    "Via",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Original-Forwarded-For",
    "X-Real-IP",
)


class Guard:
    """Looks at requests of one container."""

    def __init__(
        self,
        token: str,
        hosts: Iterable[str],
        behind_proxy: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the rules.

        Args:
            token: What is asked for; empty for nothing.
            hosts: The names of this server, beside its addresses and `localhost`.
            behind_proxy: Whether proxies are configured.
            clock: The present time, in seconds.
        """
        self.asks: bool = bool(token)
        self._token = token.encode()
        self._hosts = {"localhost", *(host.lower() for host in hosts)}
        self._behind_proxy = behind_proxy
        self._logins = Logins(clock)
        self._tries = Tries(clock)

    def check_origin(self, request: web.Request) -> None:
        """Refuse what comes by a foreign host name, or from a page of another site (rules 3 and 4), or by a proxy.

        Raises:
            aiohttp.web.HTTPException: 421 for the host, 403 otherwise.
        """
        if len(request.headers.getall(hdrs.HOST, ())) > 1 or not self._is_ours(request.host):
            raise web.HTTPMisdirectedRequest(
                text="This host name is not one of the inspector's; the option inspector_hosts lists them.\n"
            )
        if not is_same_origin(request) or _is_from_elsewhere(request):
            raise web.HTTPForbidden(text="Pages of other sites may not look here.\n")
        if not self.asks and not self._is_direct(request):
            raise web.HTTPForbidden(
                text="Without the option inspector_token, the inspector answers this machine alone, and no proxies.\n"
            )

    def is_welcome(self, request: web.Request) -> bool:
        """Return whether who asks has shown the token, where one is asked for.

        Raises:
            aiohttp.web.HTTPException: 429 after too many wrong ones.
        """
        if not self.asks:
            return True
        scheme, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() == "bearer":
            return self._is_token(request, shown.strip())
        return self._logins.holds(request.cookies.get(COOKIE, ""))

    def log_in(self, request: web.Request, shown: str, response: web.StreamResponse) -> bool:
        """Set the cookie of an answer if the token that was shown is right; return whether it is.

        Raises:
            aiohttp.web.HTTPException: 429 after too many wrong ones.
        """
        if not self._is_token(request, shown):
            return False
        response.set_cookie(
            COOKIE,
            self._logins.add(),
            max_age=int(AGE),
            path="/asab",
            secure=request.scheme == "https",
            httponly=True,
            samesite="Strict",
        )
        return True

    def log_out(self, request: web.Request, response: web.StreamResponse) -> None:
        """End the login of a request."""
        self._logins.end(request.cookies.get(COOKIE, ""))
        response.del_cookie(COOKIE, path="/asab", httponly=True, samesite="Strict")

    def _is_token(self, request: web.Request, shown: str) -> bool:
        who = _who(request)
        if not self._tries.may_try(who):
            raise web.HTTPTooManyRequests(
                text="Too many wrong tokens; try again in a minute.\n", headers={hdrs.RETRY_AFTER: f"{PERIOD:.0f}"}
            )
        right = self.asks and hmac.compare_digest(self._token, shown.encode("utf-8", "surrogateescape"))
        if not right:
            self._tries.failed(who)
            L.warning("A wrong token was shown to the inspector", struct_data={"remote": who})
        return right

    def _is_ours(self, host: str) -> bool:
        if not is_host(host):
            return False
        name = host[: host.rindex("]") + 1] if host.startswith("[") else host.partition(":")[0]
        return parse_ip(name.strip("[]")) is not None or name.lower().rstrip(".") in self._hosts

    def _is_direct(self, request: web.Request) -> bool:
        if self._behind_proxy or any(name in request.headers for name in _FORWARDING):
            return False
        transport = request.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        address = peer_ip(peer)
        return address is not None and address.is_loopback


def _who(request: web.Request) -> str:
    """Return whose tries count together: an address; of IPv6 the network of a customer, who has them without number."""
    address = parse_ip(request.remote or "")
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address) if address is not None else "unix"


def _is_from_elsewhere(request: web.Request) -> bool:
    """Return whether a browser says that a page of another site is behind a request; its user may follow a link."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    return site not in ("none", "same-origin") and request.headers.get("Sec-Fetch-Mode") != "navigate"
