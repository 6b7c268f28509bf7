"""The laws of the lifecycle, each with a real process."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.processes import Process, python

Start = Callable[..., Process]

HEAD = """
import asyncio, logging, os, signal, sys, threading, time
import asab
L = logging.getLogger("app")

def say(*words):
    print(*words, flush=True)

class Echo(asab.Service):
    async def initialize(self, app):
        say("initialize", self.Name)
    async def finalize(self, app):
        say("finalize", self.Name)
"""

TAIL = """
if __name__ == "__main__":
    app = MyApplication()
    say("constructed")
    sys.exit(app.run())
"""


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start an application of the given source; keyword arguments become a configuration `[general]`."""

    def start(source: str, *arguments: str, **general: object) -> Process:
        (tmp_path / "app.py").write_text(HEAD + dedent(source) + TAIL)
        (tmp_path / "app.conf").write_text(
            "[general]\n" + "".join(f"{key} = {value}\n" for key, value in general.items())
        )
        return python("app.py", "-c", "app.conf", *arguments, cwd=tmp_path)

    return start


def test_the_phases_come_in_their_order(start: Start) -> None:
    """init-time in the constructor, then run-time, then exit-time; services in order, and back in reverse."""
    source = """
    class MyModule(asab.Module):
        def __init__(self, app):
            super().__init__(app)
            self.service = Echo(app, "one")
        async def initialize(self, app):
            say("initialize module")
        async def finalize(self, app):
            say("finalize module")

    class MyApplication(asab.Application):
        async def initialize(self):
            say("initialize application")
            assert self.add_module(MyModule) is self.add_module(MyModule)
            Echo(self, "two")
            self.PubSub.subscribe_all(self)
        async def main(self):
            say("main")
            self.stop()
        async def finalize(self):
            say("finalize application")
        @asab.subscribe("Application.init!")
        @asab.subscribe("Application.run!")
        @asab.subscribe("Application.exit!")
        def on_phase(self, message_type):
            say(message_type)
        @asab.subscribe("Application.stop!")
        def on_stop(self, message_type, counter):
            say(message_type, counter)
    """
    with start(source) as process:
        assert process.wait() == 0
        assert process.stdout.splitlines() == [
            "initialize application",
            "initialize one",
            "initialize module",
            "initialize two",
            "Application.init!",
            "constructed",
            "Application.run!",
            "main",
            "Application.stop! 1",
            "Application.exit!",
            "finalize two",
            "finalize module",
            "finalize one",
            "finalize application",
        ]


def test_a_service_that_cannot_start_ends_the_start(start: Start) -> None:
    """Nothing says ready that is not; what was started is stopped, and a bare app.run() is never reached."""
    source = """
    class Broken(asab.Service):
        async def initialize(self, app):
            raise ValueError("no such table")

    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
            Broken(self, "two")
            Echo(self, "three")
        async def finalize(self):
            say("finalize application")
    """
    with start(source) as process:
        assert process.wait() == 70
        assert process.stdout.splitlines() == ["initialize one", "finalize one", "finalize application"]
        assert "service 'two'" in process.stderr
        assert "no such table" in process.stderr
        assert "Traceback" in process.stderr
        assert "ready" not in process.stderr


def test_an_exception_in_main_stops_the_application_with_70(start: Start) -> None:
    """Exit-time still runs, so that nothing is left half written."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
        async def main(self):
            raise ValueError("broken on purpose")
    """
    with start(source) as process:
        assert process.wait() == 70
        assert process.stdout.splitlines()[-1] == "finalize one"
        assert "broken on purpose" in process.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_run_time_with_0(start: Start, number: signal.Signals) -> None:
    """Whether main() has returned or not: one that still runs is cancelled."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
        async def main(self):
            say("main")
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                say("cancelled")
                raise
    """
    with start(source) as process:
        process.wait_for("^main")
        assert process.stop(number) == 0
        assert process.stdout.splitlines()[-2:] == ["cancelled", "finalize one"]
        assert "Traceback" not in process.stderr


