"""What a reload has changed."""

from __future__ import annotations

from asab_config.secrets import mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Change:
    """One option whose value is another, or that came or went.

    Attributes:
        section: The section.
        option: The option.
        old: The value before, as written; `None` if there was none.
        new: The value now, as written; `None` if there is none.
    """

    __slots__ = ("new", "old", "option", "section")

    def __init__(self, section: str, option: str, old: str | None, new: str | None) -> None:
        """Take what is described above."""
        self.section: str = section
        self.option: str = option
        self.old: str | None = old
        self.new: str | None = new

    def __repr__(self) -> str:
        """Tell the change, with secrets masked."""
        return f"<{type(self).__name__} {self}>"

    def __str__(self) -> str:
        """Return the change for people, with secrets masked."""
        old, new = (None if v is None else mask(self.option, v) for v in (self.old, self.new))
        if old is None:
            return f"[{self.section}] {self.option} = {new} (new)"
        if new is None:
            return f"[{self.section}] {self.option} is gone (was {old})"
        return f"[{self.section}] {self.option} = {new} (was {old})"


def differences(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> list[Change]:
    """Compare two configurations, section by section in their order."""
    return [
        Change(section, option, before, after)
        for section in dict.fromkeys((*old, *new))
        for option in dict.fromkeys((*old.get(section, ()), *new.get(section, ())))
        if (before := old.get(section, {}).get(option)) != (after := new.get(section, {}).get(option))
    ]
