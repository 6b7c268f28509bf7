"""`Application.Health`: ready and alive are what they say, and every change is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from asab_app import Application, Service
from asab_app.health import Status
from asab_utils.testing import VirtualLoop


class Watched(Application):
    """An application on a virtual clock, with services that answer as the test wants."""

    def create_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualLoop()

    async def initialize(self) -> None:
        self.changes: list[Status] = []
        self.PubSub.subscribe("Application.health!", self.on_health)

    def on_health(self, _message_type: str, status: Status) -> None:
        self.changes.append(status)

    async def tick(self, count: int = 1) -> None:
        """Return after so many more ticks, and what they have set off."""
        await asyncio.sleep(count)
        await asyncio.sleep(0.01)

    @property
    def reasons(self) -> dict[str, str | None]:
        return {status.name: status.reason for status in self.Health.down}


class Answering(Service):
    """A service whose `health()` is a function of the test's."""

    answer: Callable[[], Awaitable[str | None]]

    async def health(self) -> str | None:
        return await self.answer()


async def well() -> None:
    """Answer that all is well."""


async def hang() -> None:
    await asyncio.Event().wait()


def run(make: Callable[..., Any], scenario: Callable[[Any], Awaitable[None]], *, answer: Any = None) -> Watched:
    """Run an application through its life, with a service "db" if there is an answer for it to give."""

    class App(Watched):
        async def initialize(self) -> None:
            await super().initialize()
            if answer is not None:
                self.db = Answering(self, "db")
                self.db.answer = answer
            assert not self.Health.ready

        async def main(self) -> None:
            await scenario(self)
            self.stop()

    app: Watched = make(App)
    assert app.run() == 0
    return app


def test_an_application_is_ready_from_its_run_to_its_stop(make: Callable[..., Any]) -> None:
    """A load balancer sends nothing to what has not started, and nothing more to what stops."""

    async def scenario(app: Watched) -> None:
        assert app.Health.ready
        assert app.Health.alive
        assert app.Health.down == []

    app = run(make, scenario)
    assert not app.Health.ready
    assert app.Health.alive
    assert [(change.name, change.reason) for change in app.changes] == [
        ("application", None),
        ("application", "is stopping"),
    ]


def test_what_is_reported_is_down_since_then_and_why_until_it_is_well(make: Callable[..., Any]) -> None:
    """Who is called at night sees what is down, since when, and why."""

    async def scenario(app: Watched) -> None:
        await asyncio.sleep(100)
        before = app.time()
        app.Health.report("db", "no connection")
        await asyncio.sleep(50)
        app.Health.report("db", "no connection, password refused")
        assert not app.Health.ready
        assert app.Health.alive
        status = Status("db", "no connection, password refused", True, before)
        assert app.Health.down == [status]
        assert str(status) == "db: no connection, password refused"
        app.Health.report("db")
        assert app.Health.ready

    app = run(make, scenario)
    assert [change.reason for change in app.changes if change.name == "db"] == [
        "no connection",
        "no connection, password refused",
        None,
    ]


def test_telling_the_same_again_is_no_change(make: Callable[..., Any]) -> None:
    """A report with every tick must not make a message with every tick."""

    async def scenario(app: Watched) -> None:
        app.changes.clear()
        for reason in (None, "no connection", "no connection", None, None):
            app.Health.report("db", reason)
        assert [change.reason for change in app.changes] == ["no connection", None]

    run(make, scenario)


def test_what_is_not_alive_needs_a_restart(make: Callable[..., Any]) -> None:
    """An orchestrator restarts what is not alive, and spares what only waits for another server."""

    async def scenario(app: Watched) -> None:
        alive = []
        app.Health.report("db", "no connection")
        alive.append(app.Health.alive)
        app.Health.report("worker", "its thread has died", alive=False)
        alive.append(app.Health.alive)
        app.Health.report("worker", "its thread has died")
        alive.append(app.Health.alive)
        assert alive == [True, False, True]

    run(make, scenario)


