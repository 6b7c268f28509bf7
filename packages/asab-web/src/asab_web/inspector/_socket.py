"""`InspectorSocket`: the WebSocket of the page. The page says what it shows, and gets that alone.

It sends `{"look": name}` with, for the log, `level` and `text`; `{"look": null}` while nobody sees it.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from asab_web.inspector._feeds import LogFeed, PanelFeed
from asab_web.inspector._panels import LOG, Panels
from asab_web.inspector._records import Reader, Records
from asab_web.websocket import WebSocketFactory

if TYPE_CHECKING:
    import asab_app
    from asab_web.inspector._guard import Guard

_MOST = 20
_LONGEST_TEXT = 200


class InspectorSocket(WebSocketFactory):
    """The sockets of all pages that are open."""

    def __init__(self, app: asab_app.Application, guard: Guard, panels: Panels) -> None:
        """Wait for pages."""
        super().__init__(app, compress=False, max_msg_size=4096, limit=_MOST)
        self._guard = guard
        self._panels = panels
        self._records = Records()
        self._requests: dict[web.WebSocketResponse, web.Request] = {}
        self._looking: dict[web.WebSocketResponse, PanelFeed | LogFeed] = {}
        self._feeds: dict[str, PanelFeed] = {}

    async def on_connect(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        """Remember who it is."""
        self._requests[websocket] = request

    async def on_message(self, request: web.Request, websocket: web.WebSocketResponse, message: WSMessage) -> None:
        """Let the page look at something else."""
        wish = _wish(message)
        if wish is None:
            await websocket.close(code=WSCloseCode.UNSUPPORTED_DATA)
            return
        self._leave(websocket)
        name = wish["look"]
        panel = self._panels.all().get(name) if isinstance(name, str) else None
        if panel is None:
            return
        if name == LOG:
            reader = Reader(_level(wish.get("level")), str(wish.get("text", ""))[:_LONGEST_TEXT])
            self._looking[websocket] = LogFeed(self.App, self._panels, self._records, websocket, reader, self._send_to)
            return
        feed = self._feeds.get(name)
        if feed is None:
            feed = self._feeds[name] = PanelFeed(self.App, self._panels, panel, self._send_to)
        self._looking[websocket] = feed
        feed.join(websocket)

    async def on_close(self, request: web.Request, websocket: web.WebSocketResponse) -> None:
        """Forget the page."""
        self._requests.pop(websocket, None)
        self._leave(websocket)

    def _leave(self, websocket: web.WebSocketResponse) -> None:
        if (feed := self._looking.pop(websocket, None)) is not None:
            feed.leave(websocket)

    def _send_to(self, text: str, websockets: set[web.WebSocketResponse]) -> None:
        """Send a text to those whose login still holds, and close the others."""
        welcome = {each for each in websockets if self._is_welcome(each)}
        self.broadcast(text, welcome)
        for each in websockets - welcome:
            self._start(_dismiss(each))

    def _is_welcome(self, websocket: web.WebSocketResponse) -> bool:
        request = self._requests.get(websocket)
        try:
            return request is not None and self._guard.is_welcome(request)
        except web.HTTPTooManyRequests:  # somebody else at this address has guessed
            return True


async def _dismiss(websocket: web.WebSocketResponse) -> None:
    await websocket.close(code=WSCloseCode.POLICY_VIOLATION)


def _wish(message: WSMessage) -> dict[str, Any] | None:
    if message.type is not WSMsgType.TEXT:
        return None
    try:
        wish = json.loads(message.data)
    except (ValueError, RecursionError):
        return None
    return wish if isinstance(wish, dict) and "look" in wish else None


def _level(name: object) -> int:
    return logging.getLevelNamesMapping().get(str(name), logging.NOTSET)
