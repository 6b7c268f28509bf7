"""Bad input ends a start with one clear line on stderr that names the place, an exit code, and no traceback."""

from __future__ import annotations

import os
import re
import socket
import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.processes import Process

# The application of all these tests; it must not get as far as its work.
BARE = """
    import asab

    class MyApplication(asab.Application):
        async def main(self):
            print("started")
            self.stop()

    MyApplication().run()
    """
SOCKET = """
    import asyncio
    import asab

    class MyServer(asab.StreamSocketServerService):
        async def initialize(self, app):
            await self.create_server(app, asyncio.Protocol, [("127.0.0.1", asab.Config.getint("server", "port"))])

    class MyApplication(asab.Application):
        async def initialize(self):
            MyServer(self)

        async def main(self):
            print("started")
            self.stop()

    MyApplication().run()
    """
WEB = """
    import asab

    class MyApplication(asab.Application):
        async def initialize(self):
            from asab.web import Module
            self.add_module(Module)
            self.get_service("asab.WebService").WebApp

        async def main(self):
            print("started")
            self.stop()

    MyApplication().run()
    """


def run(folder: Path, source: str, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, Process]:
    """The exit code of the program with these arguments, and the process for its output."""
    (folder / "main.py").write_text(textwrap.dedent(source), encoding="utf-8")
    # Without asyncio's debug mode, which adds lines about a slow machine.
    with python("main.py", *arguments, cwd=folder, env={"PYTHONASYNCIODEBUG": "", **(env or {})}) as process:
        return process.wait(), process


def refused(folder: Path, conf: str | bytes, source: str = BARE) -> tuple[int, str]:
    """The exit code and the one line with which a start under that configuration ends."""
    (folder / "bad.conf").write_bytes(conf if isinstance(conf, bytes) else conf.encode())
    code, process = run(folder, source, "-c", "bad.conf")
    return code, only_line(process)


def only_line(process: Process) -> str:
    """The one line on stderr; the program must not have come to its work."""
    assert process.stdout == "", process.report()
    lines = process.stderr.splitlines()
    assert len(lines) == 1, process.report()
    return lines[0]


def test_a_missing_configuration_file_is_named(tmp_path: Path) -> None:
    """A mistyped path must not start a server with its defaults."""
    code, process = run(tmp_path, BARE, "-c", "./etc/missing.conf")
    assert code == os.EX_CONFIG
    assert "etc/missing.conf" in only_line(process)


def test_a_missing_file_of_the_environment_is_named(tmp_path: Path) -> None:
    """ASAB_CONFIG stands in a unit file, far from the one who reads the error."""
    code, process = run(tmp_path, BARE, env={"ASAB_CONFIG": "./etc/missing.conf"})
    assert code == os.EX_CONFIG
    assert "etc/missing.conf" in only_line(process)


def test_a_folder_is_no_configuration_file(tmp_path: Path) -> None:
    """The file's name was forgotten behind the path."""
    (tmp_path / "etc").mkdir()
    code, process = run(tmp_path, BARE, "-c", "./etc")
    assert code == os.EX_CONFIG
    assert "etc" in only_line(process)


