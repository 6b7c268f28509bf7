"""The chapter "Logging": what comes out on the console, in a file and at a syslog server."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.documentation.catalogue import example, fill
from tests.documentation.running import datagrams, finish, start, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIME = r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d{6}"
VERBOSE = "[logging]\nverbose=yes\n"
# Runs what stands in the example, inside an application that ends at once.
LOGGING = """
    import logging
    import asab

    L = logging.getLogger("myapp.mymodule")

    class MyApplication(asab.Application):
        async def main(self):
            <example>
            self.stop()

    MyApplication().run()
    """
NOTICE = 'L.log(asab.LOG_NOTICE, "Hello world!", struct_data={"key1": "value1"})'


def like(line: str) -> str:
    """The pattern of a printed line, whatever its time."""
    time = re.match(TIME, line)
    assert time
    return f"^{TIME}{re.escape(line[time.end() :].rstrip())}$"


def test_the_console_shows_the_line_of_the_documentation(tmp_path: Path) -> None:
    """Time, level, logger and message stand as printed, with microseconds of the local time."""
    write(tmp_path, {"myapp/__init__.py": "", "myapp/mymodule.py": example("logging/recommended_use.py").text()})
    before = datetime.now() - timedelta(milliseconds=1)
    source = fill(LOGGING, example="import myapp.mymodule")
    done = finish(start(tmp_path, source, conf=VERBOSE))
    line = done.wait_for(like(example("logging/console.txt").text()), "stderr")
    logged = datetime.strptime(line.split(" INFO ")[0], "%d-%b-%Y %H:%M:%S.%f")
    assert before <= logged <= datetime.now()


def test_info_is_silent_and_notice_is_not_without_verbose(tmp_path: Path) -> None:
    """An operator sees what matters, and the rest by `-v`."""
    source = fill(LOGGING, example=f'L.info("not to be seen")\n{NOTICE}')
    done = finish(start(tmp_path, source))
    assert "not to be seen" not in done.stderr
    done.wait_for(rf'^{TIME} NOTICE myapp\.mymodule \[sd key1="value1"\] : Hello world!$', "stderr")


def test_structured_data_stand_in_the_line(tmp_path: Path) -> None:
    """What a program knows about a record stays readable for programs."""
    done = finish(start(tmp_path, fill(LOGGING, example=example("logging/struct_data.py").text()), conf=VERBOSE))
    done.wait_for(rf'^{TIME} INFO myapp\.mymodule \[sd key1="value1" key2="2"\] : Hello world!$', "stderr")


@pytest.mark.parametrize("verbose", [False, True])
def test_the_verbose_option_tells_the_mode(tmp_path: Path, verbose: bool) -> None:
    """`-v` sets the boolean option, the level DEBUG and asyncio's debug mode."""
    scaffold = """
        import asyncio
        import logging
        import asab

        class MyApplication(asab.Application):
            async def main(self):
                print((
                    <example>
                ))
                print(asab.Config.getboolean("logging", "verbose"))
                print(logging.getLogger().isEnabledFor(logging.DEBUG), asyncio.get_running_loop().get_debug())
                self.stop()

        MyApplication().run()
        """
    source = fill(scaffold, example=example("logging/verbose.py").text())
    done = finish(start(tmp_path, source, *["-v"] * verbose, env={"PYTHONASYNCIODEBUG": ""}))
    text, boolean, modes = done.stdout.splitlines()
    assert text
    assert (boolean, modes) == (str(verbose), f"{verbose} {verbose}")


def test_the_file_section_works_as_pasted(tmp_path: Path) -> None:
    """Double brackets, quotes, the trailing comma and doubled percent signs are what the page prints."""
    log = tmp_path / "asab.log"
    conf = example("logging/file.conf").text(path=log)
    finish(start(tmp_path, fill(LOGGING, example=NOTICE), conf=conf))
    pattern = rf'^{TIME} NOTICE myapp\.mymodule \[sd key1="value1"\] Hello world!$'
    assert re.search(pattern, log.read_text(encoding="utf-8"), re.MULTILINE)


