"""`Address`: where a broker is and who asks, from a URL (RabbitMQ's page "AMQP URI specification")."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = {"amqp": 5672, "amqps": 5671}
_BETWEEN = re.compile(r"[\s,]+(?=amqps?://)")


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL, decoded. Neither its `repr` nor its `str` tells the password."""

    tls: bool
    host: str
    port: int
    user: str
    password: str = dataclasses.field(repr=False)
    vhost: str

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read `amqp://user:password@host:port/vhost`; `amqps` is TLS.

        Every part but the scheme may be missing: `guest`, `guest`, `localhost`, the scheme's port and the virtual host
        `/` stand for it. Characters that mean something in a URL are written as `%2F`.

        Raises:
            ValueError: If it is no such URL; the text does not repeat the URL, which holds a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = SplitResult("", "", "", "", ""), None
        host = parts.hostname or "localhost"
        strange = parts.query or parts.fragment or parts.path.count("/") > 1 or "," in host or re.search(r"\s", url)
        if parts.scheme not in _PORTS or strange:
            raise ValueError("expected amqp://user:password@host:port/vhost, with / in any part written as %2F")
        return cls(
            tls=parts.scheme == "amqps",
            host=unquote(host),
            port=_PORTS[parts.scheme] if port is None else port,
            user=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            vhost=unquote(parts.path[1:]) or "/",
        )

    def __str__(self) -> str:
        """Return the URL without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'amqps' if self.tls else 'amqp'}://{host}:{self.port}/{'' if self.vhost == '/' else self.vhost}"


def parse_all(urls: str) -> tuple[Address, ...]:
    """Read the URLs of the nodes of a cluster, with line ends, spaces or commas between them.

    Raises:
        ValueError: If one is no URL, as `Address.parse`; with several its number is told.
    """
    pieces = _BETWEEN.split(urls.strip().rstrip(","))
    addresses = []
    for number, url in enumerate(pieces, 1):
        try:
            addresses.append(Address.parse(url))
        except ValueError as error:
            raise ValueError(f"number {number}: {error}" if len(pieces) > 1 else str(error)) from None
    return tuple(addresses)
