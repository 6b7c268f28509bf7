"""Processes that fork with syslog set up: whose record is whose."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.log.conftest import LineServer

    RunScript = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

HEAD = """
import asyncio, logging, os, socket, sys, asab_log

def emit(*texts):
    for text in texts:
        handler.handle(logging.makeLogRecord({"msg": text}))

def make(loop):
    handler = asab_log.AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", int(sys.argv[1])))
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler
"""

IN_MID_FLIGHT = """
async def main():
    global handler
    asyncio.get_running_loop().slow_callback_duration = 60  # it waits for the child
    handler = make(asyncio.get_running_loop())
    emit("before")
    assert await handler.drain(30)
    emit("queued")
    child = os.fork()
    if child == 0:
        assert handler.counts() == (0, 0, 0, 0), handler.counts()
        emit("child")
        assert handler.counts() == (1, 0, 0, 1), handler.counts()
        handler.close()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    emit("after")
    await handler.aclose(30)
    assert handler.counts() == (3, 3, 0, 0), handler.counts()

asyncio.run(main())
"""

DAEMONISED = """
loop = asyncio.new_event_loop()
handler = make(loop)
emit("parent")
loop.run_until_complete(handler.drain(30))
if os.fork():
    os._exit(0)
emit("child")
loop.run_until_complete(handler.aclose(30))
assert handler.counts() == (1, 1, 0, 0), handler.counts()
loop.close()
"""

WORKERS = """
import multiprocessing

def work(number):
    global handler
    async def main():
        global handler
        handler = make(asyncio.get_running_loop())
        emit(*[f"worker {number} {n}" for n in range(100)])
        await handler.aclose(30)
    asyncio.run(main())
    return os.getpid()

async def main():
    global handler
    handler = make(asyncio.get_running_loop())
    emit(*["parent"] * 100)
    with multiprocessing.get_context("fork").Pool(3) as pool:
        pids = pool.map(work, range(6), 1)
    assert os.getpid() not in pids
    await handler.aclose(30)

asyncio.run(main())
"""


async def run(run_script: RunScript, code: str, port: int) -> subprocess.CompletedProcess[str]:
    return await asyncio.get_running_loop().run_in_executor(None, run_script, HEAD + code, str(port))


async def test_a_child_leaves_its_parents_line_and_records(line_server: LineServer, run_script: RunScript) -> None:
    """A record that both send comes twice, and what the child writes into the parent's line tears its records."""
    done = await run(run_script, IN_MID_FLIGHT, line_server.port)
    assert (done.returncode, done.stderr) == (0, "")
    assert await line_server.take(3) == ["before", "queued", "after"]
    assert line_server.lines.empty()


async def test_a_daemon_that_forks_after_the_set_up_logs_on(line_server: LineServer, run_script: RunScript) -> None:
    """The child takes the loop over, and with it the log; what the parent has sent does not come again."""
    done = await run(run_script, DAEMONISED, line_server.port)
    assert done.returncode == 0
    assert await line_server.take(2) == ["parent", "child"]
    assert line_server.lines.empty()


async def test_workers_with_handlers_of_their_own_mix_nothing(line_server: LineServer, run_script: RunScript) -> None:
    """Each process has a line of its own; that is how workers log to syslog."""
    done = await run(run_script, "import warnings; warnings.simplefilter('ignore')\n" + WORKERS, line_server.port)
    assert done.returncode == 0, done.stderr
    lines = await line_server.take(700)
    expected = ["parent"] * 100 + [f"worker {number} {n}" for number in range(6) for n in range(100)]
    assert sorted(lines) == sorted(expected)
