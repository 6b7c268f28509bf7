"""What an application tells its service manager, over a real NOTIFY_SOCKET from a real process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.daemons import Daemons
from tests.support.processes import DEADLINE, Process, python
from tests.support.service_manager import Manager

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="service managers with NOTIFY_SOCKET are POSIX only")

HEAD = """
import asyncio, os, sys, time
import asab

def say(*words):
    print(*words, flush=True)
"""

TAIL = """
if __name__ == "__main__":
    app = MyApplication()
    say("constructed")
    sys.exit(app.run())
"""

PLAIN = """
class MyApplication(asab.Application):
    pass
"""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with Manager(tmp_path / "notify") as manager:
        yield manager


def start(folder: Path, source: str, env: dict[str, str], **general: object) -> Process:
    (folder / "app.py").write_text(HEAD + dedent(source) + TAIL)
    (folder / "app.conf").write_text("[general]\n" + "".join(f"{n} = {v}\n" for n, v in general.items()))
    return python("app.py", "-c", "app.conf", cwd=folder, env=env)


def test_it_says_ready_after_the_start_and_stopping_before_the_stop(tmp_path: Path, manager: Manager) -> None:
    """What depends on the service is started when it can be used, and not before."""
    source = """
    class Slow(asab.Service):
        async def initialize(self, app):
            await asyncio.sleep(0)
            open("initialized", "x").close()
        async def finalize(self, app):
            os.unlink("initialized")

    class MyApplication(asab.Application):
        async def initialize(self):
            Slow(self, "slow")
    """
    with start(tmp_path, source, manager.env) as process:
        message = manager.wait_for("READY=1")
        assert (tmp_path / "initialized").exists()
        assert message == {"READY": "1", "STATUS": "Running"}
        assert process.stop() == 0
    said = [next(iter(message)) for message in manager.read_all()]
    assert said.index("READY") < said.index("STOPPING")
    assert said.count("READY") == said.count("STOPPING") == 1
    statuses = [message["STATUS"] for message in manager.messages]
    assert statuses[0] == "Starting"
    assert "Starting: initialize() of service 'slow'" in statuses
    assert statuses.index("Stopping") < statuses.index("Stopping: finalize() of service 'slow'")


def test_an_abstract_socket_is_a_socket_too(tmp_path: Path) -> None:
    """Containers and tests of systemd itself use them."""
    with (
        Manager(f"@asab-test-{os.getpid()}-{time.monotonic_ns()}") as manager,
        start(tmp_path, PLAIN, manager.env) as process,
    ):
        manager.wait_for("READY=1")
        assert process.stop() == 0
        manager.wait_for("STOPPING=1")


def test_sighup_is_a_reload_with_the_time_of_the_clock_that_systemd_reads(tmp_path: Path, manager: Manager) -> None:
    """`systemctl reload` of a Type=notify-reload unit returns when the last subscriber is done, not before."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            self.PubSub.subscribe("Application.hup!", self.on_hup)
        async def on_hup(self, message_type):
            await asyncio.sleep(0.05)
            open("reloaded", "x").close()
    """
    with start(tmp_path, source, manager.env) as process:
        manager.wait_for("READY=1")
        before = time.monotonic_ns() // 1000
        process.send(signal.SIGHUP)
        message = manager.wait_for("RELOADING=1")
        assert before <= int(message["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        manager.wait_for("READY=1")
        assert (tmp_path / "reloaded").exists()
        assert process.stop() == 0


def test_ready_comes_once_after_reloads_that_overlap_and_never_after_stopping(tmp_path: Path, manager: Manager) -> None:
    """A READY in the middle of another reload, or of the stop, would be a lie."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            self.go, self.count = asyncio.Event(), 0
            self.PubSub.subscribe("Application.hup!", self.on_hup)
        async def on_hup(self, message_type):
            self.count += 1
            say("hup", self.count)
            if self.count in (2, 4):
                self.go.set()
            if self.count == 4:
                self.stop()
            await self.go.wait()
            if self.count == 2:
                self.go.clear()
    """
    with start(tmp_path, source, manager.env) as process:
        manager.wait_for("READY=1")
        for number in range(1, 5):
            process.send(signal.SIGHUP)
            process.wait_for(f"^hup {number}")
            if number == 2:
                manager.wait_for("READY=1")
        assert process.wait() == 0
    said = [next(iter(message)) for message in manager.read_all()]
    assert [word for word in said if word != "STATUS"] == [
        "READY",
        *["RELOADING", "RELOADING", "READY"],
        *["RELOADING", "RELOADING", "STOPPING"],
    ]


def test_a_start_that_fails_is_never_ready_and_says_why(tmp_path: Path, manager: Manager) -> None:
    """`systemctl status` shows the sentence; the manager sees the exit code."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            from asab_app import StartupError
            raise StartupError("the disk is full:\\nfree some of it")
    """
    with start(tmp_path, source, manager.env) as process:
        assert process.wait() == 70
    assert not any("READY" in message for message in manager.read_all())
    assert manager.messages[-1] == {"STATUS": "The start failed: the disk is full:"}


def test_a_stop_during_the_start_is_never_ready(tmp_path: Path, manager: Manager) -> None:
    """Whoever waits for READY must not use what is going away."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            self.stop()
    """
    with start(tmp_path, source, manager.env) as process:
        assert process.wait() == 0
    assert not any("READY" in message for message in manager.read_all())
    assert sum("STOPPING" in message for message in manager.messages) == 1


def test_the_watchdog_hears_a_loop_that_lives_and_not_one_that_is_blocked(tmp_path: Path, manager: Manager) -> None:
    """A blocked loop serves nobody, so the manager must be able to restart the service."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            while not os.path.exists("block"):
                await asyncio.sleep(0.01)
            say("blocked")
            while not os.path.exists("go"):
                time.sleep(0.01)
            say("free")
    """
    with start(tmp_path, source, {**manager.env, "WATCHDOG_USEC": "100000"}) as process:
        manager.wait_for("READY=1")
        for _ in range(5):
            manager.wait_for("WATCHDOG=1")
        (tmp_path / "block").touch()
        process.wait_for("^blocked")
        assert manager.hears_nothing_for(0.5)
        (tmp_path / "go").touch()
        process.wait_for("^free")
        manager.wait_for("WATCHDOG=1")
        assert process.stop() == 0


def test_the_watchdog_does_not_hear_an_application_that_needs_a_restart(tmp_path: Path, manager: Manager) -> None:
    """The loop may turn while a service is beyond recovery; its status says which one."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            await asyncio.get_running_loop().run_in_executor(None, wait)
            self.Health.report("pump", "has seized", alive=False)
            say("seized")

    def wait():
        while not os.path.exists("seize"):
            time.sleep(0.01)
    """
    with start(tmp_path, source, {**manager.env, "WATCHDOG_USEC": "100000"}) as process:
        manager.wait_for("READY=1")
        manager.wait_for("WATCHDOG=1")
        (tmp_path / "seize").touch()
        manager.wait_for("STATUS=Not ready: pump: has seized")
        process.wait_for("^seized")
        assert manager.hears_nothing_for(0.5)
        assert process.stop() == 0


@pytest.mark.parametrize("env", [{}, {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}])
def test_no_watchdog_is_answered_that_does_not_ask_us(tmp_path: Path, manager: Manager, env: dict[str, str]) -> None:
    """Not the one of a parent process, whose variables a child inherits, and nothing that is no time."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            await asyncio.sleep(0.1)
            self.stop()
    """
    with start(tmp_path, source, {**manager.env, **env}) as process:
        assert process.wait() == 0
        assert ("WATCHDOG_USEC=soon cannot be used" in process.stderr) == ("soon" in env.values())
    assert not any("WATCHDOG" in message for message in manager.read_all())


def test_more_time_is_asked_for_once_a_hook_and_never_by_one_that_hangs(tmp_path: Path, manager: Manager) -> None:
    """A stop of many services may take long; one that hangs must not put the manager off for ever."""
    source = """
    class Hanging(asab.Service):
        async def finalize(self, app):
            await asyncio.sleep(3600)

    class MyApplication(asab.Application):
        async def initialize(self):
            for name in ("one", "two", "three"):
                Hanging(self, name)
        async def main(self):
            self.stop()
    """
    with start(tmp_path, source, manager.env, finalize_timeout=0.2) as process:
        assert process.wait() == 70
    asked = [message for message in manager.read_all() if "EXTEND_TIMEOUT_USEC" in message]
    assert [message["STATUS"] for message in asked] == [
        "Starting: initialize() of the application",
        *[f"Starting: initialize() of service {name!r}" for name in ("one", "two", "three")],
        *[f"Stopping: finalize() of service {name!r}" for name in ("three", "two", "one")],
        "Stopping: finalize() of the application",
    ]
    assert {message["EXTEND_TIMEOUT_USEC"] for message in asked[4:]} == {"5200000"}


def test_a_manager_that_is_gone_or_deaf_is_no_reason_to_fail(tmp_path: Path) -> None:
    """The service outlives its manager's restart, and does not wait for one whose queue is full."""
    with start(tmp_path, PLAIN, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}) as process:
        process.wait_for("^constructed")
        process.wait_for("is ready", "stderr")
        assert process.stop() == 0
        assert process.stderr.count("cannot be told") == 1
    with start(tmp_path, PLAIN, {"NOTIFY_SOCKET": "vsock:2:1"}) as process:
        process.wait_for("is ready", "stderr")
        assert process.stop() == 0
        assert "NOTIFY_SOCKET=vsock:2:1 cannot be used" in process.stderr
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            for number in range(1000):
                asab.Service(self, str(number))
    """
    with Manager(tmp_path / "deaf") as deaf, start(tmp_path, source, deaf.env) as process:
        process.wait_for("is ready", "stderr")
        assert process.stop() == 0


def test_a_daemon_says_who_it_is_and_answers_the_watchdog() -> None:
    """The manager has started another process, and follows the one that it is told of (NotifyAccess=all)."""
    pytest.importorskip("daemon", reason="-d needs python-daemon")
    with Daemons() as daemons, Manager(daemons.folder / "notify") as manager:
        daemons.write(PLAIN)
        # Seldom enough that the queue of the listener, ten messages long, has room while nobody reads.
        pid = daemons.start(env={**manager.env, "WATCHDOG_USEC": "2000000"})
        assert manager.wait_for("MAINPID=")["MAINPID"] == str(pid)
        manager.wait_for("READY=1")
        manager.wait_for("WATCHDOG=1")
        daemons.stop()
        manager.wait_for("STOPPING=1")


def test_without_a_manager_nothing_is_said(tmp_path: Path) -> None:
    """An application in a terminal has no socket to talk to."""
    with start(tmp_path, PLAIN, {}) as process:
        process.wait_for("is ready", "stderr")
        assert process.stop() == 0
        assert "NOTIFY_SOCKET" not in process.stderr


ECHO = """
from asab_app import StreamSocketServerService

