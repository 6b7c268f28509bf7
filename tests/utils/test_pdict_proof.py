"""`PersistentDict` killed at random moments, and shared by many."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from asab_utils import PersistentDict
from tests.support.killing import kill_writers
from tests.support.proof import repetitions


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_nothing_acknowledged_is_lost_by_a_kill_at_any_moment(tmp_path: Path) -> None:
    """Every key has its old or its new value, and an update is whole."""
    assert kill_writers(tmp_path / "state", repetitions(small=200, full=1000)) > 0


SHARER = """
import sys, threading
from asab_utils import PersistentDict

def work(thread):
    for i in range(int(sys.argv[3])):
        state[int(sys.argv[2]), thread, i] = i

state = PersistentDict(sys.argv[1])
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_eight_processes_with_eight_threads_each_lose_nothing(tmp_path: Path) -> None:
    """They open one new file at the same moment, and write it for all they are worth."""
    path, count = tmp_path / "state", repetitions(small=50, full=500)
    processes = [subprocess.Popen([sys.executable, "-c", SHARER, path, str(n), str(count)]) for n in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    with PersistentDict(path) as state:
        assert len(state) == 64 * count
        assert all(value == key[2] for key, value in state.items())