def test_a_service_tells_by_its_health_with_every_tick(make: Callable[..., Any]) -> None:
    """The author of a service writes one method, and nothing else."""
    answers = iter([None, "no connection", "no connection", None])

    async def answer() -> str | None:
        return next(answers, None)

    async def scenario(app: Watched) -> None:
        await asyncio.sleep(0.01)
        assert app.Health.ready
        await app.tick()
        assert app.reasons == {"db": "no connection"}
        await app.tick(2)
        assert app.Health.ready

    run(make, scenario, answer=answer)


def test_an_application_is_not_ready_before_every_service_has_answered(make: Callable[..., Any]) -> None:
    """Ready is what is known to be, not what has not complained yet."""
    asked = asyncio.Event()

    async def scenario(app: Watched) -> None:
        assert app.reasons == {"db": "health() has not answered yet"}
        asked.set()
        await app.tick()
        assert app.Health.ready

    async def answer() -> None:
        await asked.wait()

    run(make, scenario, answer=answer)


def test_a_health_that_raises_is_a_reason(make: Callable[..., Any]) -> None:
    """A check that fails tells that it failed, and the application runs on."""

    async def answer() -> None:
        raise ConnectionError("refused")

    async def scenario(app: Watched) -> None:
        await app.tick()
        assert app.reasons == {"db": "health() raised ConnectionError('refused')"}
        assert app.Health.alive

    run(make, scenario, answer=answer)


def test_a_health_that_does_not_answer_is_not_alive(make: Callable[..., Any]) -> None:
    """A service that hangs for ever is found out; it is not asked again and again meanwhile."""
    asked = 0

    async def answer() -> None:
        nonlocal asked
        asked += 1
        await hang()

    async def scenario(app: Watched) -> None:
        for count, alive in ((9, True), (2, False)):
            await app.tick(count)
            assert app.Health.alive is alive
        assert app.reasons == {"db": "health() has not answered for 10 s"}
        assert asked == 1

    run(make, scenario, answer=answer)


def test_a_late_answer_counts(make: Callable[..., Any]) -> None:
    """What has only been slow is alive again."""
    asked = asyncio.Event()

    async def answer() -> None:
        await asked.wait()

    async def scenario(app: Watched) -> None:
        await app.tick(11)
        assert not app.Health.alive
        asked.set()
        await app.tick()
        assert app.Health.ready

    run(make, scenario, answer=answer)


def test_the_log_says_what_is_not_ready_and_when_it_is_again(
    make: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The log alone must tell the story, each thing once."""

    async def scenario(app: Watched) -> None:
        for reason in ("no connection", "no route", None):
            app.Health.report("db", reason)
            await app.tick()

    run(make, scenario)
    said = [record.getMessage() for record in caplog.records if record.name == "asab_app.health"]
    assert said == ["is ready.", "is not ready: db: no connection", "is ready."]


def test_it_is_not_said_to_be_ready_when_it_is_not(make: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """A deployment that waits for the line must be able to believe it."""

    async def answer() -> str:
        return "no connection"

    async def scenario(app: Watched) -> None:
        await app.tick(3)

    run(make, scenario, answer=answer)
    said = [record.getMessage() for record in caplog.records if record.name == "asab_app.health"]
    assert said == ["is not ready: db: no connection"]


@pytest.mark.parametrize("answer", [well, hang])
def test_a_health_that_is_asked_at_the_stop_is_cancelled(make: Callable[..., Any], answer: Any) -> None:
    """No check of ours keeps an application from its end, and none runs while services are taken down."""

    async def scenario(app: Watched) -> None:
        await app.tick()

    run(make, scenario, answer=answer)


@pytest.mark.filterwarnings("error")
def test_a_question_at_the_very_end_is_dropped_without_a_word(make: Callable[..., Any]) -> None:
    """A tick may come in the same moment as SIGTERM, and the log of a clean stop is clean."""

    class App(Watched):
        async def initialize(self) -> None:
            Answering(self, "db").answer = well
            self.PubSub.subscribe("Application.stop!", self.on_stop)

        async def main(self) -> None:
            await self.tick()
            self.stop()
            await hang()

        def on_stop(self, _message_type: str, _count: int) -> None:
            self.PubSub.publish("Application.tick!")

    assert make(App).run() == 0
