"""The live page as its user meets it: in a browser, over an application that has a lot to do."""

from __future__ import annotations

import asyncio
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Page, browser
from tests.support.processes import free_port, python
from tests.support.shop import page_of_shop, shop

# By the panel: what is there when it works.
SIGHTS = {
    "state": "document.querySelector('.tile .stroke').getAttribute('d')?.includes('L') && document.body.innerText",
    "log": "document.querySelectorAll('.log p').length > 5 && document.body.innerText",
    "metrics": "document.querySelectorAll('.tile').length > 3 && document.body.innerText",
    "parts": "document.querySelectorAll('tbody tr').length > 3 && document.body.innerText",
    "configuration": "document.querySelectorAll('tbody tr').length > 20 && document.body.innerText",
    "loggers": "document.querySelectorAll('tbody select').length > 3 && document.body.innerText",
    "bus": "[...document.querySelectorAll('td.n')].some(each => +each.textContent > 9) && document.body.innerText",
    "timers": "document.querySelectorAll('tbody tr').length && document.body.innerText",
    "tasks": "document.querySelectorAll('tbody li').length && document.body.innerText",
    "mom": "document.querySelectorAll('tbody tr').length > 2 && document.body.innerText",
    "sessions": "document.querySelectorAll('dd').length && document.body.innerText",
    "stock": "document.querySelectorAll('tbody tr').length && document.body.innerText",
}

TEXTS = {
    "state": "ready",
    "log": "what is not for sale",
    "metrics": "shop_sold",
    "parts": "service 'asab.WebService'",
    "configuration": "postgresql://shop:***@db.example.com/orders",
    "loggers": "root",
    "bus": "Shop.order!",
    "timers": "Shop.on_market",
    "tasks": "asyncio",
    "mom": "orders",
    "sessions": "InMemorySessionStorage",
    "stock": "apples",
}


async def look(page: Page, name: str) -> str:
    """Go to a panel and return all the text that is seen when it is there."""
    await page.run(f"document.querySelector('nav a[data-panel={name}]').click()")
    return str(await page.see(SIGHTS[name]))


