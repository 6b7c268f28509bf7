"""The watchdog of the event loop: whoever blocks the loop is named, and nobody else."""

from __future__ import annotations

import re
import signal
import textwrap
from pathlib import Path

import pytest

from tests.support.processes import UNMEASURED, Process, python

PROGRAM = """\
import asyncio, os, signal, sys, threading, time
import asab
from asab_utils.testing import VirtualLoop


class App(asab.Application):
    {attribute}

    async def main(self):
{main}


{before}
code = App().run()
print("threads after:", threading.active_count())
sys.exit(code)
"""


def app(folder: Path, main: str, limit: str = "0.3", attribute: str = "", before: str = "") -> Process:
    """A process of an application with this `main()`, one more attribute, and something that is done before."""
    main = textwrap.indent(textwrap.dedent(main).strip(), " " * 8)
    (folder / "app.py").write_text(PROGRAM.format(main=main, attribute=attribute, before=before))
    (folder / "app.conf").write_text(f"[general]\nloop_watchdog = {limit}\n")
    # asyncio's debug mode is slow enough to be named itself.
    return python("app.py", "-c", "app.conf", cwd=folder, env={"PYTHONASYNCIODEBUG": None, **UNMEASURED})


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "app.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("time.sleep(0.3)", id="waiting"),
        pytest.param("while time.monotonic() < end: pass", id="computing"),
        pytest.param("sum(range(100_000_000))", id="in one call that lets no other thread run"),
    ],
)
def test_who_blocks_the_loop_is_named_with_file_line_and_function(tmp_path: Path, block: str) -> None:
    """Else everybody has latency and nobody knows why."""
    main = f"""
        def work():
            {block}
        await asyncio.sleep(0)
        end = time.monotonic() + 0.3
        work()
        await asyncio.sleep(0)
        self.stop()
    """
    with app(tmp_path, main) as process:
        assert process.wait() == 0
    lines = [line for line in process.stderr.splitlines() if "blocked" in line]
    assert len(lines) == 1, process.report()
    where = rf"{re.escape(str(tmp_path))}/app\.py:{line_of(tmp_path, block)}\)"
    assert re.search(rf"by work \({where}: .*main \(.*> work \({where}", lines[0])
    assert 'function="work"' in lines[0]


def test_a_block_is_named_while_it_lasts_and_once(tmp_path: Path) -> None:
    """The operator of a process that hangs for ever sees where, without a debugger."""
    main = """
        def work():
            while not os.path.exists("enough"):
                time.sleep(0.01)
        work()
        self.stop()
    """
    with app(tmp_path, main, limit="0.05") as process:
        process.wait_for("has been blocked for .* by work", "stderr")
        assert not process.ended_within(0.5)
        (tmp_path / "enough").touch()
        assert process.wait() == 0
    assert process.stderr.count("blocked") == 1


def test_every_block_is_named(tmp_path: Path) -> None:
    """The second one may have another cause."""
    main = """
        def first(): time.sleep(0.3)
        def second(): time.sleep(0.3)
        for work in (first, second):
            work()
            await asyncio.sleep(0.01)
        self.stop()
    """
    with app(tmp_path, main) as process:
        assert process.wait() == 0
    assert re.findall(r"by (\w+) \(", process.stderr) == ["first", "second"], process.report()


def test_waiting_and_many_short_callbacks_are_no_block(tmp_path: Path) -> None:
    """A warning that cries wolf is switched off."""
    main = """
        await asyncio.sleep(0.5)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            await asyncio.sleep(0)
        await asyncio.to_thread(time.sleep, 0.5)
        self.stop()
    """
    with app(tmp_path, main, limit="0.3") as process:
        assert process.wait() == 0
    assert "blocked" not in process.stderr


def test_a_stopped_process_is_no_block(tmp_path: Path) -> None:
    """After a suspended laptop or a paused container nobody is to blame."""
    main = """
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGSTOP)
        await asyncio.sleep(0.5)
        self.stop()
    """
    with app(tmp_path, main) as process:
        while "State:\tT" not in Path(f"/proc/{process.pid}/status").read_text():
            assert not process.ended_within(0.01), process.report()
        assert not process.ended_within(1.0)
        process.send(signal.SIGCONT)
        assert process.wait() == 0
    assert "blocked" not in process.stderr


def test_a_block_after_a_stop_is_named_without_the_time_of_the_stop(tmp_path: Path) -> None:
    """The stop must not be an excuse either."""
    main = """
        def work():
            os.kill(os.getpid(), signal.SIGSTOP)
            while not os.path.exists("enough"):
                time.sleep(0.01)
        work()
        self.stop()
    """
    with app(tmp_path, main) as process:
        while "State:\tT" not in Path(f"/proc/{process.pid}/status").read_text():
            assert not process.ended_within(0.01), process.report()
        assert not process.ended_within(3.0)
        process.send(signal.SIGCONT)
        said = process.wait_for("blocked", "stderr")
        (tmp_path / "enough").touch()
        assert process.wait() == 0
    seconds = re.search(r"blocked for ([\d.]+) s by work", said)
    assert seconds is not None
    assert float(seconds[1]) < 3


COUNT = """
    print("threads:", threading.active_count())
    self.stop()
"""


def test_the_thread_ends_with_the_application(tmp_path: Path) -> None:
    """What a program does after `run()` is not watched, and nothing keeps it from its end."""
    with app(tmp_path, COUNT) as process:
        assert process.wait() == 0
    assert process.stdout == "threads: 2\nthreads after: 1\n"


def test_zero_switches_it_off(tmp_path: Path) -> None:
    """Who counts every wake-up of the processor needs no watchdog."""
    with app(tmp_path, COUNT, limit="0") as process:
        assert process.wait() == 0
    assert process.stdout.startswith("threads: 1\n")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"before": "sys.settrace(lambda *_: None)"}, id="under a debugger"),
        pytest.param({"attribute": "create_event_loop = staticmethod(VirtualLoop)"}, id="virtual clock"),
    ],
)
def test_there_is_no_thread_where_time_does_not_pass(tmp_path: Path, changes: dict[str, str]) -> None:
    """At a breakpoint, and where a test turns the clock, a pause is no fault."""
    with app(tmp_path, COUNT, **changes) as process:
        assert process.wait() == 0
    assert process.stdout.startswith("threads: 1\n"), process.report()


def test_the_lag_is_a_number(tmp_path: Path) -> None:
    """A metric shows how the loop does, block or none."""
    main = """
        ticks = asyncio.Queue()
        self.PubSub.subscribe("Application.tick!", ticks.put_nowait)
        await ticks.get()
        print(self.Health.lag < 0.5)
        time.sleep(0.5)
        await ticks.get()
        print(self.Health.lag >= 0.5)
        self.stop()
    """
    with app(tmp_path, main) as process:
        assert process.wait() == 0
    assert process.stdout.startswith("True\nTrue\n"), process.report()


def test_a_threshold_that_is_no_time_is_refused(tmp_path: Path) -> None:
    """A typing error is said at the start, and not by a watchdog that sleeps."""
    with app(tmp_path, COUNT, limit="soon") as process:
        assert process.wait() == 78
    assert "loop_watchdog" in process.stderr
    assert "Traceback" not in process.stderr
    assert len(process.stderr.splitlines()) == 1
