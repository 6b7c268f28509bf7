"""The signals of the process: taken over, given back, and left alone where they are not ours."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from asab_app import Application
from asab_utils import Singleton
from tests.support.processes import python

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Noting(Application):
    async def main(self) -> None:
        self.handlers = [signal.getsignal(number) for number in NUMBERS]
        self.stop()


@pytest.fixture
def make() -> Any:
    """Make the application without arguments; it is forgotten afterwards."""
    yield lambda: Noting(args=[])
    Singleton.delete(Noting)


def test_the_handlers_are_put_back(make: Callable[[], Noting]) -> None:
    """A test runner, or what comes after run(), has its Ctrl-C again."""
    before = [signal.getsignal(number) for number in NUMBERS]
    app = make()
    assert app.run() == 0
    assert [signal.getsignal(number) for number in NUMBERS] == before
    assert all(handler not in before for handler in app.handlers)


async def test_inside_a_running_loop_nothing_is_installed(make: Callable[[], Noting]) -> None:
    """An application that is made in somebody else's loop is a mistake, and must not leave that one without Ctrl-C."""
    before = [signal.getsignal(number) for number in NUMBERS]
    with pytest.raises(RuntimeError, match="make it before"):
        make()
    assert [signal.getsignal(number) for number in NUMBERS] == before


# What is of the module `win32api` on Windows: here it is a fake, for there is no Windows at hand.
WIN32API = """
import os, threading
handlers = []

def say(line):
    os.write(1, f"{line}\\n".encode())  # at once: print() of two threads mingles

def SetConsoleCtrlHandler(handler, add):
    say("add" if add else "remove")
    (handlers.append if add else handlers.remove)(handler)

def press(event):
    "Windows calls the handler in a thread of its own."
    threading.Thread(target=lambda: say(f"handled {handlers[-1](event)}")).start()
"""


def test_the_console_of_windows_stops_the_application(tmp_path: Path) -> None:
    """Ctrl-C, and the closing of the window: that waits until everything has ended. Shown with a fake win32api."""
    source = """
    import sys, win32api
    import asab

    class MyApplication(asab.Application):
        def parse_args(self):
            pass
        async def main(self):
            win32api.press(int(sys.argv[1]))
        async def finalize(self):
            win32api.say("finalize")

    sys.exit(MyApplication().run())
    """
    (tmp_path / "win32api.py").write_text(WIN32API)
    (tmp_path / "app.py").write_text(dedent(source))
    with python("app.py", "0", cwd=tmp_path) as process:  # CTRL_C_EVENT
        assert process.wait() == 0
        assert sorted(process.stdout.splitlines()) == ["add", "finalize", "handled True", "remove"]
    with python("app.py", "2", cwd=tmp_path) as process:  # CTRL_CLOSE_EVENT
        assert process.wait() == 0
        assert process.stdout.splitlines() == ["add", "finalize", "remove", "handled True"]


def test_three_times_ctrl_c_on_windows_aborts_a_blocked_loop(tmp_path: Path) -> None:
    """The handler runs beside the blocked thread. Shown with a fake win32api."""
    source = """
    import sys, threading, win32api
    import asab

    class MyApplication(asab.Application):
        async def main(self):
            for _ in range(3):
                win32api.press(0)
            threading.Event().wait()

    sys.exit(MyApplication().run())
    """
    (tmp_path / "win32api.py").write_text(WIN32API)
    (tmp_path / "app.py").write_text(dedent(source))
    with python("app.py", cwd=tmp_path) as process:
        assert process.wait() == 70
        assert "Emergency abort" in process.stderr
