"""`VirtualRun`, by which applications test themselves."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from asab_app import Application
from asab_app.testing import VirtualRun
from asab_config import Config
from asab_utils import Timer


class Clockwork(Application):
    """Counts its ticks and the runs of a timer."""

    async def initialize(self) -> None:
        self.counts: Counter[str] = Counter()
        for message_type in ("Application.tick!", "Application.tick/3600!", "Application.exit!"):
            self.PubSub.subscribe(message_type, self.count)
        self.timer = Timer(self, lambda: self.count("timer"), autorestart=True)

    async def main(self) -> None:
        self.timer.start(Config.getseconds("clockwork", "period", fallback=60.0))

    def count(self, message_type: str) -> None:
        self.counts[message_type] += 1


def test_a_day_passes_in_a_moment_and_an_hour_before_it() -> None:
    """What happens once a day is tested like what happens at once."""
    with VirtualRun(Clockwork) as run:
        run.sleep(3600.5)
        assert run.app.counts == {"Application.tick!": 3600, "Application.tick/3600!": 1, "timer": 60}
        began = run.app.time()
        run.sleep(86400)
        assert run.app.time() - began == pytest.approx(86400)
        assert run.app.counts["timer"] == 60 + 1440
        assert run.stop() == 0
    assert run.app.counts["Application.exit!"] == 1


def test_each_run_has_an_application_and_a_configuration_of_its_own(tmp_path: Path) -> None:
    """One test must not see what another has set, and what it sets wins over the file that the application ships."""
    (tmp_path / "site.conf").write_text("[clockwork]\nperiod = 5\n[general]\ntick_period = 2\n")
    given = ["-c", str(tmp_path / "site.conf")]
    config = {"clockwork": {"period": "10"}, "general": {"tick_period": "0.5"}}
    with VirtualRun(Clockwork, args=given, config=config) as first:
        first.sleep(60.25)
        assert (first.app.counts["timer"], first.app.counts["Application.tick!"]) == (6, 120)
    with VirtualRun(Clockwork, args=given) as second:
        second.sleep(60.25)
        assert (second.app.counts["timer"], second.app.counts["Application.tick!"]) == (12, 30)
    with VirtualRun(Clockwork) as third:
        third.sleep(60.25)
        assert (third.app.counts["timer"], third.app.counts["Application.tick!"]) == (1, 60)
    assert isinstance(first.app, Clockwork)
    assert len({id(run.app) for run in (first, second, third)}) == 3


def test_the_outside_is_waited_for_in_real_time() -> None:
    """A server under test is asked over a socket, and no timeout of anybody comes first."""

    async def ask(app: Clockwork) -> bytes:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        async with server, asyncio.timeout(30):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer + await app.run_in_thread(lambda: b"and a thread")

    with VirtualRun(Clockwork) as run:
        assert run.wait_for(ask(run.app)) == b"and a thread"
        assert run.app.counts["timer"] == 0


def test_an_application_may_stop_by_itself() -> None:
    """A batch ends when it is done, with its own exit code, which the test gets."""

    class Batch(Clockwork):
        async def main(self) -> None:
            await asyncio.sleep(10)
            self.stop(3)

    with VirtualRun(Batch) as run:
        run.sleep(60)
        assert run.app.counts["Application.exit!"] == 1
        assert run.app.counts["Application.tick!"] in (9, 10)
        assert run.stop() == 3


def test_a_failure_of_the_application_fails_the_test() -> None:
    """An exception in `main()` is logged and stops the application; a test that did not look would pass."""

    class Broken(Clockwork):
        async def main(self) -> None:
            await asyncio.sleep(10)
            raise ValueError("broken")

    def live(error: Exception | None = None) -> None:
        with VirtualRun(Broken) as run:
            run.sleep(60)
            if error is not None:
                raise error

    with pytest.raises(AssertionError, match=r"^Broken ended with exit code 70; its log says why$"):
        live()
    with pytest.raises(LookupError, match="of the test"):
        live(LookupError("of the test"))  # which says more


def test_a_start_that_fails_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """The next test starts afresh."""

    class Failing(Clockwork):
        async def initialize(self) -> None:
            raise ValueError("cannot start")

    with pytest.raises(SystemExit), VirtualRun(Failing, config={"general": {"tick_period": "0.5"}}):
        pytest.fail("it runs")
    assert "cannot start" in capsys.readouterr().err
    assert Config.getfloat("general", "tick_period") == 1
    with pytest.raises(SystemExit), VirtualRun(Clockwork, args=["--help"]):
        pytest.fail("it runs")
