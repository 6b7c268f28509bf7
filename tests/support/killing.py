"""A `PersistentDict` whose writer is killed at random moments, again and again."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from asab_utils import PersistentDict

_WRITER = """
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


def kill_writers(path: Path, kills: int) -> int:
    """Check after each kill -9 that every key has its old or its new value, and that nothing acknowledged is lost.

    Args:
        path: The file.
        kills: How many writers to start and kill.

    Returns:
        How many rounds of writes the writers have acknowledged in all.
    """
    acknowledged = 0
    for _ in range(kills):
        with subprocess.Popen([sys.executable, "-c", _WRITER, path], stdout=subprocess.PIPE, text=True) as process:
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
    return acknowledged
