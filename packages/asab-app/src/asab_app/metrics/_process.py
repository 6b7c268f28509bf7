"""What the operating system knows of this process, under the names that all of Prometheus' clients have for it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from asab_app.metrics.family import Family, one

_PROC: Final = Path("/proc")
_START: Final = time.time()  # where the operating system does not tell: this layer is imported early


def families() -> Iterator[Family]:
    """Go through what there is to tell; without `/proc` that is the processor time and the start."""
    times = os.times()
    seconds = times.user + times.system
    yield one("process_cpu_seconds", "counter", "Processor time, that of user and of system, in seconds.", seconds)
    start = _START
    # A container may forbid any of it, and elsewhere than on Linux it is not there.
    with contextlib.suppress(OSError, ValueError, IndexError):
        # The name of the program stands in brackets, and may hold any characters.
        fields = (_PROC / "self/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        start = _boot_time() + int(fields[19]) / os.sysconf("SC_CLK_TCK")
        yield one("process_threads", "gauge", "Threads.", int(fields[17]))
        yield one("process_virtual_memory_bytes", "gauge", "Virtual memory in bytes.", int(fields[20]))
    if (resident := resident_memory()) is not None:
        yield one("process_resident_memory_bytes", "gauge", "Resident memory in bytes.", resident)
    yield one("process_start_time_seconds", "gauge", "Start of the process, in seconds since the epoch (UTC).", start)
    with contextlib.suppress(OSError):
        # Listing them takes one more.
        open_fds = len(os.listdir(_PROC / "self/fd")) - 1
        yield one("process_open_fds", "gauge", "Open file descriptors.", open_fds)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        yield one("process_max_fds", "gauge", "Most file descriptors that may be open.", limit)


def resident_memory() -> int | None:
    """Return the bytes of memory that the process has now, where the system tells."""
    try:
        return int((_PROC / "self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _boot_time() -> int:
    lines = (_PROC / "stat").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("btime "))
