"""An application under a real systemd, with the unit of `deploy/`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.systemd import Systemd, is_possible

pytestmark = pytest.mark.skipif(not is_possible(), reason="needs systemd, namespaces, control groups and root")

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"

HEAD = """
import asyncio, os, sys, time
import asab
from asab_app import StreamSocketServerService
os.chdir(os.path.dirname(os.path.abspath(__file__)))

class MyApplication(asab.Application):
    pass
"""


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    with Systemd(tmp_path) as systemd:
        yield systemd


def install(systemd: Systemd, folder: Path, source: str = "", **options: object) -> None:
    """The unit without its walls, which only the system's own manager can build, and with other values of options."""
    (folder / "app.py").write_text(f"{HEAD}{dedent(source)}\nsys.exit(MyApplication().run())\n")
    (folder / "app.conf").write_text("")
    unit = (DEPLOY / "asab.service").read_text().partition("DynamicUser=")[0]
    unit = unit.replace("/usr/bin/python3 /opt/asab/app.py", f"{sys.executable} {folder}/app.py")
    unit = unit.replace("/etc/asab.conf", f"{folder}/app.conf")
    unit += "".join(f"{name}={value}\n" for name, value in options.items())
    (systemd.units / "asab.service").write_text(f"{unit}StandardError=append:{folder}/log\n")
    assert systemd("daemon-reload").returncode == 0


def test_start_reload_and_stop_are_orders_that_end_when_they_are_done(systemd: Systemd, tmp_path: Path) -> None:
    """`systemctl start`, and what is ordered after the unit, waits for init-time; the stop for the last finalize."""
    source = """
    class Slow(asab.Service):
        async def initialize(self, app):
            app.PubSub.subscribe("Application.hup!", self.on_hup)
            await asyncio.sleep(0.05)
            open("initialized", "x").close()
        def on_hup(self, message_type):
            open("reloaded", "x").close()
        async def finalize(self, app):
            await asyncio.sleep(0.05)
            open("finalized", "x").close()

    class MyApplication(asab.Application):
        async def initialize(self):
            Slow(self, "slow")
    """
    install(systemd, tmp_path, source)
    assert systemd("start", "asab").returncode == 0
    assert (tmp_path / "initialized").exists()
    assert systemd.show("asab", "ActiveState") == "active"
    assert systemd.show("asab", "StatusText") == "Running"
    assert systemd("reload", "asab").returncode == 0
    systemd.wait_for(lambda: (tmp_path / "reloaded").exists() and systemd.show("asab", "ActiveState") == "active")
    assert systemd("stop", "asab").returncode == 0
    assert (tmp_path / "finalized").exists()
    assert systemd.show("asab", "Result") == "success"
    assert systemd.show("asab", "ExecMainStatus") == "0"


def test_a_mistake_in_the_configuration_is_a_failed_start_that_is_not_repeated(
    systemd: Systemd, tmp_path: Path
) -> None:
    """Nobody is called at night by a service that restarts for ever."""
    install(systemd, tmp_path)
    (tmp_path / "app.conf").write_text("[general]\nfinalize_timeout = soon\n")
    assert systemd("start", "asab").returncode != 0
    assert systemd.show("asab", "ActiveState") == "failed"
    assert systemd.show("asab", "ExecMainStatus") == "78"
    assert systemd.show("asab", "NRestarts") == "0"
    assert "soon" in (tmp_path / "log").read_text()


def test_a_blocked_loop_is_ended_and_started_again(systemd: Systemd, tmp_path: Path) -> None:
    """The watchdog of systemd, fed by the event loop."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            if not os.path.exists("blocked"):
                open("blocked", "x").close()
                while True:
                    time.sleep(0.1)
    """
    install(systemd, tmp_path, source, WatchdogSec="1", RestartSec="0")
    assert systemd("start", "asab").returncode == 0
    systemd.wait_for(lambda: systemd.show("asab", "NRestarts") == "1")
    systemd.wait_for(lambda: systemd.show("asab", "ActiveState") == "active")
    assert systemd("stop", "asab").returncode == 0
    assert systemd.show("asab", "Result") == "success"


def test_a_long_start_of_many_steps_gets_its_time(systemd: Systemd, tmp_path: Path) -> None:
    """Each step asks for more; together they take longer than TimeoutStartSec."""
    source = """
    class Slow(asab.Service):
        async def initialize(self, app):
            await asyncio.sleep(0.6)

    class MyApplication(asab.Application):
        async def initialize(self):
            for number in range(4):
                Slow(self, str(number))
    """
    install(systemd, tmp_path, source, TimeoutStartSec="1")
    assert systemd("start", "asab").returncode == 0, systemd.show("asab", "Result")
    assert systemd.show("asab", "NRestarts") == "0"


def test_no_client_is_refused_while_the_service_restarts(systemd: Systemd, tmp_path: Path) -> None:
    """systemd keeps the socket, starts the service for the first client, and those that come meanwhile wait."""
    source = """
    class Hello(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(b"hello")
            transport.close()

    class Server(StreamSocketServerService):
        async def initialize(self, app):
            await self.create_server(app, Hello, ["fd:asab"])

    class MyApplication(asab.Application):
        async def initialize(self):
            Server(self)
    """
    install(systemd, tmp_path, source)
    path = str(tmp_path / "socket")
    unit = (DEPLOY / "asab.socket").read_text().replace("ListenStream=8080", f"ListenStream={path}")
    (systemd.units / "asab.socket").write_text(unit)
    assert systemd("daemon-reload").returncode == 0
    assert systemd("start", "asab.socket").returncode == 0
    assert systemd.show("asab", "ActiveState") == "inactive"
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(path)
            assert client.recv(10) == b"hello"
        # It serves as soon as its sockets are open, and is active when it has said so.
        systemd.wait_for(lambda: systemd.show("asab", "ActiveState") == "active")
        assert systemd("stop", "asab.service").returncode == 0
