"""One id through everything that an application does in its own process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import asab_log
from asab_app import Application, proactor, tracing
from asab_app.tracing import Trace, current_trace, is_on, span
from asab_config import Config
from asab_utils import Timer
from asab_utils.testing import VirtualLoop

L = asab_log.get_logger("tests.tracing")


@pytest.fixture
def configured() -> Iterator[Callable[[str], None]]:
    def configure(value: str) -> None:
        Config.read_dict({"general": {"tracing": value}})

    yield configure
    Config.read_dict({"general": {"tracing": "no"}})
    tracing.configure()


def ids(caplog: pytest.LogCaptureFixture) -> dict[str, tuple[object, object]]:
    """What the log says of each message."""
    data = {record.message: record.__dict__.get("_struct_data") or {} for record in caplog.records}
    return {message: (each.get("trace_id"), each.get("span_id")) for message, each in data.items()}


def test_steps_in_steps_are_of_one_trace_and_every_record_says_which(caplog: pytest.LogCaptureFixture) -> None:
    """A log of many requests at once is read by it."""
    L.warning("before")
    with span("outer") as outer:
        L.warning("outer")
        with span("inner") as inner:
            L.warning("inner", struct_data={"a": 1})
        L.warning("outer again")
    L.warning("after")
    assert outer.trace.trace_id == inner.trace.trace_id
    assert ids(caplog) == {
        "before": (None, None),
        "outer": (outer.trace.trace_id, outer.trace.span_id),
        "inner": (outer.trace.trace_id, inner.trace.span_id),
        "outer again": (outer.trace.trace_id, outer.trace.span_id),
        "after": (None, None),
    }
    assert current_trace() is None


def test_a_step_of_somebody_elses_trace_goes_on_with_it() -> None:
    """What comes from a queue of one's own kind names what it belongs to."""
    parent = Trace.new()
    with span("outer"), span("handle", parent=parent) as step:
        assert current_trace() is step.trace
        assert step.trace.trace_id == parent.trace_id


def test_it_ends_with_the_block_whatever_happens() -> None:
    """An error in one request must not give its id to the next."""
    with pytest.raises(ZeroDivisionError), span("fails"):
        1 / 0  # noqa: B018
    assert current_trace() is None


def test_coroutine_subscribers_timers_and_threads_belong_to_who_has_started_them(
    make: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The work of a request goes on when the request has been answered."""
    traces: list[Trace] = []

    class TracedApplication(Application):
        async def main(self) -> None:
            self.add_module(proactor.Module)
            self.arrived = asyncio.Semaphore(0)
            self.PubSub.subscribe("Test.message!", self.on_message)
            timer = Timer(self, self.on_timer)
            with span("request") as step:
                traces.append(step.trace)
                self.PubSub.publish("Test.message!")
                self.PubSub.publish("Test.message!", asynchronously=True)
                timer.start(0)
                await self.get_service("asab.ProactorService").execute(self.in_a_thread)
            for _ in range(4):
                await self.arrived.acquire()
            L.warning("main")
            self.stop()

        async def on_message(self, _message_type: str, *, threadsafe: bool = False) -> None:
            await asyncio.sleep(0)
            L.warning("subscriber, from a thread" if threadsafe else "subscriber")
            self.arrived.release()

        async def on_timer(self) -> None:
            L.warning("timer")
            self.arrived.release()

        def in_a_thread(self) -> None:
            L.warning("thread")
            self.PubSub.publish_threadsafe("Test.message!", threadsafe=True)

    assert make(TracedApplication).run() == 0
    (trace,) = traces
    found = {message: step for message, step in ids(caplog).items() if step != (None, None)}
    expected = ["subscriber", "subscriber, from a thread", "timer", "thread"]
    assert found == dict.fromkeys(expected, (trace.trace_id, trace.span_id))


@pytest.mark.parametrize(("value", "on"), [("no", False), ("yes", True), ("opentelemetry", True)])
def test_the_configuration_turns_it_on(
    make: Callable[..., Any], configured: Callable[[str], None], value: str, on: bool
) -> None:
    """It is off by default."""

    class TurnedOn(Application):
        async def main(self) -> None:
            self.stop()

    configured(value)
    assert make(TurnedOn).run() == 0
    assert is_on() is on


@pytest.mark.parametrize("arguments", [[], ["--config-check"]])
def test_a_wrong_value_is_a_mistake_in_the_configuration(
    make: Callable[..., Any],
    configured: Callable[[str], None],
    arguments: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One line, at the start."""

    class Mistaken(Application):
        pass

    configured("perhaps")
    with pytest.raises(SystemExit) as exit_info:
        make(Mistaken, *arguments)
    assert exit_info.value.code == 78
    message = "[general] tracing = 'perhaps' (set by tests.app.test_tracing): expected one of "
    assert message in capfd.readouterr().err


def test_without_opentelemetry_it_says_what_to_install(
    make: Callable[..., Any],
    configured: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It is an extra."""

    class Without(Application):
        pass

    configured("opentelemetry")
    monkeypatch.setitem(__import__("sys").modules, "asab_app._opentelemetry", None)
    with pytest.raises(SystemExit):
        make(Without)
    assert "pip install 'asab-app[opentelemetry]'" in capfd.readouterr().err


def test_ids_are_not_logged_by_a_logger_that_is_off(caplog: pytest.LogCaptureFixture) -> None:
    """A step costs what it costs, and logs nothing itself."""
    caplog.set_level(logging.DEBUG)
    with span("quiet"):
        pass
    assert not caplog.records


class Virtual(Application):
    """An application that keeps in which traces what was done in it."""

    def create_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualLoop()

    async def initialize(self) -> None:
        self.seen: dict[str, Trace | None] = {}

    def note(self, what: str, *_args: object) -> None:
        self.seen[what] = current_trace()


def test_a_timer_runs_in_the_trace_that_has_started_it_last(make: Callable[..., Any]) -> None:
    """What is put off until nothing has happened for a while belongs to the last that has happened."""

    class PuttingOff(Virtual):
        async def main(self) -> None:
            timer = Timer(self, lambda: self.note("timer"))
            with span("first"):
                timer.start(1)
                await asyncio.sleep(0.5)
            with span("second") as self.second:
                timer.restart(1)
            await asyncio.sleep(2)
            self.stop()

    app = make(PuttingOff)
    app.run()
    assert app.seen == {"timer": app.second.trace}


def test_ticks_and_what_others_have_begun_are_in_no_trace(make: Callable[..., Any]) -> None:
    """A request that happens to be under way has nothing to do with them."""

    class Ticking(Virtual):
        async def main(self) -> None:
            self.PubSub.subscribe("Application.tick!", self.note)
            self.PubSub.subscribe("Application.tick/10!", self.tick)
            repeating = Timer(self, lambda: self.note("timer"), autorestart=True)
            repeating.start(1)
            with span("request"):
                await asyncio.sleep(11)
            self.stop()

        async def tick(self, message_type: str) -> None:
            self.note(message_type)

    app = make(Ticking)
    app.run()
    assert app.seen == dict.fromkeys(("Application.tick!", "Application.tick/10!", "timer"))


async def test_a_generator_that_ends_elsewhere_undoes_nothing_there() -> None:
    """The end of an asynchronous generator runs where it is collected, which may be in another trace."""

    async def generate() -> AsyncIterator[None]:
        with span("generator"):
            yield

    generator = generate()
    await asyncio.create_task(anext(generator))  # type: ignore[arg-type]
    with span("present") as present:
        await generator.aclose()  # type: ignore[attr-defined]
        assert current_trace() is present.trace
