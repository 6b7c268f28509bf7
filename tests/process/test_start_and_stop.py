"""What a start and a stop do when something does not go as planned, and what they say of it."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.processes import Process, python

Start = Callable[..., Process]

HEAD = """
import asyncio, sys, threading
import asab

def say(*words):
    print(*words, flush=True)

class Echo(asab.Service):
    async def initialize(self, app):
        say("initialize", self.Name)
    async def finalize(self, app):
        say("finalize", self.Name)

class Hanging(Echo):
    async def initialize(self, app):
        say("hanging")
        await asyncio.Event().wait()
"""

TAIL = """
if __name__ == "__main__":
    app = MyApplication()
    say("constructed")
    sys.exit(app.run())
"""

STARTING = """
class MyApplication(asab.Application):
    async def initialize(self):
        Echo(self, "one")
        Hanging(self, "two")
        Echo(self, "three")
    async def finalize(self):
        say("finalize application")
"""


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start an application of the given source; keyword arguments become a configuration `[general]`."""

    def start(source: str, *arguments: str, env: dict[str, str] | None = None, **general: object) -> Process:
        (tmp_path / "app.py").write_text(HEAD + dedent(source) + TAIL)
        options = "".join(f"{key} = {value}\n" for key, value in general.items())
        (tmp_path / "app.conf").write_text(f"[general]\n{options}")
        return python("app.py", "-c", "app.conf", *arguments, cwd=tmp_path, env=env)

    return start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_start_that_hangs(start: Start, number: signal.Signals) -> None:
    """A database that does not answer must not make the service manager resort to SIGKILL."""
    with start(STARTING) as process:
        process.wait_for("hanging")
        assert process.stop(number) == 0
        assert process.stdout.splitlines() == ["initialize one", "hanging", "finalize one", "finalize application"]
        assert "given up in initialize() of service 'two', at initialize (" in process.stderr
        assert "Traceback" not in process.stderr


def test_a_signal_ends_a_start_that_clings(start: Start) -> None:
    """One that swallows its cancellation gets the time of a finalize(), and is named."""
    source = """
    class Clinging(asab.Service):
        async def initialize(self, app):
            say("hanging")
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    pass

    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
            Clinging(self, "two")
    """
    with start(source, finalize_timeout=0.2) as process:
        process.wait_for("hanging")
        assert process.stop() == 0
        assert process.stdout.splitlines() == ["initialize one", "hanging", "finalize one"]
        assert "the start did not end within 0.2 s" in process.stderr


def test_a_start_that_hangs_ends_at_its_deadline(start: Start) -> None:
    """Where nobody watches, the application says itself who does not come up."""
    with start(STARTING, initialize_timeout=0.2) as process:
        assert process.wait() == 70
        assert process.stdout.splitlines()[-2:] == ["finalize one", "finalize application"]
        assert "initialize() of service 'two' did not end within 0.2 s" in process.stderr
        assert "app.py" in process.stderr


def test_a_constructor_that_fails_after_init_time_stops_what_was_started(start: Start) -> None:
    """The last lines of one's own constructor are a part of the start."""
    source = """
    class MyApplication(asab.Application):
        def __init__(self):
            super().__init__()
            raise ValueError("no such colour")
        async def initialize(self):
            Echo(self, "one")
    """
    with start(source) as process:
        assert process.wait() == 70
        assert process.stdout.splitlines() == ["initialize one", "finalize one"]
        assert "no such colour" in process.stderr


def test_a_failure_while_stopping_is_no_call_of_stop(start: Start) -> None:
    """One more Ctrl-C is the second, and does not abort."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            self.PubSub.subscribe("Application.stop!", say)
        async def main(self):
            self.stop()
            try:
                await asyncio.Event().wait()
            finally:
                self.stop()
                raise ValueError
    """
    with start(source) as process:
        assert process.wait() == 70
        assert process.stdout.splitlines()[1:] == ["Application.stop! 1", "Application.stop! 2"]
        assert "abort" not in process.stderr


def test_sys_exit_in_any_task_or_callback_is_an_ordered_stop(start: Start) -> None:
    """It must not tear the loop down and skip the services."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
        async def main(self):
            if "-v" in sys.argv:
                self.Loop.call_soon(sys.exit, 5)
            else:
                self.task = asyncio.create_task(self.work())
        async def work(self):
            sys.exit(5)
    """
    for arguments in ([], ["-v"]):
        with start(source, *arguments) as process:
            assert process.wait() == 5
            assert process.stdout.splitlines()[-1] == "finalize one"
            assert "Traceback" not in process.stderr


def test_a_thread_that_hangs_does_not_keep_the_process(start: Start) -> None:
    """Calls have the deadline of a finalize() to end; the log says where the one stands that does not."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            self.create_task(self.run_in_thread(self.end))
            self.create_task(self.run_in_thread(self.hang))
        def end(self):
            say("ended")
        def hang(self):
            self.stop()
            threading.Event().wait()
    """
    with start(source, finalize_timeout=0.2) as process:
        assert process.wait() == 0
        assert "ended" in process.stdout
        assert re.search(r"thread asab-\d did not end within 0.2 s", process.stderr)
        assert "hang (" in process.stderr


