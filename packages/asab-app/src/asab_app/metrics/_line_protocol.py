r"""The line protocol of InfluxDB, versions 1 and 2.

What the protocol has no form for is changed as little as can be: line breaks and other control characters become
spaces; a backslash, which the two versions read differently, becomes `/`; a `#` that would begin a comment gets a `_`
in front, and names that the server keeps for itself get one behind. Tags without a value and numbers that are none
(NaN, infinity) are left out. All fields are floats: one that was a whole number at first would be refused ever after
when it is none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from asab_app._unicode import encodable
from asab_app.metrics.target import Point

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_RESERVED: Final = frozenset({"time", "_field", "_measurement"})


def line(point: Point) -> str | None:
    """Return a point as a line without its end; None if it has nothing that could be sent."""
    # Two names may become one; of those the later is sent.
    fields = {
        _key(name): repr(value)
        for name, number in sorted(point.values.items())
        if (value := _float(number)) is not None
    }
    if not fields:
        return None
    tags = {_key(name): escaped for name, value in sorted(point.tags.items()) if (escaped := _escape_key(str(value)))}
    name = _escape_measurement(point.name) or "_"
    name = f"_{name}" if name.startswith("#") else name
    head = ",".join([name, *map("=".join, tags.items())])
    return f"{head} {','.join(map('='.join, fields.items()))} {round(point.time * 1e6)}000"


def _escape(special: str) -> Callable[[str], str]:
    pattern = re.compile(f"([{re.escape(special)}])")

    def escape(text: str) -> str:
        return pattern.sub(r"\\\1", encodable(_CONTROL.sub(" ", text).replace("\\", "/")))

    return escape


_escape_measurement: Final = _escape(", ")
_escape_key: Final = _escape(",= ")


def _key(name: str) -> str:
    return _escape_key(f"{name}_" if name in _RESERVED else name) or "_"


def _float(number: object) -> float | None:
    try:
        value = float(number) if isinstance(number, (int, float)) else math.nan
    except OverflowError:  # a whole number beyond all floats
        return None
    return value if math.isfinite(value) else None
