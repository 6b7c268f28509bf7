"""1,000 times kill -9 on the writer of a `PersistentDict`; the tests do it 200 times."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.support.killing import kill_writers

if __name__ == "__main__":
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        acknowledged = kill_writers(Path(folder) / "state", kills)
    seconds = time.monotonic() - begin
    print(f"{kills} kills in {seconds:.0f} s; of {acknowledged} acknowledged rounds of writes none is lost")
