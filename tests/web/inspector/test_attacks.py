"""What the inspector refuses: whoever may not look gets nothing, however it asks."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from asab_config import Config
from asab_log import StructuredLogger, get_logger
from tests.support.web import WebApplication, serve

L = get_logger(__name__)

TOKEN = "correct horse battery staple"
READS = ["/asab/inspector/panels", "/asab/inspector/panels/state", "/asab/inspector/socket"]
WRITES = ["/asab/inspector/levels", "/asab/inspector/logout"]
OPEN = {"listen": "127.0.0.1:0", "inspector": "yes"}
WITH_TOKEN = OPEN | {"inspector_token": TOKEN}
BEARER = {"Authorization": f"Bearer {TOKEN}"}

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def status(session: aiohttp.ClientSession, path: str, **headers: str) -> int:
    async with session.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as answer:
        await answer.read()
        return answer.status


def test_it_is_not_there_unless_the_section_says_so() -> None:
    """A server that nobody asked to tell about its inside tells nothing."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in ["/asab/", "/asab/inspector/main.js", *READS]:
            assert await status(session, path) == 404

    assert serve(scenario) == 0


def test_without_the_token_nothing_is_told() -> None:
    """The form is all that a stranger gets, and its files."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/asab/") as answer:
            page = await answer.text()
            assert 'type="password"' in page
            assert "main.js" not in page
        for path in READS:
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": f"Basic {TOKEN}"},
                {"Cookie": f"asab_inspector={TOKEN}"},
            ):
                assert await status(session, path, **headers) == 401, path
            assert await status(session, f"{path}?token={TOKEN}&inspector_token={TOKEN}") == 401
        for path in WRITES:
            async with session.post(path, json={}) as answer:
                assert answer.status == 401
        assert await status(session, READS[0], **BEARER) == 200

    assert serve(scenario, sections={"asab:web": WITH_TOKEN}) == 0


def test_the_token_is_shown_once_and_the_cookie_is_something_else(caplog: pytest.LogCaptureFixture) -> None:
    """What is stolen from a browser is worthless elsewhere and after the logout, and no log has the token."""
    caplog.set_level(logging.DEBUG)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/asab/inspector/login", data={"token": TOKEN}, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"] == "/asab/"
            cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/asab"} <= set(cookie.split("; "))
        assert TOKEN not in cookie
        assert await status(session, READS[0]) == 200
        stolen = {"Cookie": cookie.partition(";")[0]}
        async with session.post("/asab/inspector/logout", allow_redirects=False) as answer:
            assert answer.status == 303
        assert await status(session, READS[0], **stolen) == 401

    assert serve(scenario, sections={"asab:web": WITH_TOKEN}) == 0
    assert TOKEN not in caplog.text


def test_a_page_that_is_open_at_the_logout_learns_nothing_more() -> None:
    """Who logs out on one page has left on all of them."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.post("/asab/inspector/login", data={"token": TOKEN}) as answer:
            assert answer.status == 200
        async with session.ws_connect("/asab/inspector/socket") as socket:
            await socket.send_json({"look": "state"})
            assert (await socket.receive_json())["panel"] == "state"
            async with session.post("/asab/inspector/logout") as answer:
                assert answer.status == 200
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
            assert message.data == aiohttp.WSCloseCode.POLICY_VIOLATION

    assert serve(scenario, sections={"asab:web": WITH_TOKEN}) == 0


def test_guessing_ends_soon() -> None:
    """Ten wrong tokens in a minute are enough, then the right one is refused too: else guessing would go on."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for number in range(10):
            async with session.post("/asab/inspector/login", data={"token": f"guess {number}"}) as answer:
                assert answer.status == 403
                assert "not the token" in await answer.text()
        async with session.post("/asab/inspector/login", data={"token": TOKEN}) as answer:
            assert answer.status == 429
            assert answer.headers["Retry-After"] == "60"
        assert await status(session, READS[0], **BEARER) == 429

    assert serve(scenario, sections={"asab:web": WITH_TOKEN}) == 0


@pytest.mark.parametrize("body", [b"", b"\xff\xfe=\x00", b"token", b"token=" + b"x" * 5000])
def test_a_strange_form_is_a_wrong_one(body: bytes) -> None:
    """Whatever is sent to the form, it is answered and nobody is in."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        async with session.post("/asab/inspector/login", data=body, headers=form) as answer:
            assert answer.status in (400, 403)
        async with session.post("/asab/inspector/login", data={"token": io.BytesIO(body)}) as answer:
            assert answer.status == 403

    assert serve(scenario, sections={"asab:web": WITH_TOKEN}) == 0


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "a b", "[::1"])
def test_a_foreign_host_name_is_refused(host: str) -> None:
    """A name of an attacker's may be made to point at this machine: its pages would pass for ours (DNS rebinding)."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in ["/asab/", "/asab/inspector/main.js", *READS]:
            assert await status(session, path, Host=host) in (400, 421), path

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


def test_names_that_are_ours_are_answered() -> None:
    """Addresses, which no name server decides, `localhost`, and what is configured."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for host in ("localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "shop.example.com", "192.0.2.1"):
            assert await status(session, READS[0], Host=host) == 200, host

    assert serve(scenario, sections={"asab:web": OPEN | {"inspector_hosts": "shop.example.com"}}) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "websocket"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
