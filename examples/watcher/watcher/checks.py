"""The service that checks what is watched, by messages, and tells what has changed."""

import dataclasses
from collections.abc import Awaitable, Callable

import asab
import asab.log
import asab.mom

from .fetch import Answer
from .store import StoreService, Watched

L = asab.log.get_logger(__name__)

CHECK = "watcher.check"
CHANGED = "watcher.changed"

Fetch = Callable[[str, float], Awaitable[Answer]]


class CheckService(asab.Service):
    """Checks each URL again and again."""

    def __init__(self, app: asab.Application, name: str, broker: asab.mom.Broker, fetch: Fetch) -> None:
        """Take the broker that checks go through, and what does a check."""
        super().__init__(app, name)
        self.every = asab.Config.getseconds("watcher", "every")
        self.timeout = asab.Config.getseconds("watcher", "timeout")
        self.fetch = fetch
        self.broker = broker
        self.broker.subscribe(CHECK)
        self.broker.add(CHECK, self.on_check)
        self.timer = asab.Timer(app, self.check_all, autorestart=True)

        metrics = app.get_service("asab.MetricsService")
        self.checks = metrics.create_counter("watcher_checks", init_values={"ok": 0, "failed": 0}, reset=False)
        self.urls = metrics.create_gauge("watcher_urls", init_values={"watched": 0, "down": 0})

    async def initialize(self, app: asab.Application) -> None:
        """Begin to check as soon as the application runs."""
        self.store: StoreService = app.get_service("StoreService")
        self.checked = app.time()
        app.PubSub.subscribe("Application.run!", self.on_run)

    async def health(self) -> str | None:
        """Tell when the checks do not come through any more, whatever it is that holds them up."""
        silence = self.App.time() - self.checked
        if silence < 3 * self.every + self.timeout or not self.store.all():
            return None
        return f"nothing was checked for {silence:.0f} s"

    async def on_run(self, message_type: str) -> None:
        """Check at once, and with the timer from then on."""
        self.timer.start(self.every)
        await self.check_all()

    async def check_all(self) -> None:
        """Have every URL checked."""
        for watched in self.store.all():
            await self.check(watched.url)

    async def check(self, url: str) -> None:
        """Have a URL checked; a check that has waited until the next one is due is not needed any more."""
        await self.broker.publish(url, target=CHECK, exchange="", expiration=self.every)

    async def on_check(self, properties: asab.mom.Properties, body: bytes) -> None:
        """Check a URL."""
        url = body.decode()
        with asab.log.context(url=url):
            answer = await self.fetch(url, self.timeout)
            self.checked = self.App.time()
            self.checks.add("ok" if answer.ok else "failed", 1)
            if (before := self.store.get(url)) is not None:  # else it was forgotten meanwhile
                await self.take(before, answer)

    async def take(self, before: Watched, answer: Answer) -> None:
        """Store how a URL does, and tell what has changed."""
        has_changed = before.ok != answer.ok
        since = self.App.time() if has_changed else before.since
        now = Watched(before.url, answer.text, answer.ok, since, answer.took)
        self.store.put(now)
        states = [watched.ok for watched in self.store.all()]
        self.urls.set("watched", len(states))
        self.urls.set("down", states.count(False))
        self.App.PubSub.publish("Watcher.checked!", now)
        if has_changed:
            L.log(asab.LOG_NOTICE, "is up" if now.ok else "is down", struct_data={"answer": now.text})
            await self.broker.publish_json(dataclasses.asdict(now), target=CHANGED)
