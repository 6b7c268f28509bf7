"""Opening addresses: unix sockets, TLS, and what is in the way."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from asab_app import StartupError
from asab_app.listen import parse_lines
from asab_app.listener import Listener, open_listeners_now
from asab_config import Config, ConfigError
from tests.support.certificate import CERTIFICATE, ENCRYPTED_KEY, tls_section
from tests.support.web import WebApplication, serve


def open_all(listen: str) -> list[Listener]:
    return open_listeners_now("[asab:web]", parse_lines("[asab:web] listen", listen))


def test_a_port_in_use_is_one_line_with_address_section_and_reason() -> None:
    """Who started the server twice is told so."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartupError) as error:
            open_all(f"127.0.0.1:{port}")
    assert str(error.value) == f"[asab:web] cannot listen on 127.0.0.1:{port}: Address already in use"


def test_of_several_addresses_none_stays_open_when_one_cannot_be_opened(tmp_path: Path) -> None:
    """A failed start leaves nothing behind that would disturb the next one."""
    path = tmp_path / "app.sock"
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(StartupError):
        open_all(f"{path}\n127.0.0.1:{other.getsockname()[1]}")
    assert not path.exists()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a..b", "x" * 64])
def test_a_host_that_does_not_resolve_is_named(host: str) -> None:
    """A mistyped name is found by reading one line."""
    with pytest.raises(StartupError) as error:
        open_all(f"{host}:80")
    assert str(error.value).startswith(f"[asab:web] cannot listen on {host}:80: ")
    assert "\n" not in str(error.value)


def test_the_socket_file_of_a_killed_server_is_replaced(tmp_path: Path) -> None:
    """After a kill -9 the server starts again."""
    path = str(tmp_path / "app.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    [listener] = open_all(path)
    listener.close()
    assert not Path(path).exists()


def test_the_socket_file_of_a_living_server_is_left_alone(tmp_path: Path) -> None:
    """A second start does not cut the first one off."""
    path = str(tmp_path / "app.sock")
    [living] = open_all(path)
    with pytest.raises(StartupError, match="Address already in use"):
        open_all(path)
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(path)
    with contextlib.ExitStack() as crowd:  # so many that nobody else gets in, as with a server that hangs
        living.socket.listen(0)
        for _ in range(3):
            visitor = crowd.enter_context(socket.socket(socket.AF_UNIX))
            visitor.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                visitor.connect(path)
        with pytest.raises(StartupError, match="Address already in use"):
            open_all(path)
    living.close()


def test_a_file_that_is_no_socket_is_not_overwritten(tmp_path: Path) -> None:
    """A mistyped path destroys nothing."""
    path = tmp_path / "data"
    path.write_text("precious")
    with pytest.raises(StartupError, match="Address already in use"):
        open_all(str(path))
    assert path.read_text() == "precious"


def test_a_unix_path_too_long_for_the_system_is_one_line() -> None:
    """The limit of about 100 bytes surprises everybody once."""
    with pytest.raises(StartupError, match="path too long"):
        open_all("/tmp/" + "x" * 200)


def test_tls_is_served_by_its_section(tmp_path: Path) -> None:
    """A small installation needs no proxy for https."""
    sections = {
        "asab:web": {"listen": "127.0.0.1:0\n127.0.0.1:0 ssl:web"},
        "ssl:web": tls_section(tmp_path),
    }

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=request.scheme)

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        plain, secure = app.WebService.default_container.addresses
        assert secure.startswith("https://127.0.0.1:")
        async with session.get(f"{plain}/") as response:
            assert await response.text() == "http"
        trusting = ssl.create_default_context(cadata=CERTIFICATE)
        async with session.get(f"{secure}/", ssl=trusting) as response:
            assert await response.text() == "https"

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/", hello), sections=sections) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (None, r"^\[ssl:web\] is missing: "),
        ({}, r"^\[ssl:web\] cert is missing: "),
        ({"cert": "/no/such/file"}, r"^\[ssl:web\] cert = '/no/such/file', key = None: No such file or directory$"),
        ({"cert": __file__}, r"^\[ssl:web\] cert = .*test_addresses\.py', key = None: "),
    ],
)
def test_a_tls_section_that_cannot_be_used_is_named(options: dict[str, str] | None, message: str) -> None:
    """A wrong path of a certificate is found by reading one line."""
    if options is not None:
        Config.read_dict({"ssl:web": options})
    try:
        with pytest.raises(ConfigError, match=message) as error:
            open_all("127.0.0.1:0 ssl:web")
    finally:
        Config.remove_section("ssl:web")
    assert "\n" not in str(error.value)


def test_an_encrypted_key_is_an_error_and_no_question(tmp_path: Path) -> None:
    """A server does not wait on a terminal for a passphrase that nobody types."""
    (tmp_path / "both.pem").write_text(CERTIFICATE + ENCRYPTED_KEY)
    Config.read_dict({"ssl:web": {"cert": f"{tmp_path}/both.pem"}})
    try:
        with pytest.raises(ConfigError, match=r"^\[ssl:web\] cert = "):
            open_all("127.0.0.1:0 ssl:web")
    finally:
        Config.remove_section("ssl:web")