class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(data)

class Server(StreamSocketServerService):
    async def initialize(self, app):
        sockets = await self.create_server(app, Echo, asab.Config.get("echo", "listen"))
        say("listening", len(sockets))

class MyApplication(asab.Application):
    async def initialize(self):
        asab.Config.add_defaults({"echo": {"listen": ""}})
        self.server = Server(self)
"""

HAND_OVER = """
import os, sys
LISTENERS = [int(number) for number in sys.argv[1].split(",")]
for index, number in enumerate(LISTENERS):  # they are above the numbers that they get
    os.dup2(number, 3 + index)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(LISTENERS)), LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.executable, [sys.executable, *sys.argv[3:]])
"""
"""What a service manager does between fork and exec."""


@contextlib.contextmanager
def activated(folder: Path, listen: str, names: str, *listeners: socket.socket) -> Iterator[Process]:
    """The echo server, to which sockets are handed over."""
    (folder / "app.py").write_text(HEAD + ECHO + TAIL)
    (folder / "app.conf").write_text(f"[echo]\nlisten = {listen}\n")
    copies = [fcntl.fcntl(listener, fcntl.F_DUPFD, 20) for listener in listeners]
    try:
        numbers = ",".join(map(str, copies))
        command = ("-c", HAND_OVER, numbers, names, "app.py", "-c", "app.conf")
        with python(*command, cwd=folder, pass_fds=copies) as process:
            yield process
    finally:
        for copy in copies:
            os.close(copy)


def echo(address: tuple[str, int] | str) -> bytes:
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as client:
        client.settimeout(DEADLINE)
        client.connect(address)
        client.sendall(b"hello")
        return client.recv(5)


def test_sockets_that_are_handed_over_are_found_by_name(tmp_path: Path) -> None:
    """The port may be one that only root can open, and waits with its clients while the service restarts."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        for _ in range(2):
            with activated(tmp_path, "fd:echo", "other:echo", first, second) as process:
                process.wait_for("^listening 1")
                assert echo(second.getsockname()) == b"hello"
                assert process.stop() == 0


