"""`Application.Inspection`: what an application has to show, read when somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from asab_app import Application, Module, Service
from asab_app._panels import LIMIT
from asab_config import Config
from asab_utils import Timer
from asab_utils.testing import VirtualLoop


class Shown(Application):
    """An application on a virtual clock that reads its panels in `main()`."""

    def create_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualLoop()

    async def main(self) -> None:
        await self.look()
        self.stop()

    async def look(self) -> None: ...

    def data(self, name: str) -> Any:
        return self.Inspection.read(name)


Make = Callable[..., Any]


def test_the_state_tells_what_is_down(make: Make) -> None:
    """The first thing that one wants to know."""

    class App(Shown):
        async def look(self) -> None:
            self.seen = self.data("state")
            self.Health.report("disk", "is full", alive=False)
            self.later = self.data("state")

    app = make(App)
    assert app.run() == 0
    assert (app.seen["ready"], app.seen["alive"], app.seen["down"]) == (True, True, [])
    assert (app.later["ready"], app.later["alive"]) == (False, False)
    assert [(each["name"], each["reason"]) for each in app.later["down"]] == [("disk", "is full")]
    assert app.seen["application"] == "App"
    assert app.seen["tasks"] >= 1


def test_the_parts_are_shown_in_their_order_with_health_and_start(make: Make) -> None:
    """Who started when, how long it took, and who is not well."""

    class Ill(Service):
        async def health(self) -> str | None:
            return "has a cold"

    class Clinic(Module):
        def __init__(self, app: Application) -> None:
            super().__init__(app)
            self.service = Ill(app, "ill")

    class App(Shown):
        async def initialize(self) -> None:
            self.add_module(Clinic)

        async def look(self) -> None:
            await asyncio.sleep(0.01)
            self.seen = self.data("parts")["Parts"]

    app = make(App)
    assert app.run() == 0
    assert [(row["part"], row["state"]) for row in app.seen] == [
        ("service 'ill'", "has a cold"),
        (f"module {Clinic.__module__}.{Clinic.__qualname__}", "started"),
    ]
    assert all(row["start took, ms"] >= 0 for row in app.seen)
    launched = app.data("state")["launched"]
    assert all(launched <= row["start began"] < "3000" for row in app.seen)


def test_timers_and_tasks_are_shown_with_where_they_stand(make: Make) -> None:
    """What will run, and what waits for what; of a great many the first."""

    class App(Shown):
        async def look(self) -> None:
            self.timer = Timer(self, self.on_time, autorestart=True)
            self.timer.start(5)
            idle = Timer(self, self.on_time)
            await asyncio.sleep(2)
            many = [asyncio.create_task(self.wait(), name=f"waiter {number}") for number in range(LIMIT)]
            await asyncio.sleep(0)
            self.seen = self.data("timers"), self.data("tasks")
            idle.stop()
            for task in many:
                task.cancel()

        async def wait(self) -> None:
            await asyncio.Event().wait()

        async def on_time(self) -> None: ...

    app = make(App)
    assert app.run() == 0
    timers, tasks = app.seen
    assert [(row["state"], row["due in, s"], row["period, s"], row["repeats"]) for row in timers["Timers"]] == [
        ("started", 3, 5, True),
        ("stopped", None, 0, False),
    ]
    assert timers["Timers"][0]["handler"].endswith("App.on_time")
    assert len(tasks["Tasks"]) == LIMIT
    assert tasks["note"].startswith(f"The first {LIMIT} of ")
    stack = next(row["stack"] for row in tasks["Tasks"] if str(row["task"]).startswith("waiter"))
    assert stack[0].startswith("wait (")
    assert stack[-1].startswith("wait (asyncio")


def test_the_bus_is_counted_while_somebody_looks(make: Make) -> None:
    """Who listens is known always, what passes from the first look on."""

    class App(Shown):
        async def look(self) -> None:
            self.PubSub.subscribe("Order!", self.on_order)
            self.before = self.data("bus")
            with self.Inspection.panels["bus"].watch():
                self.PubSub.publish("Order!")
                with self.Inspection.panels["bus"].watch():
                    self.PubSub.publish("Order!")
                self.seen = self.data("bus")
            self.after = self.data("bus")

        def on_order(self, message_type: str) -> None: ...

    def order(data: Any) -> Any:
        return next(row for row in data["Message types"] if row["message"] == "Order!")

    app = make(App)
    assert app.run() == 0
    assert order(app.before) == {"message": "Order!", "subscribers": 1, "messages": 0, "a second": 0.0}
    assert order(app.seen)["messages"] == 2
    assert order(app.after)["messages"] == 0
    (row,) = [row for row in app.seen["Subscribers, the slowest first"] if row["calls"]]
    assert (row["message"], row["calls"], row["failed"]) == ("Order!", 2, 0)


def test_the_configuration_is_shown_with_its_origins_and_without_secrets(make: Make) -> None:
    """Which value counts, where it is from, and what it hides."""

    class App(Shown):
        async def look(self) -> None:
            self.seen = self.data("configuration")["Options"]

    Config.read_dict({"shop": {"password": "hunter2", "url": "redis://:hunter2@host"}})
    try:
        app = make(App)
        assert app.run() == 0
    finally:
        Config.remove_section("shop")
    rows = {(row["section"], row["option"]): row for row in app.seen}
    assert rows["shop", "password"]["value"] == "***"
    assert rows["shop", "url"]["value"] == "redis://:***@host"
    assert rows["general", "tick_period"]["from"] == "default of asab_app._arguments"
    assert "hunter2" not in str(app.seen)


def test_a_panel_is_added_read_and_removed(make: Make) -> None:
    """A service of one's own is shown by a function that returns plain data."""
    app = make(Shown)
    app.Inspection.add("stock", "Stock", lambda: {"apples": 3})
    app.Inspection.add("broken", "Broken", lambda: dict[str, int]()["nothing"])
    assert list(app.Inspection.panels)[-2:] == ["stock", "broken"]
    assert "stock" in app.Inspection
    assert app.Inspection.read("stock") == {"apples": 3}
    assert app.Inspection.read("broken") == {"failure": "This panel cannot be read: KeyError"}
    app.Inspection.remove("stock")
    app.Inspection.remove("stock")
    assert "stock" not in app.Inspection
    with pytest.raises(KeyError):
        app.Inspection.read("stock")
    app.stop()
    assert app.run() == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Stock", "cannot be the name of a panel: expected lower case letters"),
        ("../stock", "cannot be the name of a panel"),
        ("", "cannot be the name of a panel"),
        ("state", "is one of the application's own"),
        ("twice", "is there already: 'Twice'"),
    ],
)
def test_a_panel_needs_a_name_of_its_own(make: Make, name: str, told: str) -> None:
    """It stands in addresses, and nobody's panel takes another's place."""
    app = make(Shown)
    app.Inspection.add("twice", "Twice", dict)
    with pytest.raises(ValueError, match=told):
        app.Inspection.add(name, "Title", dict)
    app.stop()
    app.run()
