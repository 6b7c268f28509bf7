"""A signal may come at any moment of an application's life."""

from __future__ import annotations

import random
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import python
from tests.support.proof import repetitions

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import asab


class Witness(asab.Service):
    async def initialize(self, app):
        print("start", self.Name)

    async def finalize(self, app):
        print("end", self.Name)


class MyApplication(asab.Application):
    async def initialize(self):
        for name in ("first", "second", "third"):
            Witness(self, name)
        print("start application")

    async def finalize(self):
        print("end application")


if __name__ == "__main__":
    app = MyApplication()
    app.run()
"""


@pytest.mark.proof
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a process could answer")
def test_what_was_started_is_ended_once_whenever_sigterm_comes(tmp_path: Path) -> None:
    """A service manager stops a server when it likes, in the middle of its start too: nothing hangs or stays open."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    moments = random.Random(15)
    for _ in range(repetitions(small=10, full=200)):
        with python(program, cwd=tmp_path) as process:
            time.sleep(moments.uniform(0, 0.5))
            code = process.stop(signal.SIGTERM)
            assert "Traceback" not in process.stderr, process.report()
            lines = process.stdout.split("\n")[:-1]
            started = [line.removeprefix("start ") for line in lines if line.startswith("start ")]
            ended = [line.removeprefix("end ") for line in lines if line.startswith("end ")]
            components = [name for name in started if name != "application"]
            assert ended == components[::-1] + ["application"] * started.count("application"), process.report()
            # Before the application has taken the signals over, and after it has given them back, the system ends the
            # process as it ends any other; then nothing had been started, or all was ended.
            assert code in (0, -signal.SIGTERM), process.report()
