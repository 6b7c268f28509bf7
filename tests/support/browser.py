"""A headless Chromium, driven over the DevTools protocol: what a user of a page sees and does.

It is a process with a profile of its own, which is thrown away.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest

from tests.support.processes import Process

DEADLINE = 60.0

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-port=0 about:blank"
)


def executable() -> str:
    """The browser of this machine; without one the test is skipped, or fails where nothing may be skipped."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    advice = f"install Chromium (Debian: apt-get install {NAMES[0]}) to run the test in a browser"
    if os.environ.get("CI"):
        pytest.fail(advice)
    pytest.skip(advice)


class Page:
    """A tab of the browser."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse, session_id: str) -> None:
        self._websocket = websocket
        self._session_id = session_id
        self._ids = itertools.count(1)

    @classmethod
    async def open(cls, websocket: aiohttp.ClientWebSocketResponse) -> Self:
        browser = cls(websocket, "")
        target = await browser.call("Target.createTarget", url="about:blank")
        attached = await browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        return cls(websocket, attached["sessionId"])

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        answer = await self._ask(method, **parameters)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    async def go(self, url: str) -> None:
        """Open an address."""
        result = await self.call("Page.navigate", url=url)
        assert not result.get("errorText"), f"{url}: {result['errorText']}"

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression in the page, a promise's when it is there."""
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, f"{script}: {result['exceptionDetails']}"
        return result["result"].get("value")

    async def see(self, condition: str) -> Any:
        """Wait until an expression is a number or a text in the page, which may change meanwhile, and return it."""
        value: Any = None
        try:
            async with asyncio.timeout(DEADLINE):
                while not value:
                    value = await self._look(condition)
        except TimeoutError:
            text = await self.run("document.documentElement.outerHTML")
            raise AssertionError(f"never there: {condition}\n{text}") from None
        return value

    async def _look(self, condition: str) -> Any:
        """One look, soon; `None` where the page has changed meanwhile, or is not there yet."""
        soon = f"new Promise(done => setTimeout(done, 20)).then(() => ({condition}))"
        answer = await self._ask("Runtime.evaluate", expression=soon, awaitPromise=True, returnByValue=True)
        result = answer.get("result", {})
        return None if "exceptionDetails" in result else result.get("result", {}).get("value")

    async def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a call and return its answer; events that come meanwhile are dropped."""
        call = {"id": next(self._ids), "method": method, "params": parameters}
        await self._websocket.send_json(call | ({"sessionId": self._session_id} if self._session_id else {}))
        while True:
            answer: dict[str, Any] = await self._websocket.receive_json()
            if answer.get("id") == call["id"] and answer.get("sessionId", "") == self._session_id:
                return answer


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A browser with an empty profile below the folder, and one tab."""
    flags = [*FLAGS.split(), f"--user-data-dir={folder / 'profile'}"]
    with Process(executable(), *flags, cwd=folder) as process:
        line = await asyncio.to_thread(process.wait_for, "^DevTools listening on ", stream="stderr", deadline=DEADLINE)
        url = line.rpartition(" ")[2]
        async with aiohttp.ClientSession() as session, session.ws_connect(url, max_msg_size=0) as websocket:
            yield await Page.open(websocket)
            await websocket.send_json({"id": 0, "method": "Browser.close"})
            await asyncio.to_thread(process.wait)
