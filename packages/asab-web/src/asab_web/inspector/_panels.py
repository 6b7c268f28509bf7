"""`Panels`: all that there is to see, in the order of the page: the application's own, the server's, those added."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asab_app.inspection import Panel
from asab_web.inspector import _metrics
from asab_web.inspector._levels import LevelChanges

if TYPE_CHECKING:
    import asab_app

LOG = "log"
"""The panel that is no table: records as they come."""

_ORDER = ("state", "log", "metrics", "parts", "configuration", "loggers", "bus", "timers", "tasks")
_LARGEST = 2_000_000


class Panels:
    """The panels of an application."""

    def __init__(self, app: asab_app.Application, levels: LevelChanges) -> None:
        """Find those of the server."""
        self._app = app
        own = [
            Panel(LOG, "Log", dict),
            Panel("loggers", "Log levels", levels.read),
            Panel("metrics", "Metrics", lambda: _metrics.read(app)),
        ]
        self._own = {panel.name: panel for panel in own}

    def all(self) -> dict[str, Panel]:
        """Return all panels by name."""
        found = self._app.Inspection.panels | self._own
        first = {name: found[name] for name in _ORDER}
        return first | found

    def head(self) -> dict[str, Any]:
        """Return what the page shows beside each panel."""
        health = self._app.Health
        return {"ready": health.ready, "alive": health.alive, "uptime": self._app.time() - self._app.LaunchTime}

    def text(self, panel: Panel) -> str:
        """Return what a panel shows now as the JSON text that the page gets."""
        head = self.head()
        data = panel.read() if panel.name in self._own else self._app.Inspection.read(panel.name)
        try:
            return _encode({"panel": panel.name, "head": head, "data": data})
        except (TypeError, ValueError, RecursionError) as e:
            return _encode({"panel": panel.name, "head": head, "data": {"failure": f"This cannot be shown: {e}"}})


def _encode(message: dict[str, Any]) -> str:
    text = json.dumps(message, default=str, allow_nan=False, separators=(",", ":"))
    if len(text) > _LARGEST:
        raise ValueError(f"it is too large, with {len(text)} characters")
    return text
