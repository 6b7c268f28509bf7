"""The exit report: how long everything took to start and to stop, for the log at DEBUG and for a file.

`[general] exit_report` names the file; it is JSON, and replaced as a whole.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from asab_config import Config

if TYPE_CHECKING:
    from asab_app.application import Application

Config.add_layer_defaults({"general": {"exit_report": ""}})

L = logging.getLogger(__name__)


class Report:
    """What is noted in the life of an application, by its clock (seconds)."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parts: dict[str, dict[str, Any]] = {}
        self._began: dict[tuple[str, str], float] = {}
        self._phases: dict[str, float] = {}
        self._phase = "init"
        self._since = time.monotonic()

    def phase(self, name: str) -> None:
        """End the present phase and begin another: `init`, `run`, `exit`."""
        now = time.monotonic()
        self._phases[self._phase] = self._phases.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = name, now

    @contextlib.contextmanager
    def measure(self, verb: str, name: str) -> Iterator[None]:
        """Note how long the block takes.

        Args:
            verb: `start` or `stop`.
            name: Of the component.
        """
        self._began[verb, name] = time.time()
        began = time.monotonic()
        try:
            yield
        finally:
            self._parts.setdefault(name, {})[verb] = round(time.monotonic() - began, 6)

    def took(self, verb: str, name: str) -> float | None:
        """Return how long a component took, in seconds; `None` if it has not come to that."""
        return self._parts.get(name, {}).get(verb)

    def began(self, verb: str, name: str) -> float | None:
        """Return when a component began to, in seconds since the epoch (UTC); `None` if it has not come to that."""
        return self._began.get((verb, name))

    def note(self, name: str, what: str) -> None:
        """Note what went wrong with a component."""
        self._parts.setdefault(name, {})["failure"] = what

    def publish(self, app: Application) -> None:
        """Log the report and write the file, if there is one; a file that cannot be written is logged."""
        self.phase("end")
        if L.isEnabledFor(logging.DEBUG):
            self._log(app.ExitCode)
        if path := Config.get("general", "exit_report"):
            try:
                self._write(path, app)
            except OSError as e:
                L.error("[general] exit_report = %r cannot be written: %s", path, e.strerror)

    def _log(self, exit_code: int) -> None:
        phases = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in self._phases.items())
        L.debug("Exit code %d; %s", exit_code, phases)
        for name, times in self._parts.items():
            L.debug("%s: %s", name, ", ".join(map(_say, times.items())))

    def _write(self, path: str, app: Application) -> None:
        import json
        from datetime import UTC, datetime

        content = {
            "application": f"{type(app).__module__}.{type(app).__qualname__}",
            "pid": os.getpid(),
            "launched": datetime.fromtimestamp(app.LaunchTime, UTC).isoformat(),
            "exit_code": app.ExitCode,
            "phases": {name: round(seconds, 6) for name, seconds in self._phases.items()},
            "components": [{"name": name, **times} for name, times in self._parts.items()],
        }
        beside = f"{path}.{os.getpid()}.tmp"
        with open(beside, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
        os.replace(beside, path)


def _say(entry: tuple[str, Any]) -> str:
    what, value = entry
    return f"{what} {value:.3f} s" if isinstance(value, float) else f"{what}: {value}"
