"""The panels of every application: its state, its parts, configuration, message bus, timers and tasks.

All of them are bounded: of a great many the first are shown, and how many there are is said.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import os
import platform
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from asab_app._components import describe as describe_component
from asab_app._tasks import stack
from asab_app.inspection import Panel, note_of_more
from asab_app.metrics._process import resident_memory
from asab_app.module import Module
from asab_config import Config
from asab_pubsub import traffic
from asab_utils import Timer

if TYPE_CHECKING:
    from asab_app.application import Application
    from asab_app.health import Status

LIMIT = 300
"""How many rows a table has."""

Row = dict[str, Any]


def panels(app: Application) -> dict[str, Panel]:
    """Return the panels by name."""
    bus = Bus(app)
    found = [
        Panel("state", "State", lambda: state(app)),
        Panel("parts", "Modules and services", lambda: parts(app)),
        Panel("configuration", "Configuration", configuration),
        Panel("bus", "Message bus", bus.read, bus.watch),
        Panel("timers", "Timers", lambda: timers(app)),
        Panel("tasks", "Tasks", lambda: tasks(app)),
    ]
    return {panel.name: panel for panel in found}


def state(app: Application) -> Row:
    """Return how the application does, and what it takes of the machine."""
    health = app.Health
    return {
        "application": type(app).__name__,
        "version": app.Version,
        "ready": health.ready,
        "alive": health.alive,
        "down": list(map(_status, health.down)),
        "launched": _utc(app.LaunchTime),
        "uptime": round(app.time() - app.LaunchTime, 1),
        "host": platform.node(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "loop": f"{type(app.Loop).__module__}.{type(app.Loop).__qualname__}",
        "processor": time.process_time(),
        "memory": resident_memory(),
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks(app.Loop)),
        "lag": round(health.lag, 4),
    }


def parts(app: Application) -> Row:
    """Return modules and services in the order of their start, with their health, and when they were started."""
    components = app._components
    started = {id(component) for component in components.started}
    down = {each.name: _status(each) for each in app.Health.down}
    rows = []
    for component in components.all:
        name = describe_component(component)
        status = {} if isinstance(component, Module) else down.get(component.Name, {})
        began, took = components.report.began("start", name), components.report.took("start", name)
        rows.append(
            {
                "part": name,
                "class": f"{type(component).__module__}.{type(component).__qualname__}",
                "state": status.get("reason") or ("started" if id(component) in started else "not started"),
                "start began": "" if began is None else _utc(began),
                "start took, ms": None if took is None else round(took * 1000, 2),
                "since": status.get("since", ""),
            }
        )
    return {"Parts": rows}


def _status(status: Status) -> Row:
    return {"name": status.name, "reason": status.reason, "alive": status.alive, "since": _utc(status.since)}


def configuration() -> Row:
    """Return each option with its value, secrets masked, and where it comes from."""
    places = [(section, option) for section in Config.sections() for option in Config.options(section)]
    rows = []
    for section, option in places[: LIMIT * 10]:
        explained = Config.explain(section, option)
        rows.append(
            {
                "section": section,
                "option": option,
                "value": explained.origin.value,
                "from": str(explained.origin),
                "shadows": "; ".join(f"{each.value} ({each})" for each in explained.shadowed),
            }
        )
    return {"Options": rows, **note_of_more(len(places), LIMIT * 10)}


class Bus:
    """What passes over the bus of an application while somebody looks."""

    def __init__(self, app: Application) -> None:
        """Count nothing yet."""
        self._app = app
        self._traffic: traffic.Traffic | None = None
        self._watchers = 0
        self._since = 0.0
        self._last: tuple[float, dict[str, int]] = (0.0, {})

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Count while somebody looks, from the first who comes until the last who goes."""
        if self._traffic is None:
            self._since = time.monotonic()
            self._last = (self._since, {})
            self._traffic = traffic.Traffic(self._app.PubSub).__enter__()
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._traffic.__exit__()
                self._traffic = None

    def read(self) -> Row:
        """Return the message types with their subscribers, and what was counted."""
        subscribers = traffic.subscribers(self._app.PubSub)
        messages = dict(self._traffic.messages) if self._traffic else {}
        now, (before, counted) = time.monotonic(), self._last
        passed = max(now - before, 1e-6)
        self._last = (now, messages)
        types = [
            {
                "message": message_type,
                "subscribers": len(subscribers.get(message_type, ())),
                "messages": messages.get(message_type, 0),
                "a second": round((messages.get(message_type, 0) - counted.get(message_type, 0)) / passed, 1),
            }
            for message_type in sorted({*subscribers, *messages})
        ]
        return {
            "watched for, s": round(now - self._since, 1) if self._traffic else 0,
            "deliveries under way": self._app.PubSub.queued,
            "Message types": types[:LIMIT],
            "Subscribers, the slowest first": self._slowest(subscribers)[:LIMIT],
            **note_of_more(len(types), LIMIT),
        }

    def _slowest(self, subscribers: dict[str, list[Any]]) -> list[Row]:
        calls = dict(self._traffic.calls) if self._traffic else {}
        names = {(kind, traffic.describe(each)) for kind, all_ in subscribers.items() for each in all_}
        rows = []
        for key in {*names, *calls}:
            each = calls.get(key) or traffic.Calls()
            mean = each.seconds / each.count * 1000 if each.count else 0.0
            rows.append(
                {
                    "message": key[0],
                    "subscriber": key[1],
                    "calls": each.count,
                    "failed": each.failed,
                    "mean, ms": round(mean, 3),
                    "longest, ms": round(each.longest * 1000, 3),
                }
            )
        return sorted(rows, key=lambda row: (-row["longest, ms"], row["message"], row["subscriber"]))


def timers(app: Application) -> Row:
    """Return the timers that were made with the application: they hear of its stop, and are found by that."""
    listeners = traffic.subscribers(app.PubSub).get("Application.stop!", [])
    found = [owner for each in listeners if isinstance(owner := getattr(each, "__self__", None), Timer)]
    now = app.Loop.time()
    rows = [
        {
            "handler": traffic.describe(timer.Handler),
            "state": "started" if timer.is_started() else "stopped",
            "due in, s": None if timer.due is None else round(timer.due - now, 1),
            "period, s": timer.period,
            "repeats": timer.AutoRestart,
        }
        for timer in found[:LIMIT]
    ]
    return {"Timers": rows, **note_of_more(len(found), LIMIT)}


def tasks(app: Application) -> Row:
    """Return the tasks of the event loop with where they stand."""
    found = asyncio.all_tasks(app.Loop)
    rows = [{"task": task.get_name(), "stack": _short(stack(task))} for task in itertools.islice(found, LIMIT)]
    return {"Tasks": sorted(rows, key=lambda row: str(row["task"])), **note_of_more(len(found), LIMIT)}


def _short(places: Iterable[tuple[str, str, int]]) -> list[str]:
    return [f"{name} ({_file(file)}:{line})" for name, file, line in itertools.islice(places, 30)]


def _file(path: str) -> str:
    """Return a path as it is imported, without the folder that all of its kind are in."""
    folders = [folder for folder in sys.path if folder and path.startswith(folder.rstrip(os.sep) + os.sep)]
    return path[len(max(folders, key=len, default="")) :].lstrip(os.sep) if folders else path


def _utc(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
