"""Times as text, in English wherever the process runs, with microseconds.

`time.strftime` follows the locale and knows no `%f`; a log must read the same on every machine.
"""

from __future__ import annotations

import re
import time

_PART = re.compile(r"%[-_0^#:]*.|[^%]+|%", re.DOTALL)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def text_around_microseconds(datefmt: str, moment: time.struct_time) -> list[str]:
    """Render a time except for its microseconds, so that one result serves a whole second.

    Args:
        datefmt: As for `time.strftime`, with `%f` as well.
        moment: The time, in whatever zone it shall be shown.

    Returns:
        The pieces between the `%f`, to be joined by the six digits; one piece if there is none.
    """
    pieces = [""]
    for part in _PART.findall(datefmt):
        if part == "%f":
            pieces.append("")
        else:
            pieces[-1] += _render(part, moment)
    return pieces


def _render(part: str, moment: time.struct_time) -> str:
    if part[0] != "%" or part == "%":
        return part
    match part:
        case "%b":
            return _MONTHS[moment.tm_mon - 1][:3]
        case "%B":
            return _MONTHS[moment.tm_mon - 1]
        case "%a":
            return _DAYS[moment.tm_wday][:3]
        case "%A":
            return _DAYS[moment.tm_wday]
        case "%p":
            return "AM" if moment.tm_hour < 12 else "PM"
        case "%e":  # not everywhere in C, and RFC 3164 needs it
            return f"{moment.tm_mday:2d}"
        case _:
            return time.strftime(part, moment)
