"""The chapter "The web server"."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start
from tests.support.processes import environment, free_port

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator


def typed(command: str) -> str:
    """What `curl http://…` prints; without curl on the machine, the page that it would have asked for."""
    if shutil.which("curl"):
        words = shlex.split(command)
        # It announces no progress when its output is no terminal's; nothing else differs from what is typed.
        done = subprocess.run([*words, "--silent"], env=environment(), capture_output=True, timeout=30, check=True)
        return done.stdout.decode()
    with urllib.request.urlopen(shlex.split(command)[1], timeout=30) as answer:
        return str(answer.read().decode())


def test_the_server_of_the_page_answers_as_printed(tmp_path: Path) -> None:
    """A reader who types the program and the line after it sees `Hello!`."""
    port = free_port()
    conf = f"[asab:web]\nlisten=127.0.0.1 {port}\n"
    command, answer = example("web/curl.sh").lines(server=f"127.0.0.1:{port}")
    with start(tmp_path, example("web/server.py").text(), conf=conf) as process:
        process.wait_for_port(port)
        assert typed(command) == f"{answer}\n"
        process.send(signal.SIGINT)
        finish(process)


@contextlib.contextmanager
def port_8080() -> Iterator[None]:
    """The port for one run of the tests at a time, if no other program has it."""
    with (Path(tempfile.gettempdir()) / "asab-tests-port-8080").open("w") as turn:
        if sys.platform != "win32":
            fcntl.flock(turn, fcntl.LOCK_EX)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", 8080))
            except OSError as error:
                if os.environ.get("CI") == "true":
                    raise
                pytest.skip(f"port 8080 is taken by another program of this machine: {error}")
        yield


def test_the_server_listens_on_port_8080_without_a_configuration(tmp_path: Path) -> None:
    """The printed line names port 8080, and no configuration."""
    command, answer = example("web/curl.sh").lines(server="localhost:8080")
    with port_8080(), start(tmp_path, example("web/server.py").text()) as process:
        process.wait_for_port(8080)
        assert typed(command) == f"{answer}\n"
        process.send(signal.SIGTERM)
        finish(process)


def test_the_service_is_localized_and_takes_a_route(tmp_path: Path) -> None:
    """The fragments of the page make a server too, under both spellings of the attribute."""
    scaffold = """
        import asab
        import aiohttp.web

        class MyApplication(asab.Application):
            async def initialize(self):
                <service>
                <route>
                print(svc.Name, svc.WebApp is svc.Webapp, isinstance(svc.WebApp, aiohttp.web.Application))

            async def hello(self, request):
                return aiohttp.web.Response(text="hello from a fragment")

        MyApplication().run()
        """
    port = free_port()
    conf = f"[asab:web]\nlisten=127.0.0.1:{port}\n"
    source = fill(scaffold, service=example("web/service.py").text(), route=example("web/route.py").text())
    with start(tmp_path, source, conf=conf) as process:
        process.wait_for_port(port)
        assert typed(f"curl http://127.0.0.1:{port}/hello") == "hello from a fragment"
        process.send(signal.SIGTERM)
        done = finish(process)
    assert done.stdout == "asab.WebService True True\n"
