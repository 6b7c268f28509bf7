"""The three storages of sessions, each with what a test needs to know of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from cryptography.fernet import Fernet

from asab_app import Application
from asab_web.session import InMemorySessionStorage, SessionStorage
from asab_web.session.encrypted import CookieSessionStorage
from asab_web.session.redis import RedisSessionStorage
from asab_web.session.testing import Clock

MEMORY = 1024 * 1024


class InMemory:
    """Sessions in a process."""

    def make(self, app: Application, clock: Clock, **limits: Any) -> SessionStorage:
        return InMemorySessionStorage(app, clock=clock, memory=MEMORY, **limits)

    def kept(self, storage: SessionStorage) -> int | None:
        assert isinstance(storage, InMemorySessionStorage)
        return len(storage)

    def advance(self, clock: Clock, seconds: float) -> None:
        clock.now += seconds


class InRedis:
    """Sessions in a Redis that others may use, too."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"test-{uuid.uuid4().hex}:"
        self.client = redis.Redis.from_url(url)

    def make(self, app: Application, clock: Clock, **limits: Any) -> SessionStorage:
        # The timeout is for a machine that has much else to do.
        return RedisSessionStorage(app, self.url, clock=clock, prefix=self.prefix, timeout=30, **limits)

    def keys(self) -> list[bytes]:
        return list(self.client.scan_iter(f"{self.prefix}*", count=1000))

    def kept(self, _storage: SessionStorage) -> int | None:
        return len(self.keys())

    def advance(self, clock: Clock, seconds: float) -> None:
        """Redis has the time of the machine: what is left of each session is made shorter instead."""
        clock.now += seconds
        pipeline = self.client.pipeline()
        for key in self.keys():
            left = self.client.pttl(key)
            assert left > 0  # every session has an end
            pipeline.pexpire(key, max(0, left - int(seconds * 1000)))
        pipeline.execute()

    def close(self) -> None:
        if keys := self.keys():
            self.client.delete(*keys)
        self.client.close()


class InCookie:
    """Sessions in cookies."""

    def __init__(self) -> None:
        self.keys = [Fernet.generate_key().decode()]

    def make(self, app: Application, clock: Clock, **limits: Any) -> SessionStorage:
        return CookieSessionStorage(app, self.keys, clock=clock, **limits)

    def kept(self, _storage: SessionStorage) -> int | None:
        return None

    def advance(self, clock: Clock, seconds: float) -> None:
        clock.now += seconds


Bench = InMemory | InRedis | InCookie


@pytest.fixture(params=["memory", "redis", "cookie"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield InMemory()
    elif request.param == "cookie":
        yield InCookie()
    else:
        storage = InRedis(request.getfixturevalue("redis_url"))
        yield storage
        storage.close()
