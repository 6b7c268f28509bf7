"""The endpoints under `/asab/` that a container has when its section says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import asab_app
from asab_config import Config
from asab_web._health import HealthEndpoints, name_of

if TYPE_CHECKING:
    from aiohttp import web

    from asab_web.container import WebContainer


def endpoints(section: str, container: WebContainer, app: asab_app.Application) -> list[Callable[[], None]]:
    """Return what adds the routes; to be called when the application has added its own, for those win.

    Args:
        section: The section of the container, for messages.
        container: The container, whose options `health`, `health_details`, `metrics`, `openapi` and `inspector` are
            obeyed.
        app: The application.

    Raises:
        ConfigError: If an option is wrong, or needs what is not installed.
    """
    webapp = container.WebApp
    found: list[Callable[[], None]] = []
    if container.Config.getboolean("health"):
        found.append(HealthEndpoints(webapp, app, container.Config.getboolean("health_details")).add)
    if container.Config.getboolean("metrics"):
        found.append(_metrics(section, webapp, app))
    if container.Config.getboolean("openapi"):
        found.append(_openapi(section, webapp, app))
    if container.Config.getboolean("inspector"):
        from asab_web.inspector import Inspector  # who has none does not pay for it

        found.append(Inspector(webapp, app, container.Config).add)
    return found


def _metrics(section: str, webapp: web.Application, app: asab_app.Application) -> Callable[[], None]:
    try:
        from asab_web._exposition import MetricsEndpoint
    except ImportError as e:
        remedy = f'it needs prometheus_client ({e}): pip install "asab-web[prometheus]"'
        raise Config.mistake(section, "metrics", "yes", remedy) from None
    return MetricsEndpoint(webapp, app).add


def _openapi(section: str, webapp: web.Application, app: asab_app.Application) -> Callable[[], None]:
    try:
        from asab_web.openapi._endpoints import OpenAPIEndpoints
    except ImportError as e:
        remedy = f'it needs pydantic ({e}): pip install "asab-web[openapi]"'
        raise Config.mistake(section, "openapi", "yes", remedy) from None
    return OpenAPIEndpoints(webapp, name_of(app), app.Version).add
