"""The chapter "ASAB Command-line interface"."""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from tests.documentation.catalogue import example, fill
from tests.documentation.running import datagrams, finish, start, write

# The short and the long form of each option, and the name of its value: `-c <CONFIG>,--config <CONFIG>`.
OPTIONS = [re.findall(r"-+[a-z-]+|<[A-Z_]+>", line) for line in example("command_line/options.txt").lines()]

PROGRAM = """
    import logging
    import asab

    class MyApplication(asab.Application):
        Description = "Keeps the bees of the village."

        async def main(self):
            logging.debug("bees at debug")
            logging.log(asab.LOG_NOTICE, "bees at notice")
            print(asab.Config.get("bees", "hives", fallback="no hives"))
            self.stop()

    MyApplication().run()
    """

DAEMON = """
    import os
    import pwd
    import asab

    class MyApplication(asab.Application):
        async def initialize(self):
            assert pwd.getpwuid(os.getuid()).pw_name == "nobody"
            assert os.getcwd() == "/tmp"

    MyApplication().run()
    """


def test_help_shows_the_description_and_every_option(tmp_path: Path) -> None:
    """`-h` is where an operator looks first."""
    done = finish(start(tmp_path, fill(PROGRAM), "-h"))
    assert "Keeps the bees of the village." in done.stdout
    for words in OPTIONS:
        short, long = [word for word in words if word.startswith("-")]
        lines = [line for line in done.stdout.splitlines() if line.lstrip().startswith(short)]
        assert len(lines) == 1
        assert all(word.strip("<>") in lines[0] for word in [long, *words])


@pytest.mark.skipif(sys.platform == "win32", reason="a daemon is a POSIX process")
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize(("start_option", "kill_option"), [("-d", "-k"), ("--daemonize", "--kill")])
def test_the_daemon_options_start_and_end_it(start_option: str, kill_option: str) -> None:
    """With the printed section: in the background, as nobody, in /tmp, found again by its pidfile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        conf = example("command_line/daemon.conf").text(pidfile=folder / "myapp.pid")
        finish(start(folder, fill(DAEMON), start_option, conf=conf))
        pid = int((folder / "myapp.pid").read_text(encoding="ascii"))
        done = finish(start(folder, fill(DAEMON), kill_option, conf=conf))
        assert done.stdout == f"main.py: has ended in the background, pid {pid}\n"
        assert not (folder / "myapp.pid").exists()


@pytest.mark.parametrize("option", ["-c", "--config"])
def test_the_configuration_option_loads_the_file(tmp_path: Path, option: str) -> None:
    """The short and the long form are one."""
    write(tmp_path, {"bees.conf": "[bees]\nhives = 12\n"})
    assert finish(start(tmp_path, fill(PROGRAM), option, "bees.conf")).stdout == "12\n"


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_the_verbose_option_shows_debug_lines(tmp_path: Path, option: str) -> None:
    """More about what is happening, for the one who looks for a fault."""
    assert "bees at debug" not in finish(start(tmp_path, fill(PROGRAM))).stderr
    assert "DEBUG root : bees at debug" in finish(start(tmp_path, fill(PROGRAM), option)).stderr


@pytest.mark.parametrize("option", ["-l", "--log-file"])
def test_the_log_file_option_writes_the_file(tmp_path: Path, option: str) -> None:
    """An operator decides at the start where the log goes."""
    finish(start(tmp_path, fill(PROGRAM), option, "bees.log"))
    assert "NOTICE root bees at notice" in (tmp_path / "bees.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["-s", "--syslog"])
def test_the_syslog_option_sends_to_the_configured_address(tmp_path: Path, option: str) -> None:
    """`-s` is `enabled` for one start."""
    path = tmp_path / "syslog.socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        finish(start(tmp_path, fill(PROGRAM), option, conf=f"[logging:syslog]\naddress={path}\n"))
        records = datagrams(server)
    assert any(re.search(r"^<1(33|41)>.*bees at notice$", record) for record in records), records
