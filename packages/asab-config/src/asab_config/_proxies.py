"""`Proxies`: what `Config["section"]` gives, made when it is asked for.

The standard library makes them all at once, with a getter of each type in each: a third of the time of a load.
"""

from __future__ import annotations

import configparser

TYPE_CHECKING = False
if TYPE_CHECKING:
    Base = dict[str, configparser.SectionProxy]
else:
    Base = dict


class Proxies(Base):
    """The standard library's table of section proxies, filled as it is used."""

    def __init__(self, parser: configparser.RawConfigParser) -> None:
        """Begin with none."""
        super().__init__()
        self._parser = parser

    def __missing__(self, section: str) -> configparser.SectionProxy:
        """Make a proxy."""
        proxy = self[section] = configparser.SectionProxy(self._parser, section)
        return proxy

    def __delitem__(self, section: str) -> None:
        """Forget a proxy, if it was made."""
        self.pop(section, None)
