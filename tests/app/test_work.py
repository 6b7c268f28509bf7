"""`create_task` and `run_in_thread`: work beside `main()`."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

import pytest

from asab_app import Application
from asab_utils.testing import VirtualLoop

Make = Callable[..., Any]


class Virtual(Application):
    def create_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualLoop()


def test_a_failure_is_logged_and_the_application_lives_on(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody awaits such a task, so nobody else would tell; and it is not worth an outage."""

    class Failing(Virtual):
        async def main(self) -> None:
            task = self.create_task(self.work(), name="the import")
            await asyncio.wait([task])
            self.stop()

        async def work(self) -> None:
            raise ValueError("no such file")

    assert make(Failing).run() == 0
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage() == "task the import failed: ValueError('no such file')"
    assert record.exc_info


def test_a_task_gives_its_result_to_whoever_awaits_it(make: Make) -> None:
    """It is a task like any other."""

    class Working(Virtual):
        async def main(self) -> None:
            self.result = await self.create_task(self.work())
            self.stop()

        async def work(self) -> int:
            return 42

    app = make(Working)
    app.run()
    assert app.result == 42


def test_tasks_of_init_time_are_cancelled_when_run_time_ends(make: Make) -> None:
    """Before Application.exit!, so that they do not use what is being stopped."""

    class Waiting(Virtual):
        async def initialize(self) -> None:
            self.events: list[str] = []
            self.create_task(self.work)
            self.PubSub.subscribe("Application.exit!", self.on_exit)

        async def main(self) -> None:
            self.stop()

        async def work(self) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                self.events.append("cancelled")

        def on_exit(self, message_type: str) -> None:
            self.events.append(message_type)

    app = make(Waiting)
    assert app.run() == 0
    assert app.events == ["cancelled", "Application.exit!"]


def test_a_failing_task_is_restarted_with_growing_pauses(make: Make) -> None:
    """A consumer whose broker is down for an hour must not hammer it, and must be back a minute after it."""

    class Restarting(Virtual):
        async def main(self) -> None:
            self.runs: list[float] = []
            self.result = await self.create_task(self.work, restart="on-failure")
            self.stop()

        async def work(self) -> str:
            self.runs.append(self.Loop.time())
            if len(self.runs) < 12:
                raise ConnectionError
            return "done"

    app = make(Restarting)
    assert app.run() == 0
    assert app.result == "done"
    pauses = [later - earlier for earlier, later in zip(app.runs, app.runs[1:], strict=False)]
    for pause, longest in zip(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60], strict=True):
        assert longest / 2 <= pause <= longest + 0.01


def test_a_task_that_was_healthy_for_long_is_restarted_soon(make: Make) -> None:
    """The pauses are for what fails again and again."""

    class Restarting(Virtual):
        async def main(self) -> None:
            self.runs: list[float] = []
            await self.create_task(self.work, restart="on-failure")
            self.stop()

        async def work(self) -> None:
            self.runs.append(self.Loop.time())
            if len(self.runs) == 8:
                return
            await asyncio.sleep(100 if len(self.runs) == 7 else 0)
            raise ConnectionError

    app = make(Restarting)
    app.run()
    assert 100 < app.runs[7] - app.runs[6] < 102


def test_always_restarts_after_a_return_until_it_is_cancelled(make: Make) -> None:
    """What has ended well starts again after a second, however often."""

    class Restarting(Virtual):
        async def main(self) -> None:
            self.runs = 0
            task = self.create_task(self.work, restart="always")
            await asyncio.sleep(99.5)
            task.cancel()
            await asyncio.wait([task])
            self.cancelled = task.cancelled()
            self.stop()

        async def work(self) -> None:
            self.runs += 1

    app = make(Restarting)
    assert app.run() == 0
    assert app.runs == 100
    assert app.cancelled


def test_a_coroutine_cannot_be_restarted(make: Make) -> None:
    """It can run only once; the mistake is told where it is made."""

    class Mistaken(Virtual):
        async def main(self) -> None:
            with pytest.raises(TypeError, match="give create_task the function, not the coroutine"):
                self.create_task(self.work(), restart="always")
            with pytest.raises(ValueError, match="restart='sometimes'"):
                self.create_task(self.work, restart="sometimes")  # type: ignore[arg-type]
            self.stop()

        async def work(self) -> None:
            pass

    assert make(Mistaken).run() == 0


def test_a_blocking_call_runs_in_a_thread_with_the_context_of_the_caller(make: Make) -> None:
    """The loop is free meanwhile, and what the log says of the request goes along."""
    request = contextvars.ContextVar("request", default="none")

    class Blocking(Application):
        async def main(self) -> None:
            request.set("42")
            self.result = await self.run_in_thread(self.block, 1, two=2)
            with pytest.raises(ZeroDivisionError):
                await self.run_in_thread(lambda: 1 / 0)
            self.stop()

        def block(self, one: int, two: int) -> tuple[bool, str, int]:
            return threading.current_thread() is threading.main_thread(), request.get(), one + two

    app = make(Blocking)
    assert app.run() == 0
    assert app.result == (False, "42", 3)


def test_there_are_not_more_threads_than_configured(make: Make, tmp_path: Any) -> None:
    """A burst of slow calls must not make a thousand threads."""
    (tmp_path / "app.conf").write_text("[general]\nthreads = 3\n")
    running: set[str] = set()
    three = threading.Barrier(3)

    def block() -> None:
        running.add(threading.current_thread().name)
        three.wait()

    class Bursting(Application):
        async def main(self) -> None:
            await asyncio.gather(*(self.run_in_thread(block) for _ in range(9)), asyncio.to_thread(str))
            self.stop()

    assert make(Bursting, "-c", str(tmp_path / "app.conf")).run() == 0
    assert len(running) == 3
