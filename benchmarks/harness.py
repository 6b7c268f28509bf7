"""Measures contenders beside each other in one run, and prints medians and ratios.

Every round runs each contender once, in turn, so that a machine whose speed drifts is unfair to nobody.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

ROUNDS = 15


def medians(contenders: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the median time of one call of each contender, in seconds."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for contender in contenders.values():
        contender()
    for _ in range(rounds):
        for name, contender in contenders.items():
            begin = time.perf_counter()
            contender()
            times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(measured) for name, measured in times.items()}


def print_ratios(title: str, columns: Mapping[str, Mapping[str, float]], base: str) -> None:
    """Print a table: a row a contender, a column a setting, each as the ratio to the base of its column."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    width = max(map(len, names)) + 2
    print(f"\n{title} (1.00 = {base})")
    print(" " * width + "".join(f"{heading:>14}" for heading in columns))
    for name in names:
        cells = (f"{column[name] / column[base]:.2f}" if name in column else "-" for column in columns.values())
        print(f"{name:<{width}}" + "".join(f"{cell:>14}" for cell in cells))
