"""`PersistentDict` killed at random moments, and shared by many."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from asab_utils import PersistentDict
from tests.support.proof import repetitions

WRITER = """
import sys
from asab_utils import PersistentDict
state = PersistentDict(sys.argv[1])
n = state.get("n", 0)
while True:
    n += 1
    state.update({"n": n, "twin": n})
    state["single"] = n
    state[n % 100] = [n] * 50
    state.pop((n - 50) % 100, None)
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_nothing_acknowledged_is_lost_by_a_kill_at_any_moment(tmp_path: Path) -> None:
    """Every key has its old or its new value, and an update is whole."""
    path = tmp_path / "state"
    acknowledged = 0
    for _ in range(repetitions(small=200, full=1000)):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(random.randrange(1, 30)):
                acknowledged = int(process.stdout.readline())
            process.kill()
            rest = process.stdout.read().splitlines(keepends=True)
        acknowledged = max([acknowledged, *(int(line) for line in rest if line.endswith("\n"))])
        with PersistentDict(path) as state:
            n = state["n"]
            assert acknowledged <= n <= acknowledged + 1
            assert state["twin"] == n
            assert n - 1 <= state["single"] <= n
            assert all(isinstance(key, str) or value == [value[0]] * 50 for key, value in state.items())


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