@pytest.mark.parametrize("cors", ["", "*"])
def test_pages_of_other_sites_get_nothing(headers: Mapping[str, str], cors: str) -> None:
    """A browser connects to this machine for whatever page it shows, whatever CORS says of the application's API."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in READS:
            assert await status(session, path, **{**headers, **UPGRADE}) == 403, path
        for path in WRITES:
            async with session.post(path, json={"logger": "root", "level": "DEBUG"}, headers=headers) as answer:
                assert answer.status == 403, path

    assert serve(scenario, sections={"asab:web": OPEN | {"inspector_write": "yes", "cors_origins": cors}}) == 0


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "x-forwarded-proto", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP", "X-Forwarded-Host"],
)
def test_behind_a_proxy_this_machine_is_no_recommendation(header: str) -> None:
    """A proxy connects from this machine for the whole world; without a token nobody can be told apart."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in ["/asab/", *READS]:
            assert await status(session, path, **{header: "127.0.0.1"}) == 403
        assert await status(session, READS[0]) == 200

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


def test_with_a_trusted_proxy_the_token_is_asked_for() -> None:
    """Even where the proxy says that the client is this machine."""

    async def without(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await status(session, READS[0]) == 403
        assert await status(session, READS[0], X_Forwarded_For="127.0.0.1") == 403

    async def with_token(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await status(session, READS[0]) == 401
        assert await status(session, READS[0], X_Forwarded_For="127.0.0.1") == 401
        assert await status(session, READS[0], X_Forwarded_For="192.0.2.7", **BEARER) == 200

    proxy = {"trusted_proxies": "127.0.0.1"}
    assert serve(without, sections={"asab:web": OPEN | proxy}) == 0
    assert serve(with_token, sections={"asab:web": WITH_TOKEN | proxy}) == 0


def test_a_unix_socket_asks_for_the_token(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What connects there is a proxy, as a rule."""
    path = tmp_path_factory.mktemp("s") / "web.sock"

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert await status(session, READS[0]) == 403

    assert serve(scenario, sections={"asab:web": OPEN | {"listen": str(path)}}) == 0


def test_a_token_that_can_be_guessed_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """The one line says where, and not what."""

    async def scenario(_app: WebApplication, _session: aiohttp.ClientSession) -> None:
        raise AssertionError("it has started")

    with pytest.raises(SystemExit) as exit_:
        serve(scenario, sections={"asab:web": OPEN | {"inspector_token": "hunter2"}})
    assert exit_.value.code == 78
    told = capsys.readouterr().err
    assert "[asab:web] inspector_token is too short: expected 16 characters and more" in told
    assert "hunter2" not in told


def test_it_is_read_only_unless_told_otherwise() -> None:
    """Who may look may not change."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        level = logging.getLogger("asab_web").level
        async with session.post("/asab/inspector/levels", json={"logger": "asab_web", "level": "DEBUG"}) as answer:
            assert answer.status == 403
        async with session.get("/asab/inspector/levels") as answer:
            assert answer.status == 404
        assert logging.getLogger("asab_web").level == level

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"logger":"root","level":"DEBUG"', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"logger":"no such logger","level":"DEBUG"}', 422),
        (b'{"logger":"asab_web","level":"LOUD"}', 422),
        (b'{"logger":"asab_web","level":["DEBUG"]}', 422),
        (b'{"logger":"asab_web","level":"DEBUG","minutes":-1}', 422),
        (b'{"logger":"asab_web","level":"DEBUG","minutes":1e999}', 422),
        (b'{"logger":"asab_web","level":"DEBUG","minutes":"x"}', 422),
    ],
)
def test_a_wrong_wish_changes_nothing(body: bytes, expected: int) -> None:
    """Each is answered for what it is."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        level = logging.getLogger("asab_web").level
        for kind, answered in (("application/json", expected), ("text/plain", 415)):
            headers = {"Content-Type": kind}
            async with session.post("/asab/inspector/levels", data=body, headers=headers) as answer:
                assert answer.status == answered
        assert logging.getLogger("asab_web").level == level

    assert serve(scenario, sections={"asab:web": OPEN | {"inspector_write": "yes"}}) == 0


SECRETS = {
    "password": "hunter2-password",
    "db_passwd": "hunter2-passwd",
    "client_secret": "hunter2-secret",
    "api_key": "hunter2-key",
    "api_token": "hunter2-token",
    "private_key": "hunter2-private",
    "passphrase": "hunter2-passphrase",
    "credentials": "hunter2-credentials",
    "database": "postgresql://joe:hunter2-url@db/orders",
    "hook": "https://hook.example/?token=hunter2-parameter",
    "dsn": "host=db password=hunter2-dsn",
}


def test_no_panel_shows_a_secret_of_the_configuration() -> None:
    """Of every kind that the configuration masks, shadowed values and the inspector's own token included."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        Config.add_defaults({"vault": {"password": "hunter2-default"}})
        for name in app.Inspection.panels:
            async with session.get(f"/asab/inspector/panels/{name}", headers=BEARER) as answer:
                text = await answer.text()
            assert "hunter2" not in text, name
            assert TOKEN not in text, name
            if name == "configuration":
                rows = {row["option"]: row["value"] for row in json.loads(text)["data"]["Options"]}
                assert set(SECRETS) <= set(rows)
                assert rows["database"] == "postgresql://joe:***@db/orders"

    assert serve(scenario, sections={"asab:web": WITH_TOKEN, "vault": SECRETS}) == 0


