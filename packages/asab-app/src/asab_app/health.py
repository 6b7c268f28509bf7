"""`Health`: whether the application does its work, and if not, what is down, since when and why.

The rules:

1. Ready is an application that runs and of which nothing is down. From the start until `Application.run!`, and from
   `Application.stop!` on, it is not.
2. Alive is one of which nothing needs a restart. What another server's failure causes is not ready, and alive.
3. A service tells by `Service.health`, which is asked with every tick; whatever knows by itself, by `Health.report`.
4. A `health()` that raises is not ready. One that does not answer within `[general] health_timeout` is not alive.
5. Each change is published as `Application.health!`, with the `Status` that is new.
"""

from __future__ import annotations

import functools
import logging
import time
from typing import TYPE_CHECKING, NamedTuple

from asab_app._arguments import positive_seconds
from asab_app._watchdog import take_longest
from asab_app.service import Service
from asab_config import Config
from asab_log import LOG_NOTICE

if TYPE_CHECKING:
    from asab_app._ticks import Ticks
    from asab_app.application import Application

Config.add_layer_defaults({"general": {"health_timeout": "10"}})
Config.add_check(functools.partial(positive_seconds, "health_timeout"))

L = logging.getLogger(__name__)

APPLICATION = "application"


class Status(NamedTuple):
    """How a part of the application does.

    Attributes:
        name: The name of the service, or of whatever reports.
        reason: Why it is not ready; None when it is.
        alive: Whether it can get ready again without a restart.
        since: Since when it is ready, or not, in seconds since the epoch (UTC).
    """

    name: str
    reason: str | None
    alive: bool
    since: float

    def __str__(self) -> str:
        """Return the status as one line."""
        return f"{self.name}: {self.reason or 'is ready'}"


class Health:
    """What is down. It belongs to the thread of the event loop.

    Attributes:
        lag: How late the last tick came, in seconds; or how long a block of the event loop since the one before was.
    """

    def __init__(self, app: Application) -> None:
        """Begin with an application that is starting."""
        self.lag: float = 0.0
        self._app = app
        self._timeout = 0.0
        self._down = {APPLICATION: Status(APPLICATION, "is starting", True, time.time())}
        self._asked: dict[str, float] = {}
        self._said: set[tuple[str, bool]] | None = None

    @property
    def ready(self) -> bool:
        """Whether the application does its work, so that work may be sent to it."""
        return not self._down

    @property
    def alive(self) -> bool:
        """Whether the application needs no restart."""
        return all(status.alive for status in self._down.values())

    @property
    def down(self) -> list[Status]:
        """What is not ready, in the order in which it went down."""
        return list(self._down.values())

    def report(self, name: str, reason: str | None = None, alive: bool = True) -> None:
        """Tell how a part of the application does; telling the same again is no change.

        Args:
            name: Its name.
            reason: Why it is not ready, as one line without secrets; None when it is.
            alive: Whether it can get ready again without a restart.
        """
        alive = alive or reason is None
        before = self._down.get(name)
        if (before.reason, before.alive) == (reason, alive) if before else reason is None:
            return
        since = before.since if before and reason is not None else self._app.time()
        status = Status(name, reason, alive, since)
        if reason is None:
            del self._down[name]
        else:
            self._down[name] = status
        self._app.Loop.call_soon(self._say)  # once all that changes now has changed
        self._app.PubSub.publish("Application.health!", status)

    def begin(self, timeout: float, ticks: Ticks) -> None:
        """Take the application as running, and ask the services; called by the application.

        Args:
            timeout: What a `health()` has to answer, in seconds.
            ticks: Those of the application.
        """
        self._timeout = timeout
        self._ticks = ticks
        self._app.PubSub.subscribe("Application.tick!", self._on_tick)
        self._app.PubSub.subscribe("Application.stop!", self._on_stop)
        self._ask_all()
        for name in self._asked:
            self.report(name, "health() has not answered yet")
        self.report(APPLICATION)

    def _on_tick(self, _message_type: str) -> None:
        self.lag = max(self._ticks.lag, take_longest(self._app.Loop))
        self._ask_all()

    def _ask_all(self) -> None:
        now = self._app.Loop.time()
        for name, service in list(self._app.Services.items()):
            if type(service).health is Service.health:
                continue
            if name not in self._asked:
                self._asked[name] = now
                self._app._supervisor.start(self._ask(service), f"health() of service {name!r}")
            elif now - self._asked[name] >= self._timeout:
                self.report(name, f"health() has not answered for {self._timeout:g} s", alive=False)

    async def _ask(self, service: Service) -> None:
        try:
            self.report(service.Name, await service.health())
        except Exception as e:
            self.report(service.Name, f"health() raised {e!r}")
        finally:
            del self._asked[service.Name]

    def _on_stop(self, _message_type: str, *_args: object, **_kwargs: object) -> None:
        self.report(APPLICATION, "is stopping")

    def _say(self) -> None:
        if APPLICATION in self._down or self._app._stop_asked:  # the application says that itself
            return
        down = {(status.name, status.alive): status for status in self._down.values()}
        for key in down.keys() - (self._said or ()):
            if down[key].alive:  # a notice, for who reports has told more, at the level that fits
                L.log(LOG_NOTICE, "is not ready: %s", down[key])
            else:
                L.error("is not alive: %s", down[key])
        if not down and self._said != set():
            L.log(LOG_NOTICE, "is ready.")
        self._said = set(down)
