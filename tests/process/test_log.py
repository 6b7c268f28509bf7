"""The log of a real application: what asyncio and Python say of its mistakes, its levels, its context."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import python

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION = """
import asyncio, gc, warnings
import asab

class MyApplication(asab.Application):
    async def main(self):
        task = asyncio.create_task(self.fail())
        await asyncio.wait([task])
        del task
        gc.collect()
        self.Loop.call_soon(self.fail_at_once)
        await asyncio.sleep(0)
        self.never_awaited()
        gc.collect()
        self.stop()
    async def fail(self):
        raise ValueError("of a\\ntask")
    def fail_at_once(self):
        raise ValueError("of a callback")
    async def never_awaited(self):
        pass

if __name__ == "__main__":
    app = MyApplication()
    app.run()
"""
# What is said, and what its traceback ends with.
SAID = (
    ("asyncio", "ERROR", "Task exception was never retrieved", "ValueError: of a\ntask"),
    ("asyncio", "ERROR", "Exception in callback ", "ValueError: of a callback"),
    ("py.warnings", "WARNING", "RuntimeWarning: coroutine 'MyApplication.never_awaited' was never awaited", None),
)


def run(folder: Path, configuration: str) -> tuple[str, str]:
    """What the application writes to stderr and to its log file."""
    (folder / "app.py").write_text(APPLICATION)
    (folder / "app.conf").write_text(configuration)
    with python("app.py", "-c", "app.conf", cwd=folder, env={"PYTHONWARNINGS": "default"}) as process:
        assert process.wait() == 0, process.report()
        log = folder / "log"
        return process.stderr, log.read_text() if log.exists() else ""


@pytest.mark.parametrize("place", ["console", "file"])
def test_lines_have_them_readable(tmp_path: Path, place: str) -> None:
    """The traceback of a task that nobody awaited is the only trace of its failure."""
    err, log = run(tmp_path, "[logging:file]\npath=log\n" if place == "file" else "")
    text = log if place == "file" else err
    for name, level, message, error in SAID:
        pattern = f"^\\S+ \\S+ {level} {name} .*{re.escape(message)}"
        if error is not None:
            below = "\n".join("    " + line for line in error.split("\n"))
            pattern += f".*\n    Traceback \\(most recent call last\\):\n(    .*\n)*{below}\n"
        assert re.search(pattern, text, re.MULTILINE), text
    assert (err == "") == (place == "file")


@pytest.mark.parametrize("place", ["console", "file"])
def test_json_has_them_as_a_string(tmp_path: Path, place: str) -> None:
    """Nothing else may be among the lines, or the collector stumbles."""
    path = "path=log\n" if place == "file" else ""
    err, log = run(tmp_path, f"[logging:{place}]\nformat=json\n{path}")
    records = [json.loads(line) for line in (log if place == "file" else err).splitlines()]
    for name, level, message, error in SAID:
        found = [each for each in records if each["logger"] == name and message in each["message"]]
        assert [each["level"] for each in found] == [level], records
        assert error is None or found[0]["exception"].endswith(error)
    assert (err == "") == (place == "file")


CONTEXT = """
import logging
import asab, asab.log
from asab.proactor import Module

L = logging.getLogger("shop")

class MyApplication(asab.Application):
    async def initialize(self):
        self.add_module(Module)
    async def main(self):
        with asab.log.context(request_id="a1"):
            await self.create_task(self.work())
            await self.run_in_thread(L.warning, "thread")
            await self.get_service("asab.ProactorService").execute(L.warning, "proactor")
        L.warning("outside")
        self.stop()
    async def work(self):
        L.warning("task")

if __name__ == "__main__":
    app = MyApplication()
    app.run()
"""


def test_whatever_an_application_starts_keeps_the_context(tmp_path: Path) -> None:
    """A request is followed through tasks and threads, by whichever of the application's means they are started."""
    (tmp_path / "app.py").write_text(CONTEXT)
    with python("app.py", cwd=tmp_path) as process:
        assert process.wait() == 0, process.report()
        lines = sorted(re.findall(r" WARNING shop (.*)", process.stderr))
    assert lines == [": outside"] + [f'[sd request_id="a1"] : {where}' for where in ("proactor", "task", "thread")]


RELOADED = """
import logging
import asab

class MyApplication(asab.Application):
    async def initialize(self):
        self.PubSub.subscribe("Application.reload!", self.on_reload)
    async def main(self):
        print("main", logging.getLogger("library").level, flush=True)
    def on_reload(self, message_type, changes):
        print("reload", logging.getLogger("library").level, logging.getLogger().level, *changes, flush=True)

if __name__ == "__main__":
    app = MyApplication()
    app.run()
"""


def test_sighup_takes_the_levels_from_the_configuration_again(tmp_path: Path) -> None:
    """A module is looked at closely while the trouble lasts; a mistake in the file changes nothing."""
    (tmp_path / "app.py").write_text(RELOADED)
    conf = tmp_path / "app.conf"
    conf.write_text("[general]\nreload=yes\n[logging]\nlevels=library WARNING\n")
    with python("app.py", "-c", "app.conf", cwd=tmp_path) as process:
        process.wait_for("^main 30$")
        conf.write_text("[general]\nreload=yes\n[logging]\nlevels=library LOUD\n")
        process.send(signal.SIGHUP)
        process.wait_for("stays as it was: .*app.conf:4: .*'LOUD'", "stderr")
        conf.write_text("[general]\nreload=yes\n[logging]\nverbose=yes\nlevels=library DEBUG\n")
        process.send(signal.SIGHUP)
        said = process.wait_for("^reload 10 10 ")
        assert "[logging] levels = library DEBUG (was library WARNING)" in said
        assert process.stop() == 0


def test_a_wrong_level_is_one_line_and_no_start(tmp_path: Path) -> None:
    """With the place of the mistake, and without a traceback."""
    (tmp_path / "app.py").write_text(RELOADED)
    (tmp_path / "app.conf").write_text("[logging]\nlevels=\n  library INFO\n  other LOUD\n")
    with python("app.py", "-c", "app.conf", cwd=tmp_path) as process:
        assert process.wait() == 78
        assert process.stderr.count("\n") == 1
        assert re.search(r"app\.conf:2: \[logging\] levels = .*'LOUD' of 'other LOUD' is no level", process.stderr)
