"""`SessionStorageAttacks`: what every storage of sessions has to withstand, as tests for yours.

The tests are plain methods: pytest runs them as they stand, unittest with `unittest.TestCase` beside, and nothing else
has to be installed for it:

    from asab_web.session.testing import SessionStorageAttacks

    class TestMyStorage(SessionStorageAttacks):
        def make_storage(self, app, clock):
            return MyStorage(app, max_age=self.max_age, idle=self.idle, clock=clock)

Each test has a storage and a server of its own. Where a storage cannot revoke or merge (`SessionStorage.revokes`,
`merges`), the tests hold it to what remains: that a stolen cookie runs out, and that an answer wins as a whole.
"""

from __future__ import annotations

import asyncio
import string
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asab_app
from asab_utils.time_limit import time_limit
from asab_web.session._target import Browser, Clock, Target, serve

if TYPE_CHECKING:
    from asab_web.session.storage import SessionStorage

__all__ = ["Clock", "SessionStorageAttacks"]

Scenario = Callable[[Target, Browser], Awaitable[None]]


class SessionStorageAttacks:
    """Derive your tests from it; `make_storage` is what it needs.

    Attributes:
        max_age: The absolute limit that the storage is made with, in seconds.
        idle: The idle limit, in seconds.
        flood: How many sessions a flood has.
        bound: How many sessions the storage may keep of them; None: all, until they are idle.
    """

    max_age: float = 10_000
    idle: float = 1000
    flood: int = 3000
    bound: int | None = None

    def make_storage(self, app: asab_app.Application, clock: Clock) -> SessionStorage:
        """Make an empty storage with `self.max_age`, `self.idle` and the clock.

        Args:
            app: An application that has not been started, and that nothing can be asked of.
            clock: The time, as the tests have it.
        """
        raise NotImplementedError

    async def advance(self, storage: SessionStorage, clock: Clock, seconds: float) -> None:
        """Let time go on. Override it if the storage has another clock besides."""
        clock.now += seconds

    async def kept(self, storage: SessionStorage) -> int | None:
        """Return how many sessions the storage keeps; None if it keeps none, or cannot tell."""
        return None

    # Fixation

    def test_an_id_that_a_client_has_chosen_is_not_taken_over(self) -> None:
        """Who plants a cookie in a browser does not know the session that begins there."""

        async def scenario(target: Target, browser: Browser) -> None:
            for planted in ("A" * 43, target.storage.new_id(), target.storage.new().Id):
                victim = browser.forge(planted)
                assert await victim.ask("/put", cart="full") == {"cart": "full"}
                assert victim.cookie != planted
                assert await browser.forge(planted).ask("/") == {}

        self._attack(scenario)

    def test_who_knew_the_cookie_before_the_login_is_not_logged_in(self) -> None:
        """A cookie that leaked from an unprotected page opens nothing that is behind the login."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/put", cart="full")
            thief = browser.steal()
            assert await browser.ask("/login", user="ann") == {"cart": "full", "user": "ann"}
            assert await browser.ask("/") == {"cart": "full", "user": "ann"}
            assert browser.cookie != thief.cookie
            assert "user" not in await thief.ask("/")
            await thief.ask("/put", user="eve")
            assert await browser.ask("/") == {"cart": "full", "user": "ann"}

        self._attack(scenario)

    # Theft

    def test_a_stolen_cookie_opens_nothing_after_the_logout(self) -> None:
        """The victim's logout ends what the thief has, too; where it cannot, it runs out when it is idle."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/login", user="ann")
            thief = browser.steal()
            await browser.ask("/logout")
            assert browser.cookie is None
            await self._run_out(target)
            assert await thief.ask("/") == {}

        self._attack(scenario)

    def test_a_request_under_way_does_not_undo_the_logout(self) -> None:
        """A thief cannot hold a door open by a slow request, whether it writes or asks for a new id."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/login", user="ann")
            thieves = [browser.steal(), browser.steal()]
            slow = [asyncio.ensure_future(thieves[0].ask("/slow/put", x="1"))]
            slow += [asyncio.ensure_future(thieves[1].ask("/slow/login", x="1"))]
            for _ in slow:
                await target.under_way.acquire()
            await browser.ask("/logout")
            target.proceed.set()
            await asyncio.gather(*slow)
            await self._run_out(target)
            for thief in [*thieves, browser]:
                assert await thief.ask("/") == {}

        self._attack(scenario)

    # Tampering and replay

    def test_a_cookie_that_was_changed_opens_nothing(self) -> None:
        """Nobody gets from a session of their own into another one, and no attempt is an error of the server."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/login", user="ann")
            cookie = browser.cookie or ""
            places = range(0, len(cookie), max(1, len(cookie) // 50))
            changed = [cookie[:i] + ("B" if cookie[i] == "A" else "A") + cookie[i + 1 :] for i in places]
            changed += [cookie[:-1] + sign for sign in string.ascii_letters + "-_." if sign != cookie[-1]]
            changed += [cookie[:-1], cookie[1:], cookie + "A", cookie + "=", cookie + ".", cookie.swapcase()]
            for forged in changed:
                assert await browser.forge(forged).ask("/") == {}, forged
            assert await browser.ask("/") == {"user": "ann"}

        self._attack(scenario)

    def test_a_cookie_that_is_none_of_its_own_is_nothing(self) -> None:
        """Whatever a client sends, it is no error."""

        async def scenario(target: Target, _browser: Browser) -> None:
            for garbage in ("", "\0", "*", "../../etc/passwd", "\udc80", "ü" * 10_000, "A" * 1_000_000, '{"id": 1}'):
                assert await target.storage.load(garbage) is None

        self._attack(scenario)

    def test_an_old_cookie_does_not_bring_an_old_state_back(self) -> None:
        """Who has spent a voucher cannot have it again; where it cannot be prevented, the copy runs out."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/put", voucher="unspent")
            replayed = browser.steal()
            await browser.ask("/put", voucher="spent")
            await self._run_out(target)
            assert await replayed.ask("/") != {"voucher": "unspent"}

        self._attack(scenario)

    # Expiry

    def test_an_idle_session_ends_and_a_used_one_does_not(self) -> None:
        """Who walks away from a computer is logged out, who works is not."""

        async def scenario(target: Target, browser: Browser) -> None:
            used, idle = browser.steal(), browser.steal()
            await used.ask("/login", user="ann")
            await idle.ask("/login", user="bob")
            for _ in range(3):
                await self._pass(target, self.idle * 0.6)
                assert await used.ask("/") == {"user": "ann"}
            assert await idle.ask("/") == {}

        self._attack(scenario)

    def test_a_session_ends_at_its_absolute_age(self) -> None:
        """A stolen cookie that is kept in use does not live for ever; and a new id makes nobody younger."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/login", user="ann")
            step = self.idle / 2
            for _ in range(round(self.max_age / step) - 1):
                await self._pass(target, step)
                assert await browser.ask("/login", again="1") == {"user": "ann", "again": "1"}
            await self._pass(target, step)
            assert await browser.ask("/") == {}

        self._attack(scenario)

    def test_a_session_has_an_age_of_its_own_if_it_wants(self) -> None:
        """A session for one payment ends sooner than others, and so it says to the browser."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/login", user="ann")
            await browser.ask("/remember", seconds=str(self.idle / 2))
            assert await browser.ask("/") == {"user": "ann"}
            await self._pass(target, self.idle / 2)
            assert await browser.ask("/") == {}

        self._attack(scenario)

    # Too much

    def test_a_session_that_is_too_large_is_refused_and_stays_as_it_was(self) -> None:
        """An error in the log, and not a session that is gone."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/login", user="ann")
            assert await browser.ask("/fill", size=str(target.storage.max_size + 1)) == 500
            assert await browser.ask("/") == {"user": "ann"}
            size = target.storage.max_size // 2
            await browser.ask("/fill", size=str(size))
            assert await browser.ask("/") == {"user": "ann", "fill": "x" * size}

        self._attack(scenario)

    def test_visitors_who_leave_nothing_cost_nothing(self) -> None:
        """Crawlers do not fill the storage, and get no cookie."""

        async def scenario(target: Target, browser: Browser) -> None:
            for _ in range(100):
                await browser.ask("/")
            assert browser.cookie is None
            assert not await self.kept(target.storage)

        self._attack(scenario)

    def test_a_flood_of_new_sessions_is_bounded_and_logs_nobody_out(self) -> None:
        """Who makes sessions by the thousand neither fills the memory nor ends the sessions of those who work."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/login", user="ann")
            await browser.ask("/")
            for i in range(self.flood):
                session = target.storage.new()
                session["i"] = i
                await target.storage.save(session)
            assert await browser.ask("/") == {"user": "ann"}
            kept = await self.kept(target.storage)
            if self.bound is not None:
                assert kept is not None
                assert kept <= self.bound
            elif kept is not None:
                await self._pass(target, self.idle)
                assert await self.kept(target.storage) == 0

        self._attack(scenario)

    # Concurrency

    def test_concurrent_requests_lose_no_update(self) -> None:
        """A page that loads ten things at once keeps what each has put in; or else the last answer wins, whole."""

        async def scenario(target: Target, browser: Browser) -> None:
            await browser.ask("/put", first="0")
            tabs = [browser.steal() for _ in range(10)]
            puts = [asyncio.ensure_future(tab.ask("/slow/put", **{f"k{i}": "1"})) for i, tab in enumerate(tabs)]
            for _ in puts:
                await target.under_way.acquire()
            target.proceed.set()
            await asyncio.gather(*puts)
            if target.storage.merges:
                assert await browser.ask("/") == {"first": "0"} | {f"k{i}": "1" for i in range(10)}
            for i, tab in enumerate(tabs):
                assert (await tab.ask("/")).items() >= {"first": "0", f"k{i}": "1"}.items()

        self._attack(scenario)

    # How

    def _attack(self, scenario: Scenario) -> None:
        async def attack() -> None:
            storage = self.make_storage(asab_app.Application.__new__(asab_app.Application), self._clock)
            target = Target(storage)
            try:
                async with time_limit(60), serve(target) as browser:
                    await scenario(target, browser)
            finally:
                await storage.close()

        self._clock: Any = Clock()
        asyncio.run(attack())

    async def _pass(self, target: Target, seconds: float) -> None:
        await self.advance(target.storage, self._clock, seconds)

    async def _run_out(self, target: Target) -> None:
        """Wait for what a storage that cannot revoke leaves open."""
        if not target.storage.revokes:
            await self._pass(target, self.idle)
