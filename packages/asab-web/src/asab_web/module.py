"""`Module`: what adds the web server to an application."""

from __future__ import annotations

import asab_app
from asab_web.service import WebService


class Module(asab_app.Module):
    """Registers the service `asab.WebService` (documentation, chapter The web server).

    Example:
        >>> app.add_module(asab_web.Module)
        >>> app.get_service("asab.WebService").WebApp.router.add_get("/hello", hello)
    """

    def __init__(self, app: asab_app.Application) -> None:
        """Make the service."""
        super().__init__(app)
        self.Service: WebService = WebService(app)