def test_sockets_that_are_handed_over_are_found_by_their_address(tmp_path: Path) -> None:
    """A program that knows nothing of the manager, with its address in the configuration, is served as well."""
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.create_server(str(tmp_path / "u"), family=socket.AF_UNIX) as unix,
    ):
        port = tcp.getsockname()[1]
        with activated(tmp_path, f"127.0.0.1:{port}\n    {tmp_path}/u", "", tcp, unix) as process:
            process.wait_for("^listening 2")
            assert echo(("127.0.0.1", port)) == b"hello"
            assert echo(f"{tmp_path}/u") == b"hello"
            assert process.stop() == 0
        assert (tmp_path / "u").exists(), "it is the manager's"


def test_a_name_that_is_not_handed_over_ends_the_start(tmp_path: Path) -> None:
    """With the names that are there."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        with activated(tmp_path, "fd:eco", "echo", listener) as process:
            assert process.wait() == 70
            assert "cannot listen on fd:eco: the service manager hands over no socket of that name, but echo" in (
                process.stderr
            )
        with activated(tmp_path, "fd:echo", "echo", datagrams) as process:
            assert process.wait() == 70
            assert "file descriptor 3 is no listening stream socket" in process.stderr


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd is not installed here")
def test_systemd_hands_sockets_over(tmp_path: Path) -> None:
    """By the tool that comes with it: it listens, and starts the program when the first client comes."""
    (tmp_path / "app.py").write_text(HEAD + ECHO + TAIL)
    (tmp_path / "app.conf").write_text("[echo]\nlisten = fd:echo\n")
    path = str(tmp_path / "socket")
    command = ("systemd-socket-activate", "-l", path, "--fdname=echo", "-E", "PYTHONWARNINGS=error")
    with Process(*command, sys.executable, "-u", "app.py", "-c", "app.conf", cwd=tmp_path) as process:
        process.wait_for("Listening on", "stderr")
        assert echo(path) == b"hello"
        assert process.stop() == 0
        assert "listening 1" in process.stdout