def test_the_third_stop_aborts_even_when_the_loop_is_blocked(start: Start) -> None:
    """Whoever presses Ctrl-C three times wants out."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            say("blocked")
            while True:
                time.sleep(0.05)
    """
    with start(source) as process:
        process.wait_for("^blocked")
        for _ in range(200):  # signals of one kind that wait melt into one, so two are not always enough
            process.send(signal.SIGINT)
            if process.ended_within(0.02):
                break
        assert process.wait() == 70
        assert "Emergency abort" in process.stderr


def test_stop_can_be_called_from_a_thread_and_from_initialize(start: Start) -> None:
    """From anywhere; in init-time nothing more is started."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
            if "-v" in sys.argv:
                self.stop(3)
        async def main(self):
            say("main")
            threading.Thread(target=self.stop, args=(4,)).start()
    """
    with start(source) as process:
        assert process.wait() == 4
        assert "main" in process.stdout
    with start(source, "-v") as process:
        assert process.wait() == 3
        assert process.stdout == ""


def test_a_hanging_finalize_is_named_and_the_others_have_their_turn(start: Start) -> None:
    """The exit is bounded, and the log shows where the culprit stands."""
    source = """
    class Hanging(asab.Service):
        async def finalize(self, app):
            await asyncio.Event().wait()

    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
            Hanging(self, "two")
        async def main(self):
            self.stop()
    """
    with start(source, finalize_timeout=0.2) as process:
        assert process.wait() == 70
        assert "finalize one" in process.stdout
        assert "finalize() of service 'two' did not end within 0.2 s" in process.stderr
        assert re.search(r"finalize \(.*app\.py:\d+\) > wait", process.stderr)


def test_a_raising_finalize_is_70_and_a_cancelled_one_is_not(start: Start) -> None:
    """Both are logged with the name of the service."""
    source = """
    class Raising(asab.Service):
        async def finalize(self, app):
            raise (ValueError("disk on fire") if "-v" in sys.argv else asyncio.CancelledError)

    class MyApplication(asab.Application):
        async def initialize(self):
            Raising(self, "two")
        async def main(self):
            self.stop()
    """
    with start(source, "-v") as process:
        assert process.wait() == 70
        assert "finalize() of service 'two' failed" in process.stderr
    with start(source) as process:
        assert process.wait() == 0
        assert "finalize() of service 'two' was cancelled" in process.stderr


@pytest.mark.parametrize("hook", ["initialize", "main", "finalize"])
def test_sys_exit_in_a_hook_is_an_ordered_end_with_its_code(start: Start, hook: str) -> None:
    """It must not tear the event loop down and skip the services."""
    source = f"""
    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
        async def main(self):
            self.stop()
        async def {hook}(self):
            sys.exit(5)
    """
    with start(source) as process:
        assert process.wait() == 5
        assert "Traceback" not in process.stderr
        assert process.stdout.count("initialize one") == process.stdout.count("finalize one")


def test_coroutine_subscribers_of_a_phase_finish_before_the_next(start: Start) -> None:
    """A subscriber of init! that prepares something is done when run! comes."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            Echo(self, "one")
            self.PubSub.subscribe_all(self)
        async def main(self):
            self.stop()
        @asab.subscribe("Application.init!")
        @asab.subscribe("Application.run!")
        @asab.subscribe("Application.exit!")
        async def on_phase(self, message_type):
            say("begin", message_type)
            await asyncio.sleep(0.05)
            say("end", message_type)
    """
    with start(source) as process:
        assert process.wait() == 0
        lines = process.stdout.splitlines()
        assert lines.index("end Application.init!") < lines.index("constructed")
        assert lines.index("end Application.run!") < lines.index("begin Application.exit!")
        assert lines.index("end Application.exit!") < lines.index("finalize one")


def test_a_raising_subscriber_changes_no_exit_code(start: Start) -> None:
    """It is logged, and the application lives on."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            self.PubSub.subscribe("Application.run!", self.on_run)
        def on_run(self, message_type):
            raise ValueError("broken on purpose")
        async def main(self):
            self.stop()
    """
    with start(source) as process:
        assert process.wait() == 0
        assert "on_run" in process.stderr


