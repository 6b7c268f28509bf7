"""IP addresses as they stand in texts."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_ip(text: str) -> Address | None:
    """Return the address, or None if it is none; an IPv4 address in IPv6 dress is the IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def peer_ip(peername: object) -> Address | None:
    """Return the address of a peer, as a transport names it; None for who connects to a unix socket."""
    return parse_ip(str(peername[0]).partition("%")[0]) if isinstance(peername, tuple) else None
