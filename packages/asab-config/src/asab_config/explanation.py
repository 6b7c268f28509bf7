"""`Explanation`: where a value comes from, and what it hides."""

from __future__ import annotations

from asab_config import secrets
from asab_config._interpolation import references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asab_config._layer import Layer


class Origin:
    """One place that gives a value.

    Attributes:
        value: The value as it is written there; a secret is masked.
        place: `path:line` with the include chain, `default of <module>`, `command line`, or `set by <module>`.
        references: The environment variables and secret files that the value names, as it names them.
    """

    __slots__ = ("place", "references", "value")

    def __init__(self, layer: Layer, section: str, option: str) -> None:
        """Look an option up in a layer that has it."""
        written = layer.sections[section][option]
        self.value: str = secrets.mask(option, written)
        self.place: str = layer.place(section, option)
        self.references: tuple[str, ...] = tuple(references(written))

    def __str__(self) -> str:
        """Return the place, with what the value takes from elsewhere."""
        return f"{self.place}, with {', '.join(self.references)}" if self.references else self.place


class Explanation:
    """Why an option has its value; `str()` is for people.

    Attributes:
        section: The section.
        option: The option.
        origin: What counts.
        shadowed: What does not, the nearest first.
    """

    __slots__ = ("option", "origin", "section", "shadowed")

    def __init__(self, section: str, option: str, origins: list[Origin]) -> None:
        """Take the origins, the one that counts first."""
        self.section: str = section
        self.option: str = option
        self.origin: Origin = origins[0]
        self.shadowed: tuple[Origin, ...] = tuple(origins[1:])

    def __str__(self) -> str:
        """Return a line with the value and its origin, and a line for each that it shadows."""
        value = self.origin.value
        shown = value if value.isprintable() else repr(value)  # a list of several lines is one line here
        lines = [f"[{self.section}] {self.option} = {shown}    ({self.origin})"]
        lines += [f"    shadows {origin.value!r}    ({origin})" for origin in self.shadowed]
        return "\n".join(lines)
