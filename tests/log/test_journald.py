"""What systemd's journal makes of our records at /dev/log: a journal of the test's own, in namespaces of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asab_log import LOG_NOTICE, AsyncIOHandler
from asab_log._syslog_formatters import LocalRFC3164Formatter

if TYPE_CHECKING:
    from collections.abc import Iterator

JOURNALD = Path("/lib/systemd/systemd-journald")
PROGRAMS = ("unshare", "mount", "journalctl")
# A /run of its own, which ends with the process; its pid is what it is started as, for `exec` keeps it.
SCRIPT = f"mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal && exec {JOURNALD}"
TIMEOUT = 30.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux"
        or os.geteuid() != 0
        or not JOURNALD.exists()
        or not all(map(shutil.which, PROGRAMS))
        or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode != 0,
        reason="needs systemd-journald, namespaces and root",
    ),
]


@pytest.fixture
def run_folder() -> Iterator[Path]:
    """The /run of a journal, as it is seen from outside."""
    process = subprocess.Popen(["unshare", "-m", "sh", "-c", SCRIPT], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        folder = Path(f"/proc/{process.pid}/root/run")
        end = time.monotonic() + TIMEOUT
        while not (folder / "systemd/journal/dev-log").exists() or _unmounted(process.pid):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < end
            time.sleep(0.01)  # it has no event for the one who waits outside
        yield folder
    finally:
        process.kill()
        process.communicate()


def _unmounted(pid: int) -> bool:
    """Whether it still sees the machine's own /run."""
    return " /run " not in Path(f"/proc/{pid}/mountinfo").read_text() or (
        Path(f"/proc/{pid}/root/run").stat().st_dev == Path("/run").stat().st_dev
    )


def entries(run_folder: Path, count: int) -> list[dict[str, Any]]:
    command = ["journalctl", "-D", str(run_folder / "log/journal"), "-o", "json", "--all", "_TRANSPORT=syslog"]
    end = time.monotonic() + TIMEOUT
    while True:
        text = subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT).stdout
        found = [json.loads(line) for line in text.splitlines()]
        if len(found) >= count:
            return found
        assert time.monotonic() < end
        time.sleep(0.05)


async def test_the_journal_has_each_record_with_its_fields(run_folder: Path) -> None:
    """On most machines /dev/log is the journal."""
    path = str(run_folder / "systemd/journal/dev-log")
    handler = AsyncIOHandler(asyncio.get_running_loop(), socket.AF_UNIX, socket.SOCK_DGRAM, path)
    formatter = LocalRFC3164Formatter()
    handler.setFormatter(formatter)
    messages = ["one", "two\nlines\0", "ž [\x1b]", "<0>Nov 25 07:08:09 forged[1]: x", "", " spaces "]
    for message in messages:
        record = {"name": "bees", "levelno": LOG_NOTICE, "msg": message, "_struct_data": {"key": 'a"]\n'}}
        handler.handle(logging.makeLogRecord(record))
    await handler.aclose(TIMEOUT)
    found = await asyncio.get_running_loop().run_in_executor(None, entries, run_folder, len(messages))
    data = r'bees [sd key="a\"\]\\n"] : '
    shown = [data + text for text in ("one", r"two\nlines\x00", r"ž [\x1b]", messages[3], "", " spaces ")]
    assert [entry["MESSAGE"].rstrip() for entry in found] == [text.rstrip() for text in shown]
    fields = {(entry["PRIORITY"], entry["SYSLOG_FACILITY"], entry["SYSLOG_PID"]) for entry in found}
    assert fields == {("5", "16", str(os.getpid()))}