@pytest.mark.slow
async def test_each_panel_shows_what_happens_and_axe_finds_no_serious_fault(tmp_path: Path) -> None:
    """Under load, in light and dark, wide and narrow; whoever uses a keyboard or a screen reader too."""
    axe = (resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")
    async with page_of_shop(tmp_path) as (page, url):
        await page.see("document.querySelector('#pill.good')?.textContent")
        # The strict policy is for the page's scripts; the tester's own is not one of them.
        await page.run(axe)
        for name in SIGHTS:
            text = await look(page, name)
            assert TEXTS[name] in text, name
            assert "hunter2" not in text, name
            for scheme, width in (("light", 1200), ("dark", 390)):
                system = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
                features = [{"name": name, "value": value} for name, value in system.items()]
                await page.call("Emulation.setEmulatedMedia", features=features)
                await page.call(
                    "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False
                )
                assert await faults(page) == [], (name, scheme, width)
        loaded = await page.run("performance.getEntriesByType('resource').map(each => each.name)")
        assert [each for each in loaded if not each.startswith(url)] == []


async def faults(page: Page) -> list[Any]:
    """What axe-core calls serious or critical."""
    options = json.dumps({"resultTypes": ["violations"]})
    found = await page.run(
        f"axe.run(document, {options}).then(result => result.violations"
        ".filter(each => ['serious', 'critical'].includes(each.impact))"
        ".map(each => [each.id, ...each.nodes.slice(0, 3).map(node => node.html)]))"
    )
    assert isinstance(found, list)
    return found


@pytest.mark.slow
async def test_a_level_is_changed_on_the_page_and_the_records_come(tmp_path: Path) -> None:
    """What somebody does who looks for a fault: turn a logger up, read, filter."""
    async with page_of_shop(tmp_path) as (page, _url):
        await page.see("document.querySelector('#pill.good')?.textContent")
        await look(page, "loggers")
        select = "document.querySelector('select[aria-label=\"Level of __main__\"]')"
        await page.run(f"{select}.value = 'INFO', {select}.dispatchEvent(new Event('change'))")
        assert await page.see("document.querySelector('[role=status].end')?.textContent") == (
            "__main__ is at INFO for 10 minutes"
        )
        await look(page, "log")
        text = "document.querySelector('input[type=search]')"
        await page.run(f"{text}.value = 'order has', {text}.dispatchEvent(new Event('input'))")
        await page.see("document.querySelector('.log p:last-child')?.textContent.includes('An order has come')")
        await page.run("document.querySelector('#theme').click()")
        await page.run("document.querySelector('#theme').click()")
        assert await page.run("getComputedStyle(document.body).colorScheme || document.documentElement.dataset.theme")
        assert await page.run("document.documentElement.dataset.theme") == "dark"


HOSTILE = """
import asab, asab.web

class Hostile(asab.Application):
    async def initialize(self):
        self.add_module(asab.web.Module)
        self.get_service("asab.WebService").WebApp
        self.L = asab.log.get_logger("<img src=x onerror=document.title='gotcha'>")
        self.Inspection.add("mine", "<b>mine</b>", lambda: {EVIL: EVIL, "rows": [{EVIL: EVIL}]})
        self.PubSub.subscribe("Application.tick!", self.on_tick)

    def on_tick(self, message_type):
        self.L.error(EVIL, struct_data={EVIL: EVIL})

import asab.log
EVIL = "<img src=x onerror=document.title='gotcha'><script>document.title='gotcha'</script>"
raise SystemExit(Hostile().run())
"""

TOKEN = "correct horse battery staple"


@pytest.mark.slow
async def test_a_script_that_is_stored_in_the_log_stays_a_text(tmp_path: Path) -> None:
    """What strangers put into a log is read by whoever may change things; after the login in the form."""
    port = free_port()
    (tmp_path / "hostile.py").write_text(HOSTILE)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "hostile.conf").write_text(
        "[general]\ntick_period = 0.1\n"
        f"[asab:web]\nlisten = 127.0.0.1:{port}\ninspector = yes\ninspector_token = ${{file:{tmp_path / 'token'}}}\n"
    )
    with python("hostile.py", "-c", "hostile.conf", cwd=tmp_path) as server:
        await asyncio.to_thread(server.wait_for_port, port)
        async with browser(tmp_path) as page:
            await page.go(f"http://127.0.0.1:{port}/asab/")
            for token in ("not the right one", TOKEN):
                await page.see("document.querySelector('#token')?.type")
                await page.run(f"document.querySelector('#token').value = '{token}'")
                await page.run("document.querySelector('form').requestSubmit()")
                await page.see("document.querySelector('[role=alert], nav a')?.tagName")
            await page.see("document.querySelector('#pill.good')?.textContent")
            for name, sight in (("log", ".log p"), ("mine", "tbody tr")):
                await page.run(f"location.hash = '{name}'")
                text = await page.see(f"document.querySelector('{sight}')?.textContent")
                assert "<img" in text
                assert await page.run("document.querySelectorAll('main img, main script, main b').length") == 0
            assert "gotcha" not in await page.run("document.title")
            assert await page.run("document.cookie") == ""
            await page.run("document.querySelector('#logout').requestSubmit()")
            await page.see("document.querySelector('#token')?.type")
        assert await asyncio.to_thread(server.stop) == 0
    assert TOKEN not in server.stderr


CHATTY = """
import asab, asab.log, asab.web

class Chatty(asab.Application):
    async def initialize(self):
        self.add_module(asab.web.Module)
        self.get_service("asab.WebService").WebApp
        self.count = 0
        self.timer = asab.Timer(self, self.on_time, autorestart=True)
        self.timer.start(0.01)

    async def on_time(self):
        for _ in range(10):
            self.count += 1
            asab.log.get_logger("chatty").warning("record %d", self.count, struct_data={"n": self.count})

raise SystemExit(Chatty().run())
"""


