"""The client behind proxies."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from asab_config import ConfigError
from asab_web.proxies import TrustedProxies
from tests.support.web import Scenario, WebApplication, client, raw, serve

PROXY = "127.0.0.1"


async def show(request: web.Request) -> web.Response:
    return web.json_response(
        {"remote": request.remote, "scheme": request.scheme, "host": request.host, "url": str(request.url)}
    )


def run(scenario: Scenario, proxies: str = "127.0.0.0/8, 10.0.0.0/8, ::1", headers: str = "x-forwarded") -> None:
    options = {"listen": "127.0.0.1:0", "trusted_proxies": proxies, "proxy_headers": headers, "access_log": "notice"}
    serve(scenario, lambda app: app.WebApp.router.add_get("/", show), sections={"asab:web": options})


async def seen(session: aiohttp.ClientSession, *headers: tuple[str, str]) -> dict[str, str]:
    async with session.get("/", headers=[("Host", "inner"), *headers]) as response:
        found: dict[str, str] = await response.json()
        return found


FOR, PROTO, HOST = "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"


@pytest.mark.parametrize(
    ("chain", "remote"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("6.6.6.6, 192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("10.6.6.6, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.2, 10.0.0.1", "10.0.0.2"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1, ::ffff:10.0.0.1", "192.0.2.1"),
        ("192.0.2.1, unknown, 10.0.0.1", "10.0.0.1"),
        ("unknown", PROXY),
        ("fe80::1%eth0", PROXY),
        ("", PROXY),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_configured_proxy(chain: str, remote: str) -> None:
    """What a client has written itself stands further left, and fools nobody."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        assert (await seen(session, (FOR, chain)))["remote"] == remote
        one_a_line = [(FOR, address) for address in chain.split(",")]
        assert (await seen(session, *one_a_line))["remote"] == remote

    run(scenario)


def test_scheme_and_host_are_what_the_client_asked_for() -> None:
    """Redirects and links of the application lead back through the proxy, and cookies are Secure."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        headers = [(FOR, "192.0.2.1"), (PROTO, "https"), (HOST, "www.example.com")]
        assert await seen(session, *headers) == {
            "remote": "192.0.2.1",
            "scheme": "https",
            "host": "www.example.com",
            "url": "https://www.example.com/",
        }
        two = [(FOR, "192.0.2.1, 10.0.0.1"), (PROTO, "https, http"), (HOST, "www.example.com, inner2")]
        assert (await seen(session, *two))["url"] == "https://www.example.com/"
        forged = [(FOR, "6.6.6.6, 192.0.2.1"), (PROTO, "http, https"), (HOST, "evil.example, www.example.com:8443")]
        assert (await seen(session, *forged))["url"] == "https://www.example.com:8443/"
        assert (await seen(session, (PROTO, "https")))["url"] == "https://inner/"
        assert (await seen(session, (PROTO, "gopher"), (HOST, 'a"b/../c@d')))["url"] == "http://inner/"

    run(scenario)


@pytest.mark.parametrize("proxies", ["", "10.0.0.0/8"])
def test_nobody_else_is_believed(proxies: str) -> None:
    """Without a proxy in between everybody could pretend to be anybody."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        headers = [(FOR, "192.0.2.1"), (PROTO, "https"), (HOST, "evil.example"), ("Forwarded", "for=192.0.2.1")]
        found = await seen(session, *headers)
        assert (found["remote"], found["url"]) == (PROXY, "http://inner/")

    run(scenario, proxies)


