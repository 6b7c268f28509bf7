"""`-k`: asks, waits, kills in the end, says what it did, and never ends a process that is not the daemon."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.daemons import Daemons, ordinary_user, runs, wait_for_end

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

WITNESS = """
    class MyApplication(asab.Application):
        async def initialize(self):
            Witness(self)
    """


@pytest.fixture
def daemons() -> Iterator[Daemons]:
    with Daemons() as daemons:
        yield daemons


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of a process that nobody may end but the test."""
    with subprocess.Popen(["sleep", "300"]) as process:
        yield process.pid
        assert process.poll() is None
        process.kill()


def test_the_daemon_has_ended_when_kill_returns(daemons: Daemons) -> None:
    """Whatever it had to finish is finished, and it can be started again at once."""
    daemons.write(WITNESS)
    pid = daemons.start()
    process = daemons.call("-k")
    assert process.stdout == f"app.py: has ended in the background, pid {pid}\n"
    wait_for_end(pid)
    assert daemons.notes == ["initialize", "finalize"]
    assert not daemons.pidfile.exists()
    assert runs(daemons.start())


def test_a_daemon_that_does_not_end_is_killed_and_that_is_said(daemons: Daemons) -> None:
    """With another exit code, for what it had to finish is not finished."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def main(self):
                note("main")
                time.sleep(300)
        """,
        kill_timeout=0.5,
    )
    pid = daemons.start()
    process = daemons.call("-k", code=70)
    assert process.stderr == f"app.py: did not end within 0.5 s in the background and was killed, pid {pid}\n"
    wait_for_end(pid)
    assert not daemons.pidfile.exists()


def test_a_daemon_that_is_starting_can_be_ended(daemons: Daemons) -> None:
    """A start that hangs is where an operator needs it most, and the one who waits for it learns of the end."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def initialize(self):
                print("waits", file=sys.stderr)
                time.sleep(300)
        """,
        kill_timeout=0.5,
    )
    with daemons.begin("-d") as start:
        start.wait_for("^waits", "stderr")
        daemons.call("-k", code=70)
        assert start.wait() == 137


def test_without_a_daemon_there_is_nothing_to_do(daemons: Daemons) -> None:
    """A script that stops before it starts goes on."""
    daemons.write(WITNESS)
    process = daemons.call("-k")
    assert process.stdout == f"app.py: does not run in the background, by its pidfile {daemons.pidfile}\n"
    assert daemons.notes == []


def test_a_pid_that_is_another_programs_is_not_ended(daemons: Daemons, stranger: int) -> None:
    """Pids are used again; the file of a dead daemon goes away."""
    daemons.write(WITNESS)
    daemons.pidfile.write_text(f"{stranger}\n")
    process = daemons.call("-k")
    assert "does not run" in process.stdout
    assert not daemons.pidfile.exists()


def test_a_daemon_cannot_have_another_program_ended(daemons: Daemons, stranger: int) -> None:
    """Root ends it, and it has write access to its own pidfile: the system's word counts, not the file's."""
    daemons.write(WITNESS)
    pid = daemons.start()
    daemons.pidfile.write_text(f"{stranger}\n")
    process = daemons.call("-k", code=69)
    assert "is not the process that holds it" in process.stderr
    daemons.pidfile.write_text(f"{pid}\n")
    daemons.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv of util-linux is not there")
def test_whoever_may_not_end_the_daemon_is_told(daemons: Daemons) -> None:
    """It runs on."""
    daemons.write(WITNESS)
    pid = daemons.start()
    with ordinary_user("-c", "app.conf", "-k", cwd=daemons.folder) as process:
        assert process.wait() == 77, process.report()
        assert process.stderr == "app.py: the daemon cannot be ended by user 4711: Operation not permitted\n"
    assert runs(pid)


def test_start_and_kill_exclude_each_other(daemons: Daemons) -> None:
    """Which comes first would be a guess."""
    daemons.write(WITNESS)
    assert "not allowed with" in daemons.call("-d", "-k", code=2).stderr
