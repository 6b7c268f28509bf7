"""How often a proof repeats: a few times in every test run, until nobody doubts with `hatch run proof`."""

from __future__ import annotations

import os


def repetitions(small: int, full: int) -> int:
    """Return `full` when the environment says `ASAB_PROOF=full`, and `small` otherwise."""
    return full if os.environ.get("ASAB_PROOF") == "full" else small
