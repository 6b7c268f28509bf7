"""The example that has something to show, as a process with customers, and its page in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.support.browser import Page, browser
from tests.support.processes import Process, free_port, python

EXAMPLE = Path(__file__).parents[2] / "examples" / "inspector.py"

CONFIGURATION = """
[asab:web]
listen = 127.0.0.1:{port}
inspector = yes
inspector_write = yes

[shop]
api_token = hunter2-is-no-token
database = postgresql://shop:hunter2@db.example.com/orders
"""


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[tuple[Process, str]]:
    """The example with customers who order all the time, and where it is."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    (folder / "shop.conf").write_text(CONFIGURATION.format(port=port))
    with python(EXAMPLE, "-c", "shop.conf", cwd=folder) as process:
        await asyncio.to_thread(process.wait_for_port, port)
        customers = asyncio.create_task(_order(url))
        try:
            yield process, url
        finally:
            customers.cancel()
            await asyncio.gather(customers, return_exceptions=True)


@asynccontextmanager
async def page_of_shop(folder: Path) -> AsyncIterator[tuple[Page, str]]:
    """The page of the example in a browser, and where it is."""
    async with shop(folder) as (_process, url), browser(folder) as page:
        await page.go(f"{url}asab/")
        yield page, url


async def _order(url: str) -> None:
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        while True:
            for item in ("apples", "pears", "apples", "plums"):
                async with session.get(f"/order/{item}") as answer:
                    await answer.read()
            await asyncio.sleep(0.05)