def test_tasks_that_are_left_are_cancelled_and_named_when_they_will_not_go(start: Start) -> None:
    """No task is destroyed while it is pending, and the stubborn one is told by name."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            self.tasks = [
                asyncio.create_task(self.polite(), name="polite"),
                asyncio.create_task(self.stubborn(), name="stubborn"),
            ]
            await asyncio.sleep(0)
            self.stop()
        async def polite(self):
            try:
                await asyncio.sleep(3600)
            finally:
                say("polite is cancelled")
        async def stubborn(self):
            for _ in range(2):
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    pass
    """
    with start(source, finalize_timeout=0.2) as process:
        assert process.wait() == 0
        assert "polite is cancelled" in process.stdout
        assert "stubborn did not end within 0.2 s" in process.stderr
        assert "polite did not end" not in process.stderr


def test_sighup_rotates_and_is_published(start: Start, tmp_path: Path) -> None:
    """An outside logrotate moves the file away and sends SIGHUP."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            self.PubSub.subscribe("Application.hup!", self.on_hup)
        def on_hup(self, message_type):
            L.warning("after the rotation")
            say(message_type)
        async def main(self):
            L.warning("before the rotation")
            say("main")
    """
    log = tmp_path / "app.log"
    with start(source, "-l", str(log)) as process:
        process.wait_for("^main")
        log.rename(tmp_path / "app.log.1")
        process.send(signal.SIGHUP)
        process.wait_for("^Application.hup!")
        assert process.stop() == 0
    assert "before the rotation" in (tmp_path / "app.log.1").read_text()
    assert "after the rotation" in log.read_text()


def test_ticks_come_with_the_configured_period(start: Start) -> None:
    """Every tenth tick brings tick/10!, after the tick itself; tests/app has the exact times, on a virtual clock."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            for message_type in ("Application.tick!", "Application.tick/10!"):
                self.PubSub.subscribe(message_type, say)
    """
    with start(source, tick_period=0.01) as process:
        process.wait_for("tick/10!")
        assert process.stop() == 0
        lines = [line for line in process.stdout.splitlines() if "tick" in line]
        first = lines.index("Application.tick/10!")
        assert 1 <= first <= 10  # fewer, where a busy machine has made several ticks one
        assert lines[:first] == ["Application.tick!"] * first


def test_a_service_that_is_added_in_run_time_is_started_and_stopped(start: Start) -> None:
    """A module may be loaded when it is first needed."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            Echo(self, "late")
    """
    with start(source) as process:
        process.wait_for("initialize late")
        assert process.stop() == 0
        assert "finalize late" in process.stdout


def test_a_late_service_that_fails_stops_the_application(start: Start) -> None:
    """Loudly, with the service's name and exit code 70."""
    source = """
    class Broken(asab.Service):
        async def initialize(self, app):
            raise ValueError("no such table")

    class MyApplication(asab.Application):
        async def main(self):
            Broken(self, "late")
    """
    with start(source) as process:
        assert process.wait() == 70
        assert "no such table" in process.stderr
        assert "service 'late'" in process.stderr


def test_blocking_calls_run_in_threads_and_are_finished_at_the_stop(start: Start) -> None:
    """The loop is free meanwhile, and what was accepted is done."""
    source = """
    from asab.proactor import Module

    class MyApplication(asab.Application):
        async def initialize(self):
            self.add_module(Module)
        async def main(self):
            svc = self.get_service("asab.ProactorService")
            assert await svc.execute(threading.current_thread) is not threading.main_thread()
            asyncio.ensure_future(svc.execute(self.block))
        def block(self):
            say("begin")
            self.stop()
            time.sleep(0.1)
            say("end")
    """
    with start(source) as process:
        assert process.wait() == 0
        assert process.stdout.splitlines()[-2:] == ["begin", "end"]
