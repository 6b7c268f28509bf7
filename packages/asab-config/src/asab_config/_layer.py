"""Layers: what one file, one call or one line of code has given, and the place where it says so.

The rule: of the layers that hold an option the one with the highest rank counts, among equals the last.
"""

from __future__ import annotations

import sys
from enum import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    Place = tuple[str, str]  # a section and an option in lower case


class Rank(IntEnum):
    """Whose values win over whose."""

    LIBRARY = 0
    """Defaults of a library."""
    APPLICATION = 1
    """Defaults of an application."""
    VALUES = 2
    """What was read or set."""


class Layer:
    """Values from one source.

    Attributes:
        rank: Whose they are.
        source: Where they come from, for people: a path, or words.
        sections: The values as they were written, by section and option.
        lines: In a file, the lines of the options, in the order of `sections`; otherwise nothing.
        setters: In a layer of single values, who set each; otherwise nothing.
        included_by: In an included file, `path:line` of the include.
    """

    __slots__ = ("included_by", "lines", "rank", "sections", "setters", "source")

    def __init__(
        self,
        rank: Rank,
        source: str,
        sections: dict[str, dict[str, str]],
        lines: list[int] | None = None,
        included_by: str = "",
    ) -> None:
        """Take what is described above."""
        self.rank: Rank = rank
        self.source: str = source
        self.sections: dict[str, dict[str, str]] = sections
        self.lines: list[int] | None = lines
        self.setters: dict[Place, str] = {}
        self.included_by: str = included_by

    def has(self, section: str, option: str) -> bool:
        """Return whether the layer gives an option."""
        return option in self.sections.get(section, ())

    def place(self, section: str, option: str) -> str:
        """Return where an option stands, for people: `path:line` and the include if there is one, or words."""
        if self.lines is None:
            return self.setters.get((section, option), self.source)
        line = dict(zip(((s, o) for s in self.sections for o in self.sections[s]), self.lines, strict=False))
        place = f"{self.source}:{line[section, option]}" if (section, option) in line else self.source
        return f"{place} (included by {self.included_by})" if self.included_by else place


class Layers:
    """All layers, from the weakest to the strongest."""

    def __init__(self, layers: Iterable[Layer] = ()) -> None:
        """Take the layers in their order."""
        self._layers = list(layers)

    def __iter__(self) -> Iterator[Layer]:
        """Iterate from the weakest to the strongest."""
        return iter(self._layers)

    def add(self, layer: Layer) -> list[Layer]:
        """Put a layer above all of its rank, and return those that are still stronger."""
        position = sum(other.rank <= layer.rank for other in self._layers)
        self._layers.insert(position, layer)
        return self._layers[position + 1 :]

    def replace(self, old: list[Layer], new: list[Layer]) -> None:
        """Put layers in the place of others, or on top if there are none of these."""
        position = self._layers.index(old[0]) if old else len(self._layers)
        kept = [layer for layer in self._layers if layer not in old]
        self._layers = kept[:position] + new + kept[position:]

    def holding(self, section: str, option: str) -> list[Layer]:
        """Return the layers that give an option, from the strongest to the weakest."""
        return [layer for layer in reversed(self._layers) if layer.has(section, option)]

    def giving(self, sections: Iterable[str], option: str) -> list[tuple[Layer, str]]:
        """Return the layers that give an option to the first of some sections, each with the section that has it."""
        return [(layer, section) for section in sections for layer in self.holding(section, option)]

    def single_values(self) -> Layer:
        """Return the strongest layer if it is one of values that the program sets one by one, or a new one above it."""
        top = self._layers[-1]
        if top.source != SET:
            top = Layer(Rank.VALUES, SET, {})
            self._layers.append(top)
        return top


SET = "set by the program"


def of_values(rank: Rank, source: str, dictionary: Mapping[str, Mapping[str, Any]]) -> Layer:
    """Return a layer of values given by code, stored by `str()`."""
    sections = {
        section: {option.lower(): str(value) for option, value in options.items()}
        for section, options in dictionary.items()
    }
    return Layer(rank, source, sections)


def caller() -> str:
    """Return the name of the module that called into this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _OURS:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))


_OURS = (__name__.partition(".")[0], "configparser", "_collections_abc")
