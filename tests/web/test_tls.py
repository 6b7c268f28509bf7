"""TLS: what is spoken, who gets in, and a certificate that is renewed while the server runs."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from pathlib import Path

import aiohttp
import pytest

from asab_app import Application, StreamSocketServerService
from asab_app.listen import parse_lines
from asab_app.listener import open_listeners_now
from asab_config import Config, ConfigError
from asab_utils import Singleton
from tests.support.certificate import CERTIFICATE, ENCRYPTED_KEY, OTHER_CERTIFICATE, OTHER_KEY, PASSWORD, tls_section
from tests.support.web import WebApplication, hello, serve

TLS = "127.0.0.1:0 ssl:web"


def sections(folder: Path, **options: str) -> dict[str, dict[str, str]]:
    return {"asab:web": {"listen": TLS}, "ssl:web": tls_section(folder) | options}


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("https://").rpartition(":")
    return host, int(port)


async def certificate(where: tuple[str, int]) -> str:
    """The certificate that a new connection is shown."""
    return await asyncio.to_thread(ssl.get_server_certificate, where, timeout=30)


def test_old_protocols_and_weak_ciphers_are_refused(tmp_path: Path) -> None:
    """What a scanner complains about is not there to begin with."""

    def context(version: ssl.TLSVersion, ciphers: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=CERTIFICATE)
        context.maximum_version = version
        context.set_ciphers(ciphers)
        return context

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for ciphers in ("ECDHE+AESGCM", "ECDHE+CHACHA20"):
            async with session.get("/hello", ssl=context(ssl.TLSVersion.TLSv1_2, ciphers)) as response:
                assert response.status == 200
        for ciphers in ("ECDHE+AES:!AESGCM:!AESCCM", "AESCCM"):
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get("/hello", ssl=context(ssl.TLSVersion.TLSv1_2, ciphers))

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello), sections=sections(tmp_path)) == 0
    Config.read_dict({"ssl:web": tls_section(tmp_path)})
    try:
        [listener] = open_listeners_now("the test", parse_lines("the test", TLS))
    finally:
        Config.remove_section("ssl:web")
    listener.close()
    assert listener.ssl_context is not None
    assert listener.ssl_context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_an_encrypted_key_is_opened_by_its_password(tmp_path: Path) -> None:
    """The key lies encrypted on the disk; its password comes from a secret of the container."""
    (tmp_path / "secret").write_text(PASSWORD + "\n")
    options = tls_section(tmp_path)
    (tmp_path / "key.pem").write_text(ENCRYPTED_KEY)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        async with session.get("/hello", ssl=ssl.create_default_context(cadata=CERTIFICATE)) as response:
            assert response.status == 200

    configured = {"asab:web": {"listen": TLS}, "ssl:web": options | {"password": f"${{file:{tmp_path}/secret}}"}}
    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello), sections=configured) == 0


def test_clients_without_a_certificate_do_not_get_in_where_one_is_asked_for(tmp_path: Path) -> None:
    """Machines that know each other need no passwords."""
    files = tls_section(tmp_path)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        stranger = ssl.create_default_context(cadata=CERTIFICATE)
        with pytest.raises(aiohttp.ClientError):
            await session.get("/hello", ssl=stranger)
        known = ssl.create_default_context(cadata=CERTIFICATE)
        known.load_cert_chain(files["cert"], files["key"])
        async with session.get("/hello", ssl=known) as response:
            assert response.status == 200

    configured = sections(tmp_path, client_ca=f"{tmp_path}/cert.pem")
    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello), sections=configured) == 0


def test_a_client_ca_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Nobody gets in by mistake because a file was missing."""
    Config.read_dict({"ssl:web": tls_section(tmp_path) | {"client_ca": "/no/such/file"}})
    try:
        with pytest.raises(ConfigError, match=r"^\[ssl:web\] client_ca = '/no/such/file': No such file or directory$"):
            open_listeners_now("the test", parse_lines("the test", TLS))
    finally:
        Config.remove_section("ssl:web")


