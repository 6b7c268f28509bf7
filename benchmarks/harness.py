"""Measures contenders beside each other in one run; shows medians as ratios, in a table and in a plot for the docs.

Every round runs each contender once, in turn, so that a machine whose speed drifts is unfair to nobody.
"""

from __future__ import annotations

import math
import re
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PLOTS = Path(__file__).resolve().parent.parent / "docs" / "performance"

ROUNDS = 15

SPAN = 20
"""How many times as long as the shortest bar the longest may be before a plot is logarithmic."""


def medians(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median time of one call of each contender, in seconds of the clock."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for contender in contenders.values():
        contender()
    for _ in range(rounds):
        for name, contender in contenders.items():
            begin = clock()
            contender()
            times[name].append(clock() - begin)
    return {name: statistics.median(measured) for name, measured in times.items()}


def show(title: str, columns: Mapping[str, Mapping[str, float]], base: str) -> None:
    """Print a table, a row a contender, a column a setting, each as the ratio to its column's base; and plot it."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    ratios = {name: [column[name] / column[base] for column in columns.values()] for name in names}
    width = max(map(len, names)) + 2
    print(f"\n{title} (1.00 = {base})")
    print(" " * width + "".join(f"{heading:>16}" for heading in columns))
    for name, row in ratios.items():
        print(f"{name:<{width}}" + "".join(f"{ratio:>16.2f}" for ratio in row))
    _plot(title, list(columns), ratios, base)


def _plot(title: str, headings: list[str], ratios: Mapping[str, list[float]], base: str) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "asab"  # the same figures give the same file
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 1 + 0.25 * len(headings) * len(ratios)), layout="constrained")
    height = 0.8 / len(ratios)
    for i, (name, row) in enumerate(ratios.items()):
        places = [column + i * height for column in range(len(headings))]
        bars = axes.barh(places, row, height, label=name)
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    axes.axvline(1, color="gray", linewidth=0.8)
    axes.set_yticks([column + 0.4 - height / 2 for column in range(len(headings))], headings)
    axes.invert_yaxis()
    _scale(axes, [ratio for row in ratios.values() for ratio in row])
    axes.set_xlabel(f"time, as a ratio to {base} (shorter is faster)")
    axes.set_title(title)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))  # beside the bars, not on them
    PLOTS.mkdir(parents=True, exist_ok=True)
    name = re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")
    figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def _scale(axes: Any, ratios: list[float]) -> None:
    """Have the lengths of bars compare as their figures do: from zero; or from a tenth or less, a decade a step."""
    if max(ratios) <= SPAN * min(ratios):
        axes.set_xlim(0, max(ratios) * 1.1)  # room for the label of the longest
    else:
        axes.set_xscale("log")
        axes.set_xlim(10 ** math.floor(math.log10(min(ratios) * 0.99)), max(ratios) * 2)
