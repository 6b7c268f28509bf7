"""The attacks of `asab_web.session.testing`, on each storage of ours."""

from __future__ import annotations

import pytest

from asab_app import Application
from asab_web.session import SessionStorage
from asab_web.session.testing import Clock, SessionStorageAttacks
from tests.support.session_storages import MEMORY, Bench, InMemory, bench

__all__ = ["bench"]


class TestStorage(SessionStorageAttacks):
    """Memory, Redis and cookies."""

    @pytest.fixture(autouse=True)
    def _take(self, bench: Bench) -> None:
        self._bench = bench
        if isinstance(bench, InMemory):
            self.bound = MEMORY // 700  # what an empty session takes at least

    def make_storage(self, app: Application, clock: Clock) -> SessionStorage:
        return self._bench.make(app, clock, max_age=self.max_age, idle=self.idle)

    async def advance(self, storage: SessionStorage, clock: Clock, seconds: float) -> None:
        self._bench.advance(clock, seconds)

    async def kept(self, storage: SessionStorage) -> int | None:
        return self._bench.kept(storage)
