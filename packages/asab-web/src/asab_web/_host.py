"""The header `Host` (RFC 9112, section 3.2): a host, with a port or without, and nothing else."""

from __future__ import annotations

import functools
import re

# Host names, IPv4 addresses and IPv6 addresses in brackets, with a port or without.
_HOST = re.compile(r"([A-Za-z0-9_]([A-Za-z0-9._-]{0,253}[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


@functools.lru_cache(maxsize=256)
def is_host(text: str) -> bool:
    """Whether a text can be the host of a URL: what is neither name nor address would come out of it as a path."""
    return _HOST.fullmatch(text) is not None
