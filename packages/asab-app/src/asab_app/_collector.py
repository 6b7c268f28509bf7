"""The garbage collector of a server, which has many objects alive at once and few cycles.

The rule: who has set its thresholds knows better. Only what Python up to 3.12 begins with is replaced, by what it
begins with from 3.13 on.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

OLD: Final = 700
"""How many new objects Python up to 3.12 takes before it looks for cycles among them."""

NEW: Final = 2000
"""The same from 3.13 on. With `OLD`, requests of some hundred clients at once were looked through while they lived."""


@contextlib.contextmanager
def roomy() -> Iterator[None]:
    """Give new objects the time to end by themselves; afterwards all is as it was."""
    before = gc.get_threshold()
    if before[0] == OLD:
        gc.set_threshold(NEW, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