@pytest.mark.parametrize(
    ("lines", "remote", "url"),
    [
        (["for=192.0.2.1;proto=https;host=www.example.com"], "192.0.2.1", "https://www.example.com/"),
        (['For="[2001:db8::1]:4711"; Proto=HTTPS'], "2001:db8::1", "https://inner/"),
        (["for=6.6.6.6;proto=http, for=192.0.2.1;proto=https, for=10.0.0.1"], "192.0.2.1", "https://inner/"),
        (["for=6.6.6.6", "for=192.0.2.1", "for=10.0.0.1"], "192.0.2.1", "http://inner/"),
        (["for=192.0.2.1, for=_hidden"], PROXY, "http://inner/"),
        (["for=unknown;proto=https"], PROXY, "https://inner/"),
        (['for="192.0.2.1'], PROXY, "http://inner/"),
        # A client's open quote would swallow what the proxy has added, and leave the client's word in its place.
        (['for="6.6.6.6";x=", for="[2001:db8::1]"'], PROXY, "http://inner/"),
        (['for="6.6.6.6";x=", for=192.0.2.1'], PROXY, "http://inner/"),
        (['for=6.6.6.6, x=", for="[2001:db8::1]"'], PROXY, "http://inner/"),
        (['for=6.6.6.6;x="', "for=192.0.2.1"], "192.0.2.1", "http://inner/"),
    ],
)
def test_the_standard_header_is_read_where_it_is_configured(lines: list[str], remote: str, url: str) -> None:
    """RFC 7239 says in one header what three did before; the three are not looked at then."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        ignored = [(FOR, "6.6.6.6"), (PROTO, "https"), (HOST, "evil.example")]
        found = await seen(session, *ignored, *(("Forwarded", line) for line in lines))
        assert (found["remote"], found["url"]) == (remote, url)

    run(scenario, headers="forwarded")


def test_a_proxy_may_connect_to_a_unix_socket(tmp_path: Path) -> None:
    """Who connects to it has no address, and is believed when the option says `unix`."""
    path = tmp_path / "web.sock"

    def check(proxies: str, expected: str | None) -> None:
        async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
            async with client(f"unix:{path}") as session:
                assert (await seen(session, (FOR, "192.0.2.1")))["remote"] in (expected, "")

        options = {"listen": f"127.0.0.1:0\n{path}", "trusted_proxies": proxies}
        serve(scenario, lambda app: app.WebApp.router.add_get("/", show), sections={"asab:web": options})

    check("unix", "192.0.2.1")
    check("127.0.0.0/8", None)


HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, blacklist_characters="\x7f"), max_size=60)
CHAIN = st.lists(st.sampled_from([*'0.1:[]%",;=\\ ', "for", "proto", "10.0.0.1", "192.0.2.1", "\t"]), max_size=20)


@pytest.mark.parametrize("headers", ["x-forwarded", "forwarded"])
def test_hostile_headers_change_nothing_but_the_address(headers: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever they hold, the request is answered, the client has an address, and the log one line."""

    async def scenario(app: WebApplication, _session: aiohttp.ClientSession) -> None:
        loop = asyncio.get_running_loop()

        @settings(max_examples=150, suppress_health_check=list(HealthCheck))
        @given(HEADER | CHAIN.map("".join))
        @example('for="' + "\\" * 50)
        @example("for=" + "," * 50)
        def check(value: str) -> None:
            request = "GET / HTTP/1.1\r\nHost: inner\r\nConnection: close\r\n"
            request += "".join(f"{name}: {value}\r\n" for name in (FOR, PROTO, HOST, "Forwarded")) + "\r\n"
            answer = asyncio.run_coroutine_threadsafe(raw(app.url, request.encode("latin-1")), loop).result()
            assert answer.split()[1] == b"200", answer

        await asyncio.to_thread(check)

    run(scenario, headers=headers)
    lines = [record for record in caplog.records if record.name == "asab_web.access"]
    assert lines
    for record in lines:
        assert record.levelno == 25
        ipaddress.ip_address(record._struct_data["remote"])  # type: ignore[attr-defined]


def test_the_access_log_names_the_client(caplog: pytest.LogCaptureFixture) -> None:
    """A log full of the proxy's address says nothing."""

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        await seen(session, (FOR, "192.0.2.1"))

    caplog.set_level(logging.INFO, "asab_web.access")
    run(scenario)
    [record] = [record for record in caplog.records if record.name == "asab_web.access"]
    assert record._struct_data["remote"] == "192.0.2.1"  # type: ignore[attr-defined]


def test_an_upload_through_a_proxy_leaves_no_file_open() -> None:
    """The files of a form are closed after the request, as they are without a proxy."""
    uploaded = []

    async def upload(request: web.Request) -> web.Response:
        field = (await request.post())["file"]
        assert isinstance(field, web.FileField)
        uploaded.append(field.file)
        return web.Response(body=field.file.read())

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        form = aiohttp.FormData()
        form.add_field("file", b"content", filename="a.bin")
        async with session.post("/upload", data=form, headers={FOR: "192.0.2.1"}) as response:
            assert await response.read() == b"content"

    options = {"listen": "127.0.0.1:0", "trusted_proxies": "127.0.0.1"}
    serve(scenario, lambda app: app.WebApp.router.add_post("/upload", upload), sections={"asab:web": options})
    assert [file.closed for file in uploaded] == [True]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"trusted_proxies": "10.0.0.0/8, 10.0.0.1/8"}, "'10.0.0.1/8'"),
        ({"trusted_proxies": "proxy.example.com"}, "'proxy.example.com'"),
        ({"trusted_proxies": "::1", "proxy_headers": "both"}, "'both': expected x-forwarded or forwarded"),
    ],
)
def test_a_wrong_option_is_an_error_that_names_it(options: dict[str, str], text: str) -> None:
    """A typing error does not open the door, or close it."""
    with pytest.raises(ConfigError, match=r"\[web\].*") as error:
        TrustedProxies("web", options["trusted_proxies"].split(", "), options.get("proxy_headers", "x-forwarded"))
    assert text in str(error.value)
