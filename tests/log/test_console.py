"""When there is a console: real processes, with a terminal and without one."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal import on_a_terminal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    RunScript = Callable[..., subprocess.CompletedProcess[str]]

CODE = """
import asyncio, logging, sys, types
import asab_log
from asab_config import Config
Config.read_string(sys.argv[1])
loop = asyncio.new_event_loop()
log = asab_log.Logging(types.SimpleNamespace(Loop=loop))
print(log.has_console)
logging.getLogger("myapp").warning("Hello")
loop.run_until_complete(log.close(0.1))
loop.close()
"""
FILE = "[logging:file]\npath={path}"
SYSLOG = "[logging:syslog]\nenabled=yes\naddress={path}/nobody"


@pytest.mark.parametrize("config", ["", FILE, SYSLOG], ids=["nothing else", "file", "syslog"])
def test_a_terminal_always_shows_the_log(tmp_path: Path, config: str) -> None:
    """Somebody sits there."""
    out, shown = on_a_terminal(sys.executable, "-c", CODE, config.format(path=tmp_path / "log"), cwd=tmp_path)
    assert out == "True\n"
    assert re.search(r" WARNING myapp : Hello\x1b\[0m\n", shown)


def test_without_a_terminal_stderr_shows_the_log_if_nothing_else_does(run_script: RunScript) -> None:
    """A container collects stderr."""
    done = run_script(CODE, "")
    assert done.stdout == "True\n"
    assert done.stderr.endswith(" WARNING myapp : Hello\n")


@pytest.mark.parametrize("config", [FILE, SYSLOG], ids=["file", "syslog"])
def test_without_a_terminal_a_file_or_syslog_is_enough(run_script: RunScript, tmp_path: Path, config: str) -> None:
    """Nobody wants to store the same lines twice."""
    done = run_script(CODE, config.format(path=tmp_path / "log"))
    assert done.stdout == "False\n"
    assert "Hello" not in done.stderr


@pytest.mark.parametrize("how", ["sys.stderr = None", "sys.stderr.close()"])
def test_a_process_without_stderr_runs(run_script: RunScript, how: str) -> None:
    """Windowed processes have none; a closed one is as good as none."""
    done = run_script(f"import sys; {how}\n" + CODE, "")
    assert (done.returncode, done.stdout) == (0, "False\n")
