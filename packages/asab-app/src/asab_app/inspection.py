"""`Inspection`: what an application has to show of its inside, by panels.

The rule: who has something to show enters how it is read, and nothing is read, counted or kept before somebody looks.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from asab_app.application import Application

L = logging.getLogger(__name__)

OWN = frozenset({"state", "parts", "configuration", "log", "loggers", "metrics", "bus", "timers", "tasks"})
"""The names of the panels that every application has."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")


class Panel(NamedTuple):
    """One thing to look at.

    Attributes:
        name: Its name in addresses.
        title: Its name for people.
        read: Returns what there is to see now.
        watch: Returns a context manager, entered while somebody looks.
    """

    name: str
    title: str
    read: Callable[[], object]
    watch: Callable[[], AbstractContextManager[Any]] = contextlib.nullcontext


def note_of_more(count: int, limit: int) -> dict[str, str]:
    """Return what a panel says where it shows only the first rows of a table; nothing if these are all."""
    return {"note": f"The first {limit} of {count} are shown."} if count > limit else {}


class Inspection:
    """The panels of an application. It belongs to the thread of the event loop."""

    def __init__(self, app: Application) -> None:
        """Begin with the application's own panels, which are made when somebody looks."""
        self._app = app
        self._added: dict[str, Panel] = {}
        self._own: dict[str, Panel] | None = None

    @property
    def panels(self) -> dict[str, Panel]:
        """All panels by name: the application's own, then those that were added."""
        return self._find_own() | self._added

    def __contains__(self, name: object) -> bool:
        """Return whether a panel of this name was added."""
        return name in self._added

    def add(
        self,
        name: str,
        title: str,
        read: Callable[[], object],
        watch: Callable[[], AbstractContextManager[Any]] = contextlib.nullcontext,
    ) -> None:
        """Add a panel.

        Args:
            name: Letters, digits and hyphens in lower case; unique.
            title: A word or two for people.
            read: Called without arguments in the event loop, about once a second while somebody looks; it must not
                block. It returns plain data, as JSON has them: of a mapping each value is shown under its name, a list
                of mappings is a table. It must show no secrets.
            watch: Returns a context manager that is entered while somebody looks, for what has to be counted first.

        Raises:
            ValueError: If the name is none, or taken.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a panel: expected lower case letters, digits and hyphens")
        if name in OWN:
            raise ValueError(f"the panel {name!r} is one of the application's own")
        if name in self._added:
            raise ValueError(f"a panel {name!r} is there already: {self._added[name].title!r}")
        self._added[name] = Panel(name, title, read, watch)

    def free_name(self, name: str) -> str:
        """Return this name for a panel, with a number behind it if there is one of it already."""
        names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
        return next(each for each in names if each not in self)

    def remove(self, name: str) -> None:
        """Remove a panel that was added; one that is not there is no error."""
        self._added.pop(name, None)

    def read(self, name: str) -> object:
        """Return what a panel shows now; of one that fails, what went wrong.

        Raises:
            KeyError: If there is no such panel.
        """
        panel = self.panels[name]
        try:
            return panel.read()
        except Exception as e:
            L.debug("The panel %r cannot be read", name, exc_info=True)
            return {"failure": f"This panel cannot be read: {type(e).__name__}"}

    def _find_own(self) -> dict[str, Panel]:
        if self._own is None:
            from asab_app import _panels  # nobody pays for it before somebody looks

            self._own = _panels.panels(self._app)
        return self._own
