"""`Timer`, on a virtual clock."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asab_utils import Timer
from asab_utils.testing import VirtualLoop


class Bus:
    """What a timer takes from a message bus."""

    def __init__(self) -> None:
        self.callbacks: list[weakref.WeakMethod[Callable[..., Any]]] = []

    def subscribe(self, message_type: str, callback: Callable[..., Any], /) -> None:
        assert message_type == "Application.stop!"
        self.callbacks.append(weakref.WeakMethod(callback))

    def stop(self) -> None:
        for reference in self.callbacks:
            callback = reference()
            if callback is not None:
                callback("Application.stop!", 1)


class App:
    def __init__(self, loop: VirtualLoop) -> None:
        self.Loop = loop
        self.PubSub = Bus()


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture
def app(loop: VirtualLoop) -> App:
    return App(loop)


def runs(
    app: App, autorestart: bool = False, body: Callable[[Timer], Any] = lambda timer: None
) -> tuple[Timer, list[float]]:
    """Return a timer and the list of the times at which it ran."""
    times: list[float] = []

    async def handler() -> None:
        times.append(app.Loop.time())
        result = body(timer)
        if result is not None:
            await result

    timer = Timer(app, handler, autorestart)
    return timer, times


def live(app: App, seconds: float) -> None:
    app.Loop.run_until_complete(asyncio.sleep(seconds))


def test_it_runs_once_after_its_time(app: App) -> None:
    """The documented relative timer, made stopped."""
    timer, times = runs(app)
    assert not timer.is_started()
    timer.start(5)
    assert timer.is_started()
    live(app, 20)
    assert times == [5]
    assert not timer.is_started()
    assert timer.Task is not None
    assert timer.Task.done()


def test_a_plain_function_will_do(app: App) -> None:
    """Not every handler has something to await."""
    got: list[int] = []
    Timer(app, lambda: got.append(1)).start(1)
    live(app, 2)
    assert got == [1]


def test_autorestart_does_not_drift(app: App) -> None:
    """The n-th run is due n periods after the start, however long the handler takes."""
    timer, times = runs(app, autorestart=True, body=lambda timer: asyncio.sleep(0.25))
    timer.start(1)
    live(app, 5.5)
    timer.stop()
    assert times == [1, 2, 3, 4, 5]


def test_missed_runs_are_one_run(app: App) -> None:
    """After a pause nobody wants a hundred runs at once."""
    timer, times = runs(app, autorestart=True)
    timer.start(1)
    live(app, 1.5)
    app.Loop.advance(10.2)
    live(app, 1)
    timer.stop()
    assert times == [1, 11.7, 12]


def test_runs_do_not_overlap(app: App) -> None:
    """A handler that is slower than the period is not started twice."""
    timer, times = runs(app, autorestart=True, body=lambda timer: asyncio.sleep(2.5))
    timer.start(1)
    live(app, 8)
    timer.stop()
    assert times == [1, 4, 7]


def test_starting_a_started_timer_is_an_error_and_restarting_is_not(app: App) -> None:
    """Two starts are a mistake; a restart is a new deadline."""
    timer, times = runs(app)
    timer.start(5)
    with pytest.raises(RuntimeError, match="is started"):
        timer.start(1)
    timer.restart(7)
    live(app, 20)
    assert times == [7]


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(app: App, timeout: float) -> None:
    """An infinite timer would be a timer that silently never runs."""
    with pytest.raises(ValueError, match="cannot start"):
        runs(app)[0].start(timeout)
    with pytest.raises(ValueError, match="cannot start"):
        runs(app, autorestart=True)[0].start(0)


def test_a_stopped_timer_does_not_run_and_starts_again(app: App) -> None:
    """Stop and start are a pair."""
    timer, times = runs(app)
    timer.start(5)
    timer.stop()
    timer.stop()
    live(app, 10)
    assert times == []
    timer.start(1)
    live(app, 2)
    assert times == [11]


def test_a_raising_handler_is_logged_and_does_not_end_the_repetition(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is down for a minute must not end the hourly cleanup for ever."""

    def fail(timer: Timer) -> None:
        raise ValueError("broken on purpose")

    timer, times = runs(app, autorestart=True, body=fail)
    timer.start(1)
    live(app, 3.5)
    timer.stop()
    assert times == [1, 2, 3]
    assert "handler" in caplog.messages[0]


