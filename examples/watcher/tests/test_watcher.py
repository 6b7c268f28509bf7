"""The watcher as its users meet it; what it asks is answered by the test, and an hour takes a moment."""

import itertools
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from watcher.application import WatcherApplication
from watcher.fetch import Answer, fetch

import asab.mom
from asab.testing import VirtualRun

CONFIGURATION = Path(__file__).parents[1] / "watcher.conf"
PASSWORD = "let me look"
SHOP = "https://shop.example/"


class Watcher(WatcherApplication):
    """The application, but that the test says what is answered, and hears what other applications hear."""

    async def initialize(self) -> None:
        self.answers: dict[str, str] = {}
        self.asked: list[float] = []
        self.changes: list[Any] = []
        await super().initialize()
        listener = asab.mom.MemoryBroker(self)
        listener.subscribe("amq.topic", exchange=True, routing_key="watcher.#")
        listener.add("watcher.changed", self.on_change)

    async def fetch(self, url: str, timeout: float) -> Answer:
        self.asked.append(self.Loop.time())
        text = self.answers.get(url, "200")
        return Answer(text, text == "200", 0.01)

    async def on_change(self, properties: asab.mom.Properties, body: bytes) -> None:
        change = asab.mom.decode_json(properties, body)
        self.changes.append((change["url"], change["ok"], change["text"]))


Run = VirtualRun[Watcher]


def start(folder: Path, **options: str) -> Run:
    config = {"watcher": {"state": str(folder / "state.db"), **options}, "asab:web": {"listen": "127.0.0.1:0"}}
    return VirtualRun(Watcher, args=["-c", str(CONFIGURATION)], config=config)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with start(tmp_path) as run:
        yield run


def test_each_url_is_checked_once_a_minute(run: Run) -> None:
    """Day and night, and evenly."""
    run.app.get_service("StoreService").add(SHOP)
    run.sleep(3600.5)
    times = run.app.asked
    assert len(times) == 60
    assert {round(later - earlier, 3) for earlier, later in itertools.pairwise(times)} == {60}
    assert run.app.get_service("CheckService").checks.Values == {"ok": 60, "failed": 0}


def test_what_changes_is_told_once(run: Run) -> None:
    """Nobody wants to hear every minute that it is still down."""
    store = run.app.get_service("StoreService")
    store.add(SHOP)
    run.sleep(300.5)
    run.app.answers[SHOP] = "503"
    run.sleep(300)
    assert run.app.get_service("CheckService").urls.Values == {"watched": 1, "down": 1}
    down = store.get(SHOP)
    run.app.answers.clear()
    run.sleep(300)
    assert run.app.changes == [(SHOP, True, "200"), (SHOP, False, "503"), (SHOP, True, "200")]
    assert store.get(SHOP).since - down.since == pytest.approx(300)


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    """What is up does not come up again because the watcher was started anew."""
    with start(tmp_path) as run:
        run.app.get_service("StoreService").add(SHOP)
        run.sleep(60.5)
        assert run.app.changes == [(SHOP, True, "200")]
    with start(tmp_path) as run:
        run.sleep(1)
        assert (len(run.app.asked), run.app.changes) == (1, [])


def test_it_is_not_ready_when_the_checks_do_not_come_through(tmp_path: Path) -> None:
    """A watcher that does not watch is worse than none."""
    with start(tmp_path) as run:
        run.app.get_service("StoreService").add(SHOP)
        run.sleep(120.5)
        assert run.app.Health.ready
        run.app.get_service("CheckService").broker.break_line(3600)
        run.sleep(600)
        assert "CheckService: nothing was checked for " in str(run.app.Health.down[0])
        run.sleep(3600)
        assert run.app.Health.ready


Client = Callable[[Callable[[aiohttp.ClientSession], Awaitable[None]]], None]


@pytest.fixture
def browse(run: Run) -> Client:
    """Have a browser do something."""
    url = run.app.get_service("asab.WebService").default_container.addresses[0]

    async def be(visit: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
        async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
            await visit(client)

    return lambda visit: run.wait_for(be(visit))


async def post(client: aiohttp.ClientSession, path: str, **fields: str) -> tuple[int, str]:
    async with client.post(path, data=fields) as response:
        return response.status, await response.text()


def test_a_user_logs_in_watches_a_url_and_sees_it_checked(browse: Client) -> None:
    """The way that everybody takes, to the event that brings the page up to date."""

    async def visit(client: aiohttp.ClientSession) -> None:
        assert (await post(client, "/login", password=PASSWORD))[0] == 200
        async with client.get("/events") as events:
            status, page = await post(client, "/watch", url=SHOP)
            assert (status, f'data-url="{SHOP}"' in page) == (200, True)
            while not (line := await events.content.readline()).startswith(b"data: "):
                pass
            assert json.loads(line.removeprefix(b"data: "))["state"] == "up"
        assert SHOP not in (await post(client, "/forget", url=SHOP))[1]
        assert 'action="/login"' in (await post(client, "/logout"))[1]
        assert (await post(client, "/watch", url=SHOP))[0] == 403

    browse(visit)


def test_strangers_see_and_change_nothing(run: Run, browse: Client) -> None:
    """What is watched tells about the inside of a company."""
    run.app.get_service("StoreService").add(SHOP)

    async def visit(client: aiohttp.ClientSession) -> None:
        assert (await post(client, "/login", password="guessed"))[0] == 403
        for path in ("/watch", "/forget"):
            assert (await post(client, path, url=SHOP))[0] == 403
        async with client.get("/events") as response:
            assert response.status == 403
        async with client.get("/") as response:
            assert SHOP not in await response.text()

    browse(visit)
    assert run.app.get_service("StoreService").get(SHOP)


@pytest.mark.parametrize("url", ["", "shop", "ftp://shop.example/", "file:///etc/passwd", "https://", "http://[x"])
def test_what_is_no_url_is_refused(url: str, run: Run, browse: Client) -> None:
    """The watcher asks web servers, nothing else."""

    async def visit(client: aiohttp.ClientSession) -> None:
        await post(client, "/login", password=PASSWORD)
        assert (await post(client, "/watch", url=url))[0] == 400

    browse(visit)
    assert not run.app.get_service("StoreService").all()


def test_a_url_is_shown_as_text(run: Run, browse: Client) -> None:
    """Whatever somebody has it watch."""
    run.app.get_service("StoreService").add('https://x/"><script>alert(1)</script>')

    async def visit(client: aiohttp.ClientSession) -> None:
        page = (await post(client, "/login", password=PASSWORD))[1]
        assert "&quot;&gt;&lt;script&gt;alert" in page
        assert "<script>alert" not in page

    browse(visit)


def test_a_fetch_tells_what_came_back_or_why_nothing_did(run: Run) -> None:
    """For real, over a socket."""
    own = run.app.get_service("asab.WebService").default_container.addresses[0]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert run.wait_for(fetch(url, 0.1)).text == "no answer within 0.1 s"
    assert "Cannot connect" in run.wait_for(fetch(url, 10)).text
    missing, there = (run.wait_for(fetch(f"{own}{path}", 10)) for path in ("/nothing", "/"))
    assert (missing.text, missing.ok, there.text, there.ok) == ("404", False, "200", True)
    assert not run.wait_for(fetch("http://[x", 10)).ok


def test_without_a_password_it_does_not_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An open page would be a surprise."""
    with pytest.raises(SystemExit), start(tmp_path, password=""):
        pytest.fail("it runs")
    assert "[watcher] password is empty" in capsys.readouterr().err
