"""What text can stand for: times, sizes, lists, addresses.

Each function takes the text of a value and returns what it means, or raises `ValueError` with what was expected.
"""

from __future__ import annotations

import contextlib
import functools
import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

BOOLEANS: Final = {
    "1": True,
    "yes": True,
    "true": True,
    "on": True,
    "0": False,
    "no": False,
    "false": False,
    "off": False,
}

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_BYTES = {"": 1, "b": 1}
for _i, _prefix in enumerate("kmgtp", start=1):
    _BYTES |= dict.fromkeys((_prefix, f"{_prefix}i", f"{_prefix}ib"), 1024**_i) | {f"{_prefix}b": 1000**_i}

_NUMBER = r"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*"
_QUANTITY = re.compile(_NUMBER + "([A-Za-z]*)")
_TIMES = re.compile(rf"(?:{_NUMBER}(?:{'|'.join(_SECONDS)}))+\s*", re.IGNORECASE)


def integer(text: str) -> int:
    """Return a whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def number(text: str) -> float:
    """Return a number."""
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number") from None


def boolean(text: str) -> bool:
    """Return the meaning of one of the words that `configparser` knows."""
    try:
        return BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(f"one of {'/'.join(BOOLEANS)}") from None


@functools.lru_cache(1024)
def seconds(text: str) -> float:
    """Return a time in seconds: `90`, `1.5h`, `1d 2h 30s`; the units are ms, s, m, h, d, w and y (365 days)."""
    with contextlib.suppress(ValueError):
        if 0 <= (plain := float(text)) < math.inf:
            return plain
    if not _TIMES.fullmatch(text):
        raise ValueError(f"a time such as 90, 1.5h or '1d 2h 30s', with the units {', '.join(_SECONDS)}")
    total = sum(float(amount) * _SECONDS[unit.lower()] for amount, unit in _QUANTITY.findall(text))
    if total == math.inf:
        raise ValueError("a time that ends")
    return total


@functools.lru_cache(1024)
def size(text: str) -> int:
    """Return a size in bytes: `512`, `64K`, `1.5 MiB`, `10MB`.

    K, M, G, T and P, also with i or iB, are powers of 1024; kB, MB and so on are powers of 1000.
    """
    match = _QUANTITY.fullmatch(text.rstrip())
    factor = _BYTES.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ValueError("a size such as 512, 64K, '1.5 MiB' or 10MB")
    try:
        return int(match[1]) * factor if match[1].isdecimal() else round(float(match[1]) * factor)
    except (ValueError, OverflowError):
        raise ValueError("a size that a number can hold") from None


def items(text: str) -> list[str]:
    """Return the items of a list, separated by commas or line breaks; empty ones are left out."""
    return [item for item in (part.strip() for part in re.split("[,\n]", text)) if item]


def lines(text: str) -> list[str]:
    """Return the lines, stripped; empty ones are left out."""
    return [line for line in (part.strip() for part in text.splitlines()) if line]


@functools.lru_cache(1024)
def url(text: str, scheme: str | tuple[str, ...] | None = None) -> str:
    """Return a URL without white space around it, after a check of its parts.

    Args:
        text: The value.
        scheme: The scheme, or the schemes, that will do.
    """
    from urllib.parse import urlsplit  # costs more to import than the rest of the layer

    text = text.strip()
    schemes = (scheme,) if isinstance(scheme, str) else scheme
    expected = f"a URL such as {schemes[0] if schemes else 'https'}://host:port/path"
    try:
        parts = urlsplit(text)
        valid = bool(parts.scheme and parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
        parts = urlsplit("")
    if not valid or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError(expected)
    if schemes and parts.scheme not in schemes:
        raise ValueError(f"a URL with the scheme {' or '.join(schemes)}")
    return text