HOSTILE = "<img src=x onerror=alert(1)></script>\"'\n\r\x00\u2028\ud800 & {{7*7}}"


def test_hostile_texts_of_the_log_arrive_as_texts() -> None:
    """One record in is one record out, whatever it holds: not a line, a frame or a tag more."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/asab/inspector/socket") as socket:
            await socket.send_json({"look": "log", "level": "WARNING"})
            assert (await socket.receive_json())["records"] == []
            logger: StructuredLogger = get_logger("hostile.<b>")
            logger.error(HOSTILE, struct_data={HOSTILE: HOSTILE, "panel": "state"})
            logger.error("x" * 1_000_000)
            records: list[dict[str, str]] = []
            while len(records) < 2:
                records += (await socket.receive_json())["records"]
        first, second = records
        assert first["logger"] == "hostile.<b>"
        assert first["message"].startswith("<img src=x onerror=alert(1)>")
        assert len(json.dumps(second)) < 10_000
        assert second["message"].endswith("characters in all)")

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


@pytest.mark.parametrize("message", ["", "{", "[]", "{}", "[" * 4000, '{"look":', "null", "7"])
def test_a_page_that_talks_nonsense_is_cut_off(message: str) -> None:
    """And nobody else is."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/asab/inspector/socket") as good:
            async with session.ws_connect("/asab/inspector/socket") as bad:
                await bad.send_str(message)
                assert (await bad.receive()).type is aiohttp.WSMsgType.CLOSE
            await good.send_json({"look": {"a": 1}})
            await good.send_json({"look": "no such panel"})
            await good.send_json({"look": "state"})
            assert (await good.receive_json())["panel"] == "state"

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


def test_every_answer_has_the_strict_policy() -> None:
    """Errors too: what a browser runs or frames is decided here alone."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        paths = {"/asab/": 200, "/asab/inspector/main.js": 200, "/asab/inspector/nothing.js": 404, READS[0]: 401}
        for path, expected in paths.items():
            async with session.get(path) as answer:
                assert answer.status == expected
                policy = answer.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Cache-Control"] == "no-store"

    assert serve(scenario, sections={"asab:web": WITH_TOKEN}) == 0


@pytest.mark.parametrize("name", ["..%2finspector.py", "%2e%2e/_guard.py", "..%5c_guard.py", "%00", "index.html%00.js"])
def test_only_the_files_of_the_page_are_files(name: str) -> None:
    """What climbs finds nothing."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        url = str(session._base_url).rstrip("/") + f"/asab/inspector/{name}"
        async with session.get(URL(url, encoded=True)) as answer:
            assert answer.status in (400, 404)

    assert serve(scenario, sections={"asab:web": OPEN}) == 0


def test_the_routes_of_the_application_come_first() -> None:
    """Whoever has a page of its own at this path keeps it."""

    async def mine(_request: web.Request) -> web.Response:
        return web.Response(text="mine")

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/asab/") as answer:
            assert await answer.text() == "mine"

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/asab/", mine), sections={"asab:web": OPEN}) == 0
