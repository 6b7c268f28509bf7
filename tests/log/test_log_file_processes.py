"""The log file with several processes at once: children of a fork, daemons, and strangers with the same file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.log.log_files import lines_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    RunScript = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")

# Two threads of the parent and of each child log at once, the children from the middle of the parent's work.
FAMILY = """
import logging, os, sys, threading, warnings
from asab_log._log_file import LogFile

warnings.simplefilter("ignore", DeprecationWarning)  # a fork with threads: that is what is tried
file = LogFile(sys.argv[1], int(sys.argv[2]), rotate_size=int(sys.argv[3]))
root = logging.getLogger()
root.addHandler(file)
forked = threading.Event()

def log(name):
    for number in range(200):
        root.warning("%s-%03d %s", name, number, "x" * (number % 50))
        if number == 50:
            forked.wait()

def work(name):
    threads = [threading.Thread(target=log, args=(f"{name}{letter}",)) for letter in "ab"]
    for thread in threads:
        thread.start()
    return threads

threads = work("parent")
children = []
for child in range(4):
    pid = os.fork()
    if pid == 0:
        forked = threading.Event()  # a thread of the parent may have held the lock of the other
        forked.set()
        for thread in work(f"child{child}"):
            thread.join()
        assert file.lost == 0
        logging.shutdown()
        os._exit(0)
    children.append(pid)
forked.set()
for thread in threads:
    thread.join()
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
logging.shutdown()
print(codes, file.lost)
"""
NAMES = [f"{who}{letter}" for who in ("parent", "child0", "child1", "child2", "child3") for letter in "ab"]
EXPECTED = sorted(f"{name}-{number:03d} {'x' * (number % 50)}" for name in NAMES for number in range(200))


@pytest.mark.parametrize(("backup_count", "rotate_size"), [(0, 0), (900, 2000)], ids=["one file", "rotating"])
def test_after_a_fork_each_line_is_there_once(
    tmp_path: Path, run_script: RunScript, backup_count: int, rotate_size: int
) -> None:
    """A buffer would be written by both; a lock that is lost would tear lines, or rotate the same file twice."""
    done = run_script(FAMILY, str(tmp_path / "log"), str(backup_count), str(rotate_size))
    assert (done.stdout, done.stderr) == ("[0, 0, 0, 0] 0\n", "")
    assert sorted(lines_of(tmp_path)) == EXPECTED


STRANGER = """
import logging, sys
from asab_log._log_file import LogFile

file = LogFile(sys.argv[1], 900, rotate_size=2000)
for number in range(500):
    file.handle(logging.makeLogRecord({"msg": f"{sys.argv[2]}-{number:03d}"}))
    if number % 50 == 0:
        file.rotate_now()
file.close()
print(file.lost)
"""


def test_processes_that_rotate_one_file_lose_nothing(tmp_path: Path) -> None:
    """Workers of one service share a log; each of them finds it full, and each gets the signal."""
    import subprocess

    command = [sys.executable, "-X", "dev", "-W", "error", "-c", STRANGER, str(tmp_path / "log")]
    processes = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    for process in processes:
        assert process.communicate(timeout=60) == ("0\n", "")
    assert sorted(lines_of(tmp_path)) == [f"{process}-{number:03d}" for process in range(4) for number in range(500)]


DAEMON = """
import logging, os, sys
import asab_log

asab_log.setup(file=sys.argv[1])
before = asab_log.get_logger("daemon")
before.warning("before")
if pid := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
os.setsid()
os.closerange(3, 1000)
data = open(sys.argv[2], "w")  # gets the number that the log's descriptor had
before.warning("after")
data.close()
"""


def test_a_daemon_that_closes_all_descriptors_goes_on_logging(tmp_path: Path, run_script: RunScript) -> None:
    """It is what the libraries for daemons do; and no line may go to the file that has got the number meanwhile."""
    log, data = tmp_path / "log", tmp_path / "data"
    done = run_script(DAEMON, str(log), str(data))
    assert done.returncode == 0, done.stderr
    assert data.read_text() == ""
    assert [line.split()[-1] for line in log.read_text().splitlines()] == ["before", "after"]
