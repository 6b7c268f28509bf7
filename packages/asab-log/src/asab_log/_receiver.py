"""`Receiver`: all that has to be known of the other end to send frames there."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from typing import Literal, TypeAlias

    SocketAddress: TypeAlias = str | tuple[str, int]
    Framing: TypeAlias = Literal["lf", "octets"]


@dataclass(frozen=True)
class Receiver:
    """A receiver of syslog.

    Attributes:
        family: The address family, `AF_UNSPEC` for a host whose name decides.
        sock_type: `SOCK_STREAM` or `SOCK_DGRAM`.
        address: A path, or host and port.
        framing: How frames are told apart on a stream: each ended by a line feed, or each after its length.
        tls: The context of a client, for a stream under TLS.
    """

    family: int
    sock_type: int
    address: SocketAddress
    framing: Framing
    tls: ssl.SSLContext | None

    @property
    def place(self) -> str:
        """The address as people read it."""
        return self.address if isinstance(self.address, str) else "{}:{}".format(*self.address)
