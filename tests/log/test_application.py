"""`Logging`: the log of an application, from its configuration."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import time
import warnings
from typing import TYPE_CHECKING

import pytest

from asab_config import Config, ConfigError
from asab_log import LOG_NOTICE, Logging, get_logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Configure = Callable[[str], None]

L = get_logger("myapp.mymodule")
TIME = r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d{6}"

# As it stands in the documentation, chapter Logging to file, but for the path.
DOCUMENTED_FILE = """
[[logging:file]]
path={path}
format="%%(asctime)s %%(levelname)s %%(name)s %%(struct_data)s%%(message)s",
datefmt="%%d-%%b-%%Y %%H:%%M:%%S.%%f"
backup_count=0
"""


class App:
    """All that the log takes from an application."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.Loop = loop or asyncio.get_running_loop()


async def test_the_console_shows_the_documented_line(capsys: pytest.CaptureFixture[str], configure: Configure) -> None:
    """It is the one line of output that the documentation shows, and it goes to stderr."""
    configure("[logging]\nverbose=yes")
    log = Logging(App())
    assert log.has_console
    L.info("Hello world!")
    await log.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(f"^{TIME} INFO myapp\\.mymodule : Hello world!$", err, re.MULTILINE)


@pytest.mark.parametrize(("verbose", "level"), [("no", LOG_NOTICE), ("yes", logging.DEBUG)])
async def test_verbose_sets_the_level(configure: Configure, verbose: str, level: int) -> None:
    """NOTICE is seen without it and INFO is not; that is what NOTICE is for."""
    configure(f"[logging]\nverbose={verbose}")
    log = Logging(App())
    assert logging.getLogger().level == level
    await log.close()


async def test_the_documented_file_section_works_as_it_stands(configure: Configure, tmp_path: Path) -> None:
    """People paste it: double brackets, quotes, doubled percent signs and a comma."""
    path = tmp_path / "asab.log"
    configure(DOCUMENTED_FILE.format(path=path))
    log = Logging(App())
    L.warning("Hello world!", struct_data={"key1": "value1", "key2": 2})
    L.warning("Hello world!")
    await log.close()
    first, second = path.read_text().splitlines()
    assert re.fullmatch(rf'{TIME} WARNING myapp\.mymodule \[sd key1="value1" key2="2"\] Hello world!', first)
    assert re.fullmatch(rf"{TIME} WARNING myapp\.mymodule Hello world!", second)