def test_a_call_of_the_proactor_that_hangs_is_a_failed_finalize(start: Start) -> None:
    """Accepted work was lost, so the exit code is not 0."""
    source = """
    from asab.proactor import Module

    class MyApplication(asab.Application):
        async def initialize(self):
            self.add_module(Module)
        async def main(self):
            await self.get_service("asab.ProactorService").execute(self.hang)
        def hang(self):
            self.stop()
            threading.Event().wait()
    """
    with start(source, finalize_timeout=0.2) as process:
        assert process.wait() == 70
        assert "hang (" in process.stderr
        assert "service 'asab.ProactorService' failed" in process.stderr


def test_an_asynchronous_generator_that_hangs_does_not_keep_the_process(start: Start) -> None:
    """Its clean-up has the deadline of a finalize() too."""
    source = """
    async def numbers():
        try:
            yield 1
        finally:
            await asyncio.Event().wait()

    class MyApplication(asab.Application):
        async def main(self):
            self.numbers = numbers()
            await anext(self.numbers)
            self.stop()
    """
    with start(source, finalize_timeout=0.2) as process:
        assert process.wait() == 0
        assert "numbers (" in process.stderr


def test_the_exit_report_tells_what_took_how_long(start: Start, tmp_path: Path) -> None:
    """Whoever tunes a slow start or stop reads it there; the log has it at DEBUG."""
    source = """
    class Broken(Echo):
        async def finalize(self, app):
            raise ValueError("disk on fire")

    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
            Broken(self, "two")
        async def main(self):
            self.stop()
    """
    with start(source, "-v", exit_report="report.json") as process:
        assert process.wait() == 70
        assert re.search(r"service 'one': start \d\.\d{3} s, stop \d\.\d{3} s", process.stderr)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["exit_code"] == 70
    assert report["application"] == "__main__.MyApplication"
    assert set(report["phases"]) == {"init", "run", "exit"}
    parts = {part["name"]: part for part in report["components"]}
    assert list(parts) == ["the application", "service 'one'", "service 'two'"]
    assert all(part["start"] >= 0 and part["stop"] >= 0 for part in parts.values())
    assert parts["service 'two'"]["failure"] == "finalize() failed: ValueError('disk on fire')"


def test_an_exit_report_that_cannot_be_written_is_one_line(start: Start) -> None:
    """It is no reason to fail."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            self.stop()
    """
    with start(source, exit_report="/nonexistent/report.json") as process:
        assert process.wait() == 0
        assert "[general] exit_report = '/nonexistent/report.json' cannot be written: No such file" in process.stderr


UVLOOP = """
class MyApplication(asab.Application):
    async def initialize(self):
        Echo(self, "one")
    async def main(self):
        say(type(asyncio.get_running_loop()).__module__)
        if "-v" in sys.argv:
            sys.exit(5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
def test_the_event_loop_is_uvloop_where_it_is_asked_for(start: Start) -> None:
    """The laws of the stop hold on it too."""
    pytest.importorskip("uvloop", reason="uvloop is not installed here")
    with start(UVLOOP, event_loop="uvloop") as process:
        process.wait_for("^uvloop")
        assert process.stop() == 0
        assert process.stdout.splitlines()[-1] == "finalize one"
    with start(UVLOOP, "-v", event_loop="uvloop") as process:
        assert process.wait() == 5
        assert process.stdout.splitlines()[-1] == "finalize one"


@pytest.mark.parametrize("arguments", [(), ("--config-check",)])
def test_uvloop_that_is_not_installed_is_one_line(start: Start, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The line says what to install."""
    (tmp_path / "uvloop.py").write_text("raise ImportError")
    with start(UVLOOP, *arguments, event_loop="uvloop") as process:
        assert process.wait() == 78
        [line] = process.stderr.splitlines()
        assert "[general] event_loop" in line
        assert 'pip install "asab-app[uvloop]"' in line


def test_an_event_loop_that_nobody_knows_is_one_line(start: Start) -> None:
    """It names what there is."""
    with start(UVLOOP, event_loop="trio") as process:
        assert process.wait() == 78
        [line] = process.stderr.splitlines()
        assert "expected asyncio or uvloop" in line


def test_version_prints_the_versions(start: Start) -> None:
    """The application's own, where it has one, and what it stands on."""
    source = """
    class MyApplication(asab.Application):
        Version = "2.1"
    """
    with start(source, "--version") as process:
        assert process.wait() == 0
        assert process.stdout.startswith("app.py 2.1 (asab-app ")
        assert f"Python {sys.version_info.major}." in process.stdout
        assert process.stderr == ""
