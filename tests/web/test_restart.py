"""Stops and restarts under load: no request is lost, none is half answered, none is reset."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.load import Load
from tests.support.processes import Process, free_port, python
from tests.support.proof import repetitions

PROGRAM = """
import asyncio
import asab_app
import asab_web
from aiohttp import web

class Server(asab_app.Application):
    handled = 0

    async def initialize(self):
        self.add_module(asab_web.Module)
        self.get_service("asab.WebService").WebApp.router.add_get("/work", self.work)

    async def main(self):
        print("serving", flush=True)

    async def work(self, request):
        self.handled += 1
        await asyncio.sleep(0.002)
        return web.Response(text="done")

    async def finalize(self):
        print("handled", self.handled, flush=True)

raise SystemExit(Server().run())
"""

HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="web")
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
"""What a service manager does between fork and exec."""


def configure(folder: Path, listen: str, **options: str) -> None:
    (folder / "server.py").write_text(PROGRAM)
    event_loop = options.pop("event_loop", "asyncio")
    lines = [f"{name} = {value}" for name, value in options.items()]
    general = ["[general]", f"event_loop = {event_loop}"]
    (folder / "server.conf").write_text("\n".join([*general, "[asab:web]", f"listen = {listen}", *lines]))


def serving(folder: Path, *command: str, pass_fds: tuple[int, ...] = ()) -> Process:
    """A server that serves."""
    process = python(*command, "server.py", "-c", "server.conf", cwd=folder, pass_fds=pass_fds)
    process.wait_for("^serving$")
    return process


def stopped(process: Process) -> int:
    """Stop it by SIGTERM, and return how many requests it has handled."""
    assert process.stop() == 0, process.report()
    assert "Traceback" not in process.stderr
    assert "ERROR" not in process.stderr
    found = re.search("^handled ([0-9]+)$", process.stdout, re.MULTILINE)
    assert found, process.report()
    return int(found[1])


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("event_loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_stop_under_load_fails_no_request(tmp_path: Path, keep_alive: bool, event_loop: str) -> None:
    """What was taken is answered whole, and what was not taken may be sent again: nothing is done twice or half."""
    for _ in range(repetitions(3, 100)):
        port = free_port()
        configure(tmp_path, f"127.0.0.1:{port}", event_loop=event_loop)
        with serving(tmp_path) as process, Load(port, keep_alive=keep_alive, until_refused=True) as load:
            load.wait(50)
            handled = stopped(process)
        assert load.failures == []
        assert load.counts["answered"] == handled, load.counts


@contextlib.contextmanager
def handed_over(listener: socket.socket) -> Iterator[tuple[str, str, str, int]]:
    copy = fcntl.fcntl(listener, fcntl.F_DUPFD, 20)
    try:
        yield "-c", HAND_OVER, str(copy), copy
    finally:
        os.close(copy)


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("address", ["fd:web", "127.0.0.1:{port}"])
def test_a_restart_with_a_socket_that_was_handed_over_refuses_nobody(tmp_path: Path, address: str) -> None:
    """Under systemd a new version is rolled out at noon: the socket is the manager's, and stays."""
    handled = 0
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener, handed_over(listener) as (*command, copy):
        port = listener.getsockname()[1]
        configure(tmp_path, address.format(port=port))
        with contextlib.ExitStack() as processes:
            old = processes.enter_context(serving(tmp_path, *command, pass_fds=(copy,)))
            with Load(port) as load:
                for _ in range(repetitions(3, 30)):
                    load.wait(50)
                    new = processes.enter_context(serving(tmp_path, *command, pass_fds=(copy,)))
                    handled += stopped(old)
                    old = new
                load.wait(50)
                # Now as systemd restarts: the next one begins when the last one has ended.
                handled += stopped(old)
                old = processes.enter_context(serving(tmp_path, *command, pass_fds=(copy,)))
                load.wait(50)
            handled += stopped(old)
    assert load.failures == []
    assert load.counts["refused"] == 0
    assert load.counts["answered"] == handled, load.counts


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("keep_alive", [True, False])
def test_processes_that_share_a_port_are_restarted_one_by_one(tmp_path: Path, keep_alive: bool) -> None:
    """Two cores serve one port, and a rolling restart fails no request."""
    port = free_port()
    configure(tmp_path, f"127.0.0.1:{port}", reuse_port="yes")
    handled = []
    with contextlib.ExitStack() as processes:
        running = [processes.enter_context(serving(tmp_path)) for _ in range(2)]
        with Load(port, 12, keep_alive=keep_alive) as load:
            for _ in range(repetitions(2, 20)):
                for index, old in enumerate(running):
                    load.wait(200)
                    handled.append(stopped(old))
                    running[index] = processes.enter_context(serving(tmp_path))
            load.wait(200)
        handled += [stopped(process) for process in running]
    assert load.failures == []
    assert load.counts["refused"] == 0
    assert load.counts["answered"] == sum(handled), load.counts


def test_processes_that_share_a_port_share_its_clients(tmp_path: Path) -> None:
    """Each process has a core to itself, and gets its share of the work."""
    port = free_port()
    configure(tmp_path, f"127.0.0.1:{port}", reuse_port="yes")
    with serving(tmp_path) as one, serving(tmp_path) as another:
        with Load(port, keep_alive=False) as load:
            load.wait(100)
        handled = [stopped(one), stopped(another)]
    assert load.failures == []
    assert all(handled)


def test_a_port_that_is_not_shared_is_not_taken_twice(tmp_path: Path) -> None:
    """The option is off by default: who starts the server twice by mistake is told."""
    port = free_port()
    configure(tmp_path, f"127.0.0.1:{port}")
    with serving(tmp_path), python("server.py", "-c", "server.conf", cwd=tmp_path) as second:
        assert second.wait() == 70
        assert f"[asab:web] cannot listen on 127.0.0.1:{port}: Address already in use" in second.stderr