def test_sighup_rotates_the_file(tmp_path: Path) -> None:
    """The documented signal starts a new file and keeps the old one."""
    scaffold = """
        import logging
        import asab

        class MyApplication(asab.Application):
            async def main(self):
                self.PubSub.subscribe("Application.hup!", self.on_hup)
                logging.warning("before")
                print("ready")

            def on_hup(self, message_type):
                logging.warning("after")
                self.stop()

        MyApplication().run()
        """
    log = tmp_path / "asab.log"
    conf = f"[logging:file]\npath={log}\nbackup_count=3\n"
    with start(tmp_path, fill(scaffold), conf=conf) as process:
        process.wait_for("ready")
        process.send(signal.SIGHUP)
        finish(process)
    assert "before" in (tmp_path / "asab.log.1").read_text(encoding="utf-8")
    assert "after" in log.read_text(encoding="utf-8")


@pytest.fixture
def tcp_server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def received(server: socket.socket) -> str:
    """What a process that has ended has said: its connections, or its datagrams, wait in the kernel."""
    if server.type == socket.SOCK_DGRAM:
        return "\n".join(datagrams(server))
    server.setblocking(False)
    text = ""
    with contextlib.suppress(BlockingIOError):
        while True:
            peer, _ = server.accept()
            with peer, peer.makefile(encoding="utf-8") as stream:
                text += stream.read()
    return text


def test_the_syslog_section_works_as_pasted(tmp_path: Path, tcp_server: socket.socket) -> None:
    """A record arrives at a real TCP server as one line of RFC 5424."""
    # A host's name, as on the page: it has to be looked up before anything can be sent.
    conf = example("logging/syslog.conf").text(server=f"localhost:{tcp_server.getsockname()[1]}")
    finish(start(tmp_path, fill(LOGGING, example=NOTICE), conf=conf))
    text = received(tcp_server)
    # Facility 16 or 17 (local0, local1), severity 5 (notice); version 1; UTC; the structured data; the message.
    frame = r'^<1(33|41)>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ \S+ \d+ \S+ \[sd key1="value1"\] .*Hello world!$'
    assert re.search(frame, text, re.MULTILINE), text


def test_an_application_lives_without_its_syslog_server(tmp_path: Path) -> None:
    """The section to the letter names a server that does not exist here; that must not stop anybody's service."""
    scaffold = LOGGING.replace("self.stop()", 'print("main is done")\n            self.stop()')
    # What it still has to say at the end waits for the server no longer than this.
    conf = example("logging/syslog.conf").written + "[general]\nfinalize_timeout=1\n"
    done = finish(start(tmp_path, fill(scaffold, example=NOTICE), conf=conf))
    assert done.stdout == "main is done\n"


@pytest.mark.parametrize("address", example("logging/addresses.txt").lines())
def test_every_address_form_reaches_a_real_socket(tmp_path: Path, address: str) -> None:
    """TCP, UDP and both kinds of UNIX sockets are there for whatever a machine's syslog listens on."""
    path = tmp_path / "syslog.socket"
    kind = socket.SOCK_STREAM if address.startswith(("tcp:", "unix-connect:")) else socket.SOCK_DGRAM
    family = socket.AF_INET if address.startswith(("tcp:", "udp:")) else socket.AF_UNIX
    with socket.socket(family, kind) as server:
        server.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(path))
        if kind == socket.SOCK_STREAM:
            server.listen()
        place = f"localhost:{server.getsockname()[1]}" if family == socket.AF_INET else str(path)
        address = address.replace("syslog.server.lan:1554", place).replace("/path/to/syslog.socket", place)
        conf = f"[logging:syslog]\nenabled=true\nformat=3\naddress={address}\n"
        finish(start(tmp_path, fill(LOGGING, example=NOTICE), conf=conf))
        text = received(server)
    assert re.search(r'^<1(33|41)>.*\[sd key1="value1"\].*Hello world!$', text, re.MULTILINE), text