@pytest.mark.slow
async def test_the_page_holds_at_a_thousand_records_a_second(tmp_path: Path) -> None:
    """It shows them, none is left out, it stays quick, and what it keeps is bounded."""
    port = free_port()
    (tmp_path / "chatty.py").write_text(CHATTY)
    (tmp_path / "chatty.conf").write_text(f"[asab:web]\nlisten = 127.0.0.1:{port}\ninspector = yes\n")
    with python("chatty.py", "-c", "chatty.conf", "-l", "chatty.log", cwd=tmp_path) as server:
        await asyncio.to_thread(server.wait_for_port, port)
        async with browser(tmp_path) as page:
            await page.go(f"http://127.0.0.1:{port}/asab/#log")
            seen = "parseInt(document.querySelector('.bar .end').textContent.replaceAll(',', ''))"
            await page.see(f"{seen} > 5000")
            assert "left out" not in await page.run("document.querySelector('.bar .end').textContent")
            assert await page.run("document.querySelectorAll('.log p').length") == 400
            shown = await page.run("[...document.querySelectorAll('.log .sd')].map(each => +each.textContent.slice(2))")
            assert shown == list(range(shown[0], shown[0] + len(shown)))
            # Whoever reads stops it, and goes on where the log is by then.
            await page.run("document.querySelector('[aria-pressed]').click()")
            last = await page.run("document.querySelector('.log p:last-child').textContent")
            await page.see("document.querySelector('.bar .end').textContent.includes('400 waiting')")
            assert await page.run("document.querySelector('.log p:last-child').textContent") == last
            await page.run("document.querySelector('[aria-pressed]').click()")
            assert await page.see(f"document.querySelector('.log p:last-child').textContent != {last!r}")
        await asyncio.to_thread(server.stop)


@pytest.mark.slow
async def test_the_page_comes_back_when_the_application_does(tmp_path: Path) -> None:
    """Whoever has it open sees that the line is gone, and when it is there again."""
    async with shop(tmp_path) as (process, url), browser(tmp_path) as page:
        await page.go(f"{url}asab/")
        await page.see("document.querySelector('#pill.good')?.textContent")
        await asyncio.to_thread(process.stop)
        assert await page.see("document.querySelector('#pill.warn')?.textContent") == "no connection"
        with python(*process.command[1:], cwd=tmp_path):
            await page.see("document.querySelector('#pill.good')?.textContent")


async def test_the_files_of_the_page_name_no_other_host() -> None:
    """It works without the internet, and tells nobody that it is looked at."""
    folder = resources.files("asab_web.inspector") / "static"
    for file in folder.iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", "").replace("/**", ""), file.name
        assert "innerHTML" not in text
        assert " style=" not in text
        assert " onclick=" not in text


PLOT = """
import('/asab/inspector/plot.js').then(({ Plot }) => {
  const clock = performance.now;
  const plot = new Plot('a number', { show: String });
  const lines = [0, 90, 100, 130].map((second) => {
    performance.now = () => second * 1000;
    plot.push(1);
    return plot.stroke.getAttribute('d');
  });
  performance.now = clock;
  return lines;
})
"""


@pytest.mark.slow
async def test_a_plot_is_of_the_last_two_minutes_at_whatever_pace_its_values_come(tmp_path: Path) -> None:
    """A panel that is read less often, or was not looked at for a while, does not show a steep rise that never was."""
    async with page_of_shop(tmp_path) as (page, _url):
        await page.see("document.querySelector('#pill.good')?.textContent")
        assert await page.run(PLOT) == [
            "M240.0,3.0",
            "M0.0,3.0L240.0,3.0",
            "M0.0,3.0L216.0,3.0L240.0,3.0",
            "M0.0,3.0L60.0,3.0L240.0,3.0",
        ]
