"""`Logging` and syslog: what the section `[logging:syslog]` makes of records."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest

from asab_log import LOG_NOTICE, Logging, get_logger
from tests.log.test_application import App

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.log.conftest import LineServer

    Configure = Callable[[str], None]

L = get_logger("myapp.mymodule")

# As it stands in the documentation, chapter Logging to syslog, but for the address.
DOCUMENTED_SYSLOG = """
[[logging:syslog]]
enabled=true
format=5
address=tcp://127.0.0.1:{port}/
"""


async def test_the_documented_syslog_section_works_as_it_stands(configure: Configure, line_server: LineServer) -> None:
    """What is logged last before the end arrives as well."""
    configure(DOCUMENTED_SYSLOG.format(port=line_server.port))
    log = Logging(App())
    L.log(LOG_NOTICE, "Hello world!", struct_data={"key1": "value1"})
    await log.close()
    line = (await line_server.take(1))[0]
    assert re.fullmatch(r'<133>1 \S+Z \S+ \S+ \d+ myapp\.mymodule \[sd key1="value1"\] Hello world!', line)


@pytest.mark.parametrize(
    ("letter", "pattern"),
    [
        ("3", r"<132>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d \S+ [\w.-]+\[\d+\]: myapp\.mymodule : Hello"),
        ("m", r"<132>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d [\w.-]+\[\d+\]: myapp\.mymodule : Hello"),
        ("M", r"<132>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d [\w.-]+\[\d+\]: myapp\.mymodule : Hello"),
    ],
)
async def test_the_format_is_chosen_by_its_letter(
    configure: Configure, line_server: LineServer, letter: str, pattern: str
) -> None:
    """All three are documented."""
    configure(DOCUMENTED_SYSLOG.format(port=line_server.port).replace("format=5", f"format={letter}"))
    log = Logging(App())
    L.warning("Hello")
    await log.close()
    assert re.fullmatch(pattern, (await line_server.take(1))[0])


@pytest.mark.parametrize(
    ("value", "number"),
    [("local0", 16), ("LOCAL7", 23), ("user", 1), ("daemon", 3), ("authpriv", 10), ("0", 0), ("23", 23)],
)
async def test_the_facility_is_a_name_or_a_number(
    configure: Configure, line_server: LineServer, value: str, number: int
) -> None:
    """Receivers sort by it, and operators know it by name."""
    configure(DOCUMENTED_SYSLOG.format(port=line_server.port) + f"facility={value}")
    log = Logging(App())
    L.warning("Hello")
    await log.close()
    assert (await line_server.take(1))[0].startswith(f"<{number * 8 + 4}>1 ")


async def test_framing_and_byte_order_mark_come_on_demand(configure: Configure) -> None:
    """RFC 6587, section 3.4.1, and RFC 5424, section 6.4; without the options neither is there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        configure(DOCUMENTED_SYSLOG.format(port=server.getsockname()[1]) + "framing=octets\nbom=yes")
        log = Logging(App())
        L.warning("ž")
        L.warning("")
        await log.close()
        peer, _ = server.accept()
        with peer:
            data = b"".join(iter(lambda: peer.recv(1000), b""))
    for message in ("ž", ""):
        length, _, rest = data.partition(b" ")
        frame, data = rest[: int(length)], rest[int(length) :]
        assert frame.endswith(f" myapp.mymodule - \ufeff{message}".encode())
    assert data == b""


async def test_a_record_is_no_longer_than_the_receiver_takes(configure: Configure, line_server: LineServer) -> None:
    """What is too long on a stream, a receiver takes for two records, and the second may say what it likes."""
    configure(DOCUMENTED_SYSLOG.format(port=line_server.port) + "max_length=500")
    log = Logging(App())
    L.warning("x" * 500 + "<0>1 - - - - - - forged")
    await log.close()
    line = (await line_server.take(1))[0]
    assert len(line) == 500
    assert line.endswith("xxx [cut]")


async def test_a_local_socket_gets_no_host(configure: Configure, tmp_path: Path) -> None:
    """syslog(3) sends none, and a reader of /dev/log takes it for the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.settimeout(30)
        server.bind(str(tmp_path / "log"))
        configure(f"[logging:syslog]\nenabled=yes\nformat=3\naddress={tmp_path / 'log'}")
        log = Logging(App())
        L.warning("Hello")
        await log.close()
        assert re.fullmatch(rb"<132>.{15} [\w.-]+\[\d+\]: myapp\.mymodule : Hello", server.recv(1000))


async def test_processes_of_one_program_can_be_told_apart(configure: Configure, tmp_path: Path) -> None:
    """Each instance says which one it is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.settimeout(30)
        server.bind(str(tmp_path / "log"))
        configure(f"[logging:syslog]\nenabled=yes\nformat=5\naddress={tmp_path / 'log'}\napp_name=shop-2")
        log = Logging(App())
        L.warning("Hello")
        await log.close()
        assert server.recv(1000).split()[3] == b"shop-2"