def renew(folder: Path) -> None:
    """Put another certificate in the place of the one that is there."""
    (folder / "cert.pem").write_text(OTHER_CERTIFICATE)
    (folder / "key.pem").write_text(OTHER_KEY)


async def hang_up(app: Application) -> None:
    """Send SIGHUP, and return when all has happened that it asks for."""
    happened = asyncio.Event()

    def on_hup(_message: str) -> None:
        happened.set()

    app.PubSub.subscribe("Application.hup!", on_hup)
    os.kill(os.getpid(), signal.SIGHUP)
    await happened.wait()
    app.PubSub.unsubscribe("Application.hup!", on_hup)


def test_sighup_takes_a_renewed_certificate_for_new_connections(tmp_path: Path) -> None:
    """The renewal of every second month needs no restart and costs no connection."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        trusting_the_old = ssl.create_default_context(cadata=CERTIFICATE)
        where = address(app.url)
        async with session.get("/hello", ssl=trusting_the_old) as response:
            assert response.status == 200
        assert await certificate(where) == CERTIFICATE
        renew(tmp_path)
        assert await certificate(where) == CERTIFICATE
        await hang_up(app)
        assert await certificate(where) == OTHER_CERTIFICATE
        async with session.get("/hello", ssl=trusting_the_old) as response:  # over the open connection
            assert response.status == 200

    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello), sections=sections(tmp_path)) == 0


def test_a_broken_new_certificate_is_said_once_and_the_old_one_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A renewal that went wrong is an entry in the log, not an outage."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        (tmp_path / "cert.pem").write_text(OTHER_CERTIFICATE)  # its key is still the old one
        await hang_up(app)
        assert await certificate(address(app.url)) == CERTIFICATE
        (tmp_path / "key.pem").write_text(OTHER_KEY)
        await hang_up(app)
        assert await certificate(address(app.url)) == OTHER_CERTIFICATE

    several = {"asab:web": {"listen": f"{TLS}\n{TLS}"}, "ssl:web": tls_section(tmp_path)}
    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello), sections=several) == 0
    [said] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said.startswith("The certificate stays as it was: [ssl:web] cert = ")
    assert "\n" not in said


def test_the_sockets_of_a_service_get_the_new_certificate_too(tmp_path: Path) -> None:
    """What holds for the web server holds for `StreamSocketServerService`."""
    shown: list[str] = []

    class Server(StreamSocketServerService):
        async def initialize(self, app: Application) -> None:
            self.sockets = await self.create_server(app, asyncio.Protocol, TLS)

    class Serving(Application):
        async def initialize(self) -> None:
            self.server = Server(self)

        async def main(self) -> None:
            where = self.server.sockets[0].getsockname()
            shown.append(await certificate(where))
            renew(tmp_path)
            await hang_up(self)
            shown.append(await certificate(where))
            self.stop()

    Config.read_dict({"ssl:web": tls_section(tmp_path)})
    try:
        assert Serving(args=[]).run() == 0
    finally:
        Singleton.delete(Serving)
        Config.remove_section("ssl:web")
    assert shown == [CERTIFICATE, OTHER_CERTIFICATE]


def test_a_handshake_that_hangs_is_cut_off(tmp_path: Path) -> None:
    """A slow-loris client can begin before HTTP does."""

    async def scenario(app: WebApplication, session: aiohttp.ClientSession) -> None:
        reader, writer = await asyncio.open_connection(*address(app.url))
        writer.write(b"\x16\x03\x01")
        with_nothing = asyncio.ensure_future(reader.read())
        async with session.get("/hello", ssl=ssl.create_default_context(cadata=CERTIFICATE)) as response:
            assert response.status == 200
        assert await with_nothing == b""
        writer.close()

    configured = sections(tmp_path)
    configured["asab:web"]["header_timeout"] = "0.3"
    assert serve(scenario, lambda app: app.WebApp.router.add_get("/hello", hello), sections=configured) == 0