@pytest.mark.parametrize("autorestart", [False, True])
def test_restart_in_the_handler_sets_a_new_time(app: App, autorestart: bool) -> None:
    """A handler decides when it wants to be called again."""
    timer, times = runs(app, autorestart, body=lambda timer: timer.restart(10) if len(times) == 1 else timer.stop())
    timer.start(1)
    live(app, 40)
    assert times == [1, 11]
    assert not timer.is_started()


def test_start_in_the_handler_of_a_single_run_is_allowed(app: App) -> None:
    """The run that is under way is the last one, so the timer is not started."""
    timer, times = runs(app, body=lambda timer: timer.start(2) if len(times) < 3 else None)
    timer.start(1)
    live(app, 10)
    assert times == [1, 3, 5]


def test_stop_in_the_handler_lets_it_finish(app: App) -> None:
    """The handler itself must not be cut off by its own stop."""
    finished: list[bool] = []

    async def body(timer: Timer) -> None:
        timer.stop()
        await asyncio.sleep(1)
        finished.append(True)

    timer, times = runs(app, autorestart=True, body=body)
    timer.start(1)
    live(app, 10)
    assert times == [1]
    assert finished == [True]


def test_stop_from_outside_cancels_the_handler(app: App) -> None:
    """After stop() nothing of the timer uses what is being closed."""
    cancelled: list[bool] = []

    async def body(timer: Timer) -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    timer, _ = runs(app, body=body)
    timer.start(1)
    live(app, 2)
    timer.stop()
    live(app, 1)
    assert cancelled == [True]


def test_a_restart_waits_for_a_handler_that_is_still_cleaning_up(app: App) -> None:
    """Even then two runs do not overlap."""

    async def body(timer: Timer) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(5)

    timer, times = runs(app, body=body)
    timer.start(1)
    live(app, 2)
    timer.restart(1)
    live(app, 30)
    assert times == [1, 7]


def test_it_stops_when_the_application_stops(app: App) -> None:
    """A repeating timer must not hold the exit up."""
    timer, times = runs(app, autorestart=True)
    timer.start(1)
    live(app, 2.5)
    app.PubSub.stop()
    live(app, 5)
    assert times == [1, 2]


async def test_it_works_without_an_application() -> None:
    """A script of somebody else's project has a loop and no application."""
    done = asyncio.Event()
    timer = Timer(None, done.set)
    timer.start(0)
    await done.wait()
    assert timer.Task is not None
    await timer.Task


@pytest.mark.parametrize("jitter", [-1.0, float("nan"), float("inf")])
def test_a_jitter_that_is_none_is_refused(app: App, jitter: float) -> None:
    """It would come too early, or never."""
    with pytest.raises(ValueError, match="jitter"):
        Timer(app, print, jitter=jitter)


def test_jitter_delays_each_run_and_does_not_add_up(app: App) -> None:
    """A hundred processes with an hourly job should not all work at the full hour."""
    times: list[float] = []
    timer = Timer(app, lambda: times.append(app.Loop.time()), autorestart=True, jitter=0.5)
    timer.start(1)
    live(app, 100.9)
    timer.stop()
    late = [time - number for number, time in enumerate(times, start=1)]
    assert len(times) == 100
    assert all(0 <= delay <= 0.5 for delay in late)
    assert len({round(delay, 6) for delay in late}) > 50


def test_a_timer_tells_when_it_is_due(loop: VirtualLoop) -> None:
    """Who looks at an application sees what will happen, and when."""

    async def scenario() -> None:
        timer = Timer(App(loop), lambda: None, autorestart=True)
        assert (timer.due, timer.period) == (None, 0)
        timer.start(5)
        assert (timer.due, timer.period) == (loop.time() + 5, 5)
        await asyncio.sleep(7)
        assert timer.due == 10
        timer.stop()
        assert timer.due is None

    loop.run_until_complete(scenario())
