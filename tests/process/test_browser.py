"""The example with a login, as its user meets it: in a browser."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.support.browser import browser
from tests.support.processes import free_port, python

LOGIN_FORM = "document.querySelector('input[name=user]')?.name"
EXAMPLE = Path(__file__).parents[2] / "examples" / "websession.py"


@pytest.mark.slow
async def test_a_user_logs_in_sees_ticks_arrive_and_logs_out(tmp_path: Path) -> None:
    """Cookies, redirects and WebSockets are what a browser makes of them."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    (tmp_path / "web.conf").write_text(
        f"[general]\ntick_period = 0.2\n[asab:web]\nlisten = 127.0.0.1:{port}\naccess_log = notice\ncompress = yes\n"
    )
    with python(EXAMPLE, "-c", "web.conf", cwd=tmp_path) as server:
        await asyncio.to_thread(server.wait_for_port, port)
        async with browser(tmp_path) as page:
            await page.go(url)
            await page.see(LOGIN_FORM)
            await page.run("document.querySelector('input[name=user]').value = 'Ann <b>&'")
            await page.run("document.querySelector('form').requestSubmit()")
            assert await page.see("document.getElementById('user')?.textContent") == "Ann <b>&"
            assert await page.see("document.getElementById('visits').textContent") == "1"
            assert await page.run("document.cookie") == ""  # no script reads it

            first = int(await page.see("parseInt(document.getElementById('ticks').value)"))
            assert int(await page.see(f"(n => n > {first} && n)(parseInt(document.getElementById('ticks').value))"))

            await page.go(url)
            assert await page.see("document.getElementById('visits')?.textContent") == "2"

            await page.run("document.querySelector('form').requestSubmit()")
            await page.see(LOGIN_FORM)
            await page.go(url)
            await page.see(LOGIN_FORM)
            refused = "new Promise(d => { const s = new WebSocket('/ticks'); s.onclose = s.onopen = e => d(e.type) })"
            assert await page.run(refused) == "close"
        assert await asyncio.to_thread(server.stop, signal.SIGTERM) == 0
    assert "Traceback" not in server.stderr
    assert 'path="/login" status="303"' in server.stderr


@pytest.mark.slow
async def test_a_check_of_the_watcher_changes_its_page_as_it_is_looked_at(tmp_path: Path) -> None:
    """The script and the events pass the page's own policy, and a URL with quotes is one all the same."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    folder = EXAMPLE.parent / "watcher"
    options = "[watcher]\npassword = s\nevery = 0.2\nstate = {}\n[asab:web]\nlisten = 127.0.0.1:{}\n"
    (tmp_path / "watcher.conf").write_text(options.format(tmp_path / "state.db", port))
    with python("-m", "watcher", "-c", tmp_path / "watcher.conf", cwd=folder) as server:
        await asyncio.to_thread(server.wait_for_port, port)
        async with browser(tmp_path) as page:
            await page.go(url)
            await page.see("document.querySelector('input[name=password]')?.name")
            await page.run("document.querySelector('input[name=password]').value = 's'")
            await page.run("document.querySelector('form').requestSubmit()")
            await page.see("document.querySelector('input[name=url]')?.name")
            await page.run(f"document.querySelector('input[name=url]').value = '{url}?\\x22<b>'")
            await page.run("document.querySelector('form[action=\"/watch\"]').requestSubmit()")
            assert await page.see("document.querySelector('tr.up td:nth-child(2)')?.textContent") == "200"
            await page.run("document.querySelector('tr.up').className = 'old'")
            assert await page.see("document.querySelector('tr.up')?.cells[0].textContent") == f'{url}?"<b>'
            await page.run("document.querySelector('form[action=\"/forget\"] button').click()")
            assert await page.see("document.querySelector('tbody')?.rows.length === 0")
        assert await asyncio.to_thread(server.stop, signal.SIGTERM) == 0
    assert "Traceback" not in server.stderr


API = """
import asab
import pydantic
from asab.web import Module
from asab.web.rest import typed_handler

class Order(pydantic.BaseModel):
    name: str

@typed_handler
async def order(request, body: Order) -> Order:
    '''Take an <order>.'''
    return body

class Shop(asab.Application):
    async def initialize(self):
        self.add_module(Module)
        self.get_service("asab.WebService").WebApp.router.add_post("/orders", order)

raise SystemExit(Shop().run())
"""


@pytest.mark.slow
async def test_the_documentation_page_is_shown_with_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Who reads about the API needs neither the internet nor a program, and its style passes its own policy."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    (tmp_path / "shop.py").write_text(API)
    (tmp_path / "shop.conf").write_text(f"[asab:web]\nlisten = 127.0.0.1:{port}\nopenapi = yes\n")
    with python("shop.py", "-c", "shop.conf", cwd=tmp_path) as server:
        await asyncio.to_thread(server.wait_for_port, port)
        async with browser(tmp_path) as page:
            await page.go(f"{url}asab/v1/docs")
            text = await page.see("document.readyState == 'complete' && document.body.innerText")
            assert "/orders" in text
            assert "Take an <order>." in text
            assert await page.run("getComputedStyle(document.body).maxWidth") == "960px"
            assert await page.run("document.querySelectorAll('script').length") == 0
            loaded = await page.run("performance.getEntriesByType('resource').map(each => each.name)")
            assert [each for each in loaded if not each.startswith(url)] == []
            await page.run("document.querySelector('a[href*=openapi]').click()")
            assert '"openapi":' in await page.see("location.pathname.endsWith('/openapi') && document.body.innerText")
        assert await asyncio.to_thread(server.stop) == 0