async def test_json_is_a_format_of_console_and_file(
    configure: Configure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Containers and collectors read it; each place has its own format."""
    configure("[logging:console]\nformat=json")
    log = Logging(App())
    L.warning("Hello world!", struct_data={"key1": "value1"})
    await log.close()
    configure(f'[logging:file]\npath={tmp_path / "log"}\nformat="JSON",')
    log = Logging(App())
    L.warning("Hello world!", struct_data={"key1": "value1"})
    await log.close()
    for text in (capsys.readouterr().err, (tmp_path / "log").read_text()):
        line = json.loads(text.splitlines()[-1])
        assert [line[key] for key in ("level", "logger", "message", "key1")] == [
            "WARNING", "myapp.mymodule", "Hello world!", "value1"
        ]  # fmt: skip


async def test_warnings_of_python_go_to_the_log(configure: Configure, tmp_path: Path) -> None:
    """A daemon has no stderr where anybody would see them."""
    configure(f"[logging:file]\npath={tmp_path / 'log'}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show = warnings.showwarning
        log = Logging(App())
        warnings.warn("old\nthing", DeprecationWarning, stacklevel=1)
        await log.close()
        assert warnings.showwarning is show
    line = (tmp_path / "log").read_text()
    assert re.search(r"WARNING py\.warnings .*DeprecationWarning: old\\nthing", line)
    assert line.count("\n") == 1


def test_the_defaults_are_the_documented_ones() -> None:
    """/dev/log on Linux, /var/run/syslog on macOS, each with its format."""
    defaults = ("m", "/var/run/syslog") if sys.platform == "darwin" else ("3", "/dev/log")
    assert (Config["logging:syslog"]["format"], Config["logging:syslog"]["address"]) == defaults
    assert not Config.getboolean("logging", "verbose")
    assert Config["logging:file"]["path"] == ""


async def test_rotate_goes_to_the_file(configure: Configure, tmp_path: Path) -> None:
    """SIGHUP calls it."""
    configure(f"[logging:file]\npath={tmp_path / 'log'}\nbackup_count=1")
    log = Logging(App())
    L.warning("one")
    log.rotate()
    L.warning("two")
    await log.close()
    assert "one" in (tmp_path / "log.1").read_text()
    assert "two" in (tmp_path / "log").read_text()


async def test_the_file_is_rotated_by_size_and_time(configure: Configure, tmp_path: Path) -> None:
    """A machine without logrotate needs no more than these options."""
    path = tmp_path / "log"
    path.write_text("of last week\n")
    os.utime(path, (time.time() - 8 * 86400,) * 2)
    configure(f"[logging:file]\npath={path}\nformat=%(message)s\nbackup_count=5\nrotate_every=1w\nrotate_size=1K")
    log = Logging(App())
    L.warning("one %s", "x" * 1000)
    L.warning("two %s", "x" * 1000)
    await log.close()
    assert [(tmp_path / name).read_text()[:3] for name in ("log", "log.1", "log.2")] == ["two", "one", "of "]
    assert not (tmp_path / "log.3").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
async def test_lost_records_are_a_number(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be written must be seen by whoever watches the application."""
    configure("[logging:file]\npath=/dev/full")
    log = Logging(App())
    assert log.lost == 0
    L.warning("Hello")
    L.warning("Hello")
    assert log.lost == 2
    await log.close()
    assert capsys.readouterr().err.count("cannot be written") == 1


async def test_rotate_without_a_file_does_nothing() -> None:
    """SIGHUP comes for other reasons too."""
    log = Logging(App())
    log.rotate()
    assert log.lost == 0
    await log.close()


async def test_a_rotation_that_fails_is_logged(configure: Configure, tmp_path: Path) -> None:
    """It must not end what runs."""
    (tmp_path / "log.1").mkdir()
    configure(f"[logging:file]\npath={tmp_path / 'log'}\nbackup_count=1")
    log = Logging(App())
    log.rotate()
    await log.close()
    assert re.search(
        r'ERROR asab_log\.application \[sd path=".*/log" reason=".*log\.1.*"\] ', (tmp_path / "log").read_text()
    )


MISTAKES = [
    ("logging", "verbose", "perhaps", "yes"),
    ("logging:console", "format", "%(nothing)s", "nothing"),
    ("logging:console", "format", "Hello", "fields"),
    ("logging:console", "format", "%(message)d", "%d format"),
    ("logging:file", "format", "%(nothing)s", "nothing"),
    ("logging:file", "backup_count", "many", "number"),
    ("logging:file", "backup_count", "-1", "0 or"),
    ("logging:file", "rotate_every", "daily", "a time such as"),
    ("logging:file", "rotate_every", "-1", "a time such as"),
    ("logging:file", "rotate_every", "1", "at least 1m"),
    ("logging:file", "rotate_every", "1d", "set backup_count to 1 or more"),
    ("logging:file", "rotate_size", "100 meters", "a size such as"),
    ("logging:file", "rotate_size", "100", "at least 1K"),
    ("logging:file", "rotate_size", "100M", "set backup_count to 1 or more"),
    ("logging:file", "path", "{tmp_path}", "directory"),
    ("logging:file", "path", "{tmp_path}/missing/log", "folder is not there; make it"),
    ("logging:syslog", "enabled", "perhaps", "yes"),
    ("logging:syslog", "format", "7", "5 (RFC 5424), 3 (RFC 3164) or m"),
    ("logging:syslog", "address", "gopher://host/", "tcp://host:port/"),
    ("logging:syslog", "facility", "local8", "0 to 23 or one of kern, user"),
    ("logging:syslog", "facility", "24", "0 to 23"),
    ("logging:syslog", "framing", "nul", "lf (each record ends in a line feed) or octets"),
    ("logging:syslog", "framing", "octets", "a datagram is a record"),
    ("logging:syslog", "max_length", "100", "at least 480"),
    ("logging:syslog", "max_length", "long", "number"),
    ("logging:syslog", "bom", "perhaps", "yes"),
    ("logging:syslog", "bom", "yes", "format=5"),
    ("logging:syslog", "ca", "/nowhere", "tls://host:port/"),
    ("logging:syslog", "key", "/nowhere", "tls://host:port/"),
]


@pytest.mark.parametrize(("section", "option", "value", "remedy"), MISTAKES)
async def test_a_mistake_is_one_line_with_its_place_and_leaves_nothing(
    configure: Configure, tmp_path: Path, section: str, option: str, value: str, remedy: str
) -> None:
    """The operator sees what to change and where; the root logger is as it was."""
    value = value.format(tmp_path=tmp_path)
    configure(f"[logging:file]\npath={tmp_path / 'log'}\n[logging:syslog]\nenabled=yes")
    configure(f"[{section}]\n{option}={value}")
    with pytest.raises(ConfigError) as caught:
        Logging(App())
    text = str(caught.value)
    assert f"[{section}] {option} = {value!r}" in text
    assert remedy in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [("logging:file", "backup_count", "-1"), ("logging:console", "format", "x"), ("logging:syslog", "address", "foo")],
)
async def test_a_mistake_in_a_file_is_named_with_its_line(
    configure: Configure, tmp_path: Path, section: str, option: str, value: str
) -> None:
    """Of many files the operator has to open one."""
    configure(f"[logging:syslog]\nenabled=yes\n[logging:file]\npath={tmp_path / 'log'}")
    path = tmp_path / "app.conf"
    path.write_text(f"[{section}]\n{option}={value}\n")
    Config.read(path)
    with pytest.raises(ConfigError, match=re.escape(f"{path}:2: [{section}] {option} = {value!r}: ")):
        Logging(App())


async def test_other_handlers_stay(configure: Configure) -> None:
    """A test runner or an agent has put its own on the root logger."""
    mine = logging.NullHandler()
    logging.getLogger().addHandler(mine)
    log = Logging(App())
    await log.close()
    await log.close()
    assert mine in logging.getLogger().handlers
    logging.getLogger().removeHandler(mine)


async def test_closing_waits_for_syslog_no_longer_than_it_may(configure: Configure) -> None:
    """A dead syslog server must not keep an application from its end."""
    configure("[logging:syslog]\nenabled=yes\naddress=tcp://127.0.0.1:1/")
    log = Logging(App())
    L.warning("Hello")
    async with asyncio.timeout(30):
        await log.close(0.05)


def test_it_can_be_closed_without_a_loop(configure: Configure) -> None:
    """The loop of a start that failed may be closed before the log."""
    configure("[logging:syslog]\nenabled=yes\naddress=tcp://127.0.0.1:1/")
    loop = asyncio.new_event_loop()
    log = Logging(App(loop))
    L.warning("Hello")
    loop.close()
    log.close_nowait()
    log.close_nowait()
