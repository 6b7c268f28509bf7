"""What is sent to who looks: a task for each panel that is looked at, and one for each who watches the log.

The rule: looking costs a bounded part of the time, whatever a panel has to show: what takes long to read is read less
often, and who look at the same panel share what was read.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from asab_log import get_logger
from asab_web.inspector._records import PERIOD, Reader, Records

if TYPE_CHECKING:
    from aiohttp import web

    import asab_app
    from asab_app.inspection import Panel
    from asab_web.inspector._panels import Panels

    Send = Callable[[str, set[web.WebSocketResponse]], None]

L = get_logger(__name__)

EVERY = 1.0
"""How often a panel is read, in seconds."""

PATIENCE = 200
"""How many times longer than a reading the wait for the next one is, at least: half a percent of the time."""


class PanelFeed:
    """Reads a panel while somebody looks at it."""

    def __init__(self, app: asab_app.Application, panels: Panels, panel: Panel, send: Send) -> None:
        """Wait for somebody.

        Args:
            app: The application, which owns the task.
            panels: What reads.
            panel: What is read.
            send: Sends a text to some sockets.
        """
        self._app = app
        self._panels = panels
        self._panel = panel
        self._send = send
        self._watchers: set[web.WebSocketResponse] = set()
        self._task: asyncio.Task[None] | None = None
        self._text = ""

    def join(self, websocket: web.WebSocketResponse) -> None:
        """Have a socket get what is read from now on."""
        self._watchers.add(websocket)
        if self._task is None:
            self._task = self._app.Loop.create_task(self._run(), name=f"inspector: {self._panel.name}")
        elif self._text:
            self._send(self._text, {websocket})

    def leave(self, websocket: web.WebSocketResponse) -> None:
        """Forget a socket; with the last one the reading ends."""
        self._watchers.discard(websocket)
        if not self._watchers and self._task is not None:
            self._task.cancel()
            self._task, self._text = None, ""

    async def _run(self) -> None:
        try:
            with self._panel.watch():
                before = 0.0
                while True:
                    began = time.perf_counter()
                    self._text = self._panels.text(self._panel)
                    self._send(self._text, self._watchers)
                    spent = time.perf_counter() - began
                    # A single slow one, as the first mostly is, says nothing of the next.
                    await asyncio.sleep(max(EVERY, min(before, spent) * PATIENCE))
                    before = spent
        except Exception:
            L.exception("The panel %r failed", self._panel.name)
            self._task = None


class LogFeed:
    """Sends log records to one socket, which has filters of its own."""

    def __init__(
        self,
        app: asab_app.Application,
        panels: Panels,
        records: Records,
        websocket: web.WebSocketResponse,
        reader: Reader,
        send: Send,
    ) -> None:
        """Begin."""
        self._panels = panels
        self._records = records
        self._reader = reader
        self._watchers = {websocket}
        self._send = send
        records.join(reader)
        self._task = app.Loop.create_task(self._run(), name="inspector: log")

    def leave(self, _websocket: web.WebSocketResponse) -> None:
        """End."""
        self._records.leave(self._reader)
        self._task.cancel()

    async def _run(self) -> None:
        said = 0.0
        while True:
            lines, missed = self._records.fetch(self._reader)
            now = time.monotonic()
            if lines or missed or now - said >= EVERY:
                said = now
                head = json.dumps(self._panels.head())
                records = ",".join(lines)
                self._send(f'{{"panel":"log","head":{head},"missed":{missed},"records":[{records}]}}', self._watchers)
            await asyncio.sleep(PERIOD)
