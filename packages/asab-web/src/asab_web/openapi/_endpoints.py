"""`OpenAPIEndpoints`: where a container serves its document, and the page that shows it."""

from __future__ import annotations

import functools
from typing import Any, Final

from aiohttp import hdrs, web

from asab_web._routes import add_get
from asab_web.openapi._document import openapi_document
from asab_web.openapi._page import POLICY, page
from asab_web.rest import json_response

DOCUMENT: Final = "/asab/v1/openapi"
PAGE: Final = "/asab/v1/docs"


class OpenAPIEndpoints:
    """The endpoints of one container."""

    def __init__(self, webapp: web.Application, title: str, version: str) -> None:
        """Make them.

        Args:
            webapp: The aiohttp application whose handlers are described, and which gets the routes.
            title: The title of the document.
            version: The version of the API.
        """
        self._webapp = webapp
        self._title = title
        self._version = version

    def add(self) -> None:
        """Add the routes."""
        add_get(self._webapp, DOCUMENT, self.document)
        add_get(self._webapp, PAGE, self.page)

    async def document(self, request: web.Request) -> web.Response:
        """Answer the document."""
        return json_response(request, self._document)

    async def page(self, request: web.Request) -> web.Response:
        """Answer the page; its link to the document is a relative one, since a proxy may add a prefix."""
        headers = {hdrs.CONTENT_SECURITY_POLICY: POLICY, hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff"}
        return web.Response(text=page(self._document, "openapi"), content_type="text/html", headers=headers)

    @functools.cached_property
    def _document(self) -> dict[str, Any]:
        """The document, made when it is first asked for; the routes do not change any more."""
        return openapi_document(self._webapp, self._title, self._version)
