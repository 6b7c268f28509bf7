"""Colour: on a terminal, by level, and never by what is logged."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal import on_a_terminal

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import logging, sys
import asab_log
asab_log.setup(verbose=True, json="json" in sys.argv, file="log")
L = asab_log.get_logger("myapp")
for level in (10, 20, 25, 30, 40, 50):
    L.log(level, "Hello")
"""
APPLICATION = """
import asyncio, types
import asab_log
from asab_config import Config
Config.read_string("[logging]\\nverbose=yes\\n[logging:file]\\npath=log")
loop = asyncio.new_event_loop()
log = asab_log.Logging(types.SimpleNamespace(Loop=loop))
L = asab_log.get_logger("myapp")
for level in (10, 20, 25, 30, 40, 50):
    L.log(level, "Hello")
loop.run_until_complete(log.close())
loop.close()
"""
COLOURED = (
    r"\x1b\[2m[^\x1b]* DEBUG myapp : Hello\x1b\[0m\n"
    r"[^\x1b]* INFO myapp : Hello\n"
    r"\x1b\[1m[^\x1b]* NOTICE myapp : Hello\x1b\[0m\n"
    r"\x1b\[33m[^\x1b]* WARNING myapp : Hello\x1b\[0m\n"
    r"\x1b\[31m[^\x1b]* ERROR myapp : Hello\x1b\[0m\n"
    r"\x1b\[1;31m[^\x1b]* CRITICAL myapp : Hello\x1b\[0m\n"
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal; run it on Linux or macOS")


@pytest.mark.parametrize("code", [SCRIPT, APPLICATION], ids=["script", "application"])
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": ""}], ids=["nothing", "NO_COLOR empty"])
def test_a_terminal_shows_each_level_in_its_colour(code: str, env: dict[str, str], tmp_path: Path) -> None:
    """An error is found at a glance; an empty NO_COLOR is none, by its convention."""
    _, shown = on_a_terminal(sys.executable, "-c", code, cwd=tmp_path, env=env)
    assert re.search(COLOURED, shown), shown
    assert "\x1b" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "TERM=dumb"])
@pytest.mark.parametrize("code", [SCRIPT, APPLICATION], ids=["script", "application"])
def test_whoever_wants_no_colour_gets_none(code: str, env: dict[str, str], tmp_path: Path) -> None:
    """no-color.org; and a terminal that is none."""
    _, shown = on_a_terminal(sys.executable, "-c", code, cwd=tmp_path, env=env)
    assert shown.count("Hello") == 6
    assert "\x1b" not in shown


def test_json_has_no_colour(tmp_path: Path) -> None:
    """A line of it is read by programs, also in a terminal."""
    _, shown = on_a_terminal(sys.executable, "-c", SCRIPT, "json", cwd=tmp_path)
    assert shown.count('"message":"Hello"}\n') == 6
    assert "\x1b" not in shown


def test_what_is_logged_cannot_end_the_colour_or_paint(tmp_path: Path) -> None:
    """A visitor's text must not make an error look like none."""
    code = (
        "import asab_log; asab_log.setup()\n"
        "L = asab_log.get_logger('my\\x1b[0mapp')\n"
        "L.error('a\\x1b[0m\\x9b0m\\r\\nb', struct_data={'k\\x1b[0m': '\\x1b[32m'}, exc_info=ValueError('\\x1b[32mx'))"
    )
    _, shown = on_a_terminal(sys.executable, "-c", code, cwd=tmp_path)
    assert re.findall(r"\x1b\[[\d;]*m", shown) == ["\x1b[31m", "\x1b[0m"]
    assert not re.search(r"[\x00-\x09\x0b-\x1a\x7f-\x9f]", shown)
    first, rest = shown.split("\n", 1)
    assert first.endswith("\x1b[0m")
    assert all(line.startswith("    ") for line in rest.splitlines())