@pytest.mark.parametrize(
    ("conf", "line"),
    [
        ("hives = 12\n", 1),
        ("# bees\n\n[bees\nhives = 12\n", 3),
        ("[bees]\nhives = 12\nno sense\n", 3),
        ("[bees]\nhives = 12\nhives = 13\n", 3),
        ("[bees]\nhives = 12\n[bees]\n", 3),
    ],
    ids=["no section", "open bracket", "no value", "option twice", "section twice"],
)
def test_a_broken_configuration_file_is_named_with_its_line(tmp_path: Path, conf: str, line: int) -> None:
    """The reader goes straight to the line that is to be mended."""
    code, message = refused(tmp_path, conf)
    assert code == os.EX_CONFIG
    assert re.search(rf"bad\.conf\D+{line}\b", message), message


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Somebody gave the wrong file."""
    code, message = refused(tmp_path, b"[bees]\nhives = \xff\xfe\n")
    assert code == os.EX_CONFIG
    assert "bad.conf" in message


def test_a_broken_included_file_is_named_itself(tmp_path: Path) -> None:
    """The mistake is in the included file, so that is the one to open."""
    (tmp_path / "site.conf").write_text("[bees]\nno sense\n", encoding="utf-8")
    code, message = refused(tmp_path, "[general]\ninclude=./site.conf\n")
    assert code == os.EX_CONFIG
    assert re.search(r"site\.conf\D+2\b", message), message


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("general", "tick_period", "soon"),
        ("general", "tick_period", "-1"),
        ("general", "finalize_timeout", "soon"),
        ("logging", "verbose", "perhaps"),
        ("logging:file", "backup_count", "many"),
        ("logging:syslog", "format", "7"),
        ("logging:syslog", "address", "pigeon://loft/"),
    ],
)
def test_a_wrong_value_is_named_with_its_section_and_option(
    tmp_path: Path, section: str, option: str, value: str
) -> None:
    """One glance tells what to change, and where."""
    extra = {"logging:file": "path=./bees.log\n", "logging:syslog": "enabled=yes\n"}.get(section, "")
    code, message = refused(tmp_path, f"[{section}]\n{extra}{option}={value}\n")
    assert code == os.EX_CONFIG
    assert section in message
    assert option in message
    assert value in message


@pytest.mark.parametrize(
    ("option", "stream", "answer"),
    [("--help", "stdout", "usage: shop ["), ("--version", "stdout", "shop (asab-app "), ("-k", "stderr", "shop: ")],
)
def test_a_package_that_is_run_has_its_name(tmp_path: Path, option: str, stream: str, answer: str) -> None:
    """`__main__.py`, which is the file that Python runs, is the name of them all."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__main__.py").write_text(textwrap.dedent(BARE), "utf-8")
    with python("-m", "shop", option, cwd=tmp_path) as process:
        process.wait()
        assert getattr(process, stream).startswith(answer), process.report()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--wrong"], "--wrong"), (["-c"], "-c"), (["surplus"], "surplus")],
    ids=["unknown option", "option without its value", "unknown word"],
)
def test_a_wrong_command_line_is_answered_by_argparse(tmp_path: Path, arguments: list[str], words: str) -> None:
    """Usage, the one line that says what is wrong, and the exit code 2 that every such tool has."""
    code, process = run(tmp_path, BARE, *arguments)
    assert code == 2
    assert process.stdout == ""
    *usage, error = process.stderr.splitlines()
    assert usage[0].startswith("usage: main.py")
    assert error.startswith("main.py: error: ")
    assert words in error
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("by_option", [True, False], ids=["-l", "[logging:file] path"])
@pytest.mark.parametrize("path", ["missing/bees.log", "folder"])
def test_a_log_file_that_cannot_be_opened_is_named(tmp_path: Path, path: str, by_option: bool) -> None:
    """Nobody wants to find out after the accident that there was no log."""
    (tmp_path / "folder").mkdir()
    if by_option:
        code, process = run(tmp_path, BARE, "-l", path)
        message = only_line(process)
    else:
        code, message = refused(tmp_path, f"[logging:file]\npath={path}\n")
    assert code == os.EX_CONFIG
    assert path in message


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_a_port_in_use_is_named_by_the_socket_service(tmp_path: Path, taken_port: int) -> None:
    """Most often the same server runs already: the line says where to look."""
    code, message = refused(tmp_path, f"[server]\nport={taken_port}\n", SOCKET)
    assert code == os.EX_SOFTWARE
    assert f"127.0.0.1:{taken_port}" in message
    assert "in use" in message


def test_a_failed_start_is_said_on_stderr_when_the_log_goes_to_a_file(tmp_path: Path, taken_port: int) -> None:
    """Who starts a server by hand sees why it did not start, and the log has it too."""
    code, message = refused(tmp_path, f"[server]\nport={taken_port}\n[logging:file]\npath=./bees.log\n", SOCKET)
    assert code == os.EX_SOFTWARE
    assert f"127.0.0.1:{taken_port}" in message
    assert f"127.0.0.1:{taken_port}" in (tmp_path / "bees.log").read_text(encoding="utf-8")


def test_a_port_in_use_is_named_by_the_web_server(tmp_path: Path, taken_port: int) -> None:
    """Most often the same server runs already: the line says where to look."""
    code, message = refused(tmp_path, f"[asab:web]\nlisten=127.0.0.1:{taken_port}\n", WEB)
    assert code == os.EX_SOFTWARE
    assert f"127.0.0.1:{taken_port}" in message
    assert "asab:web" in message
    assert "in use" in message


def test_a_wrong_address_of_the_web_server_is_named(tmp_path: Path) -> None:
    """An address that cannot be read is a mistake of the configuration, not of the network."""
    code, message = refused(tmp_path, "[asab:web]\nlisten=127.0.0.1:http\n", WEB)
    assert code == os.EX_CONFIG
    assert "asab:web" in message
    assert "listen" in message
    assert "127.0.0.1:http" in message
