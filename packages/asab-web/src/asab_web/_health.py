"""The endpoints for whoever watches the application: is it alive, is it ready, which version is it.

They answer from `app.Health`: 200, or 503 with the names of what is down. Why it is down is told only where
`health_details` allows it, for a reason may tell a stranger about the inside.
"""

from __future__ import annotations

import datetime
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import PurePath
from typing import Any, Final

from aiohttp import hdrs, web

import asab_app
from asab_app.health import Status
from asab_web._routes import add_get
from asab_web.rest import json_response

LIVE: Final = "/asab/v1/live"
READY: Final = "/asab/v1/ready"
VERSION: Final = "/asab/v1/version"


class HealthEndpoints:
    """The endpoints of one container."""

    def __init__(self, webapp: web.Application, app: asab_app.Application, details: bool) -> None:
        """Make them.

        Args:
            webapp: The aiohttp application that gets the routes.
            app: The application.
            details: Whether to tell the reasons, and the versions of what the application runs on.
        """
        self._webapp = webapp
        self._app = app
        self._details = details
        self._version = {"name": name_of(app), "version": app.Version}
        if details:
            self._version |= {"asab": _asab_version(), "python": platform.python_version()}

    def add(self) -> None:
        """Add the routes."""
        add_get(self._webapp, LIVE, self.live)
        add_get(self._webapp, READY, self.ready)
        add_get(self._webapp, VERSION, self.version)

    async def live(self, request: web.Request) -> web.Response:
        """Tell whether the application needs no restart: 200, or 503."""
        health = self._app.Health
        return self._state(request, "live", health.alive, [status for status in health.down if not status.alive])

    async def ready(self, request: web.Request) -> web.Response:
        """Tell whether the application does its work, so that requests may be sent to it: 200, or 503."""
        return self._state(request, "ready", self._app.Health.ready, self._app.Health.down)

    async def version(self, request: web.Request) -> web.Response:
        """Tell the name and the version of the application."""
        return _answer(request, self._version, 200)

    def _state(self, request: web.Request, word: str, good: bool, down: list[Status]) -> web.Response:
        answer = {word: good, "down": [self._told(status) for status in down]}
        return _answer(request, answer, 200 if good else 503)

    def _told(self, status: Status) -> dict[str, Any]:
        since = datetime.datetime.fromtimestamp(status.since, datetime.UTC).isoformat(timespec="seconds")
        told = {"name": status.name, "since": since.replace("+00:00", "Z")}
        return told | {"reason": status.reason} if self._details else told


def _answer(request: web.Request, answer: Mapping[str, Any], status: int) -> web.Response:
    return json_response(request, answer, status=status, headers={hdrs.CACHE_CONTROL: "no-store"})


def name_of(app: asab_app.Application) -> str:
    """Return the name of the application: that of its class, or of the program where it has none of its own."""
    return type(app).__name__ if type(app) is not asab_app.Application else PurePath(sys.argv[0]).stem


def _asab_version() -> str:
    """Return the version of the whole of ASAB, or of the web server where that alone is installed."""
    try:
        return metadata.version("asab")
    except metadata.PackageNotFoundError:
        return metadata.version("asab-web")
