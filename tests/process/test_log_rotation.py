"""SIGHUP under load: an application that logs from many threads while its file is rotated, by it and by others."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.processes import python

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP on this system")

ROTATIONS = 15

APPLICATION = f"""
import asyncio, logging
import asab
from asab_log import LOG_NOTICE

L = logging.getLogger("load")

class MyApplication(asab.Application):
    async def initialize(self):
        self.rotations = 0
        self.PubSub.subscribe("Application.hup!", self.on_hup)

    def on_hup(self, message_type):
        self.rotations += 1
        print("rotated", self.rotations, flush=True)

    async def main(self):
        print("logging", flush=True)
        counts = await asyncio.gather(*[asyncio.to_thread(self.log, thread) for thread in range(4)])
        print("logged", *counts, "lost", self.Logging.lost, flush=True)
        self.stop()

    def log(self, thread):
        number = 0
        while self.rotations < {ROTATIONS} or number < 100:
            L.log(LOG_NOTICE, "%d-%04d %s", thread, number, "x" * (number % 100))
            number += 1
        return number

raise SystemExit(MyApplication().run())
"""


@pytest.mark.slow
@pytest.mark.parametrize("who", ["the application", "logrotate", "logrotate with create"])
def test_a_rotation_under_load_loses_nothing_and_tears_no_line(tmp_path: Path, who: str) -> None:
    """A log with a hole at midnight is missed when the accident was at midnight."""
    logs = tmp_path / "logs"
    logs.mkdir()
    log = logs / "app.log"
    (tmp_path / "app.py").write_text(dedent(APPLICATION))
    backups = 10_000 if who == "the application" else 0
    conf = f"[logging:file]\npath={log}\nformat=%(name)s %(message)s\nbackup_count={backups}\n"
    (tmp_path / "app.conf").write_text(conf)
    with python("app.py", "-c", "app.conf", cwd=tmp_path) as process:
        process.wait_for("^logging")
        for round_ in range(1, ROTATIONS + 1):
            if who != "the application":
                log.rename(logs / f"app.log.{round_}")
            if who == "logrotate with create":
                os.close(os.open(log, os.O_CREAT))
            process.send(signal.SIGHUP)
            process.wait_for(f"^rotated {round_}$")
        *counts, _, lost = process.wait_for("^logged").split()[1:]
        assert process.wait() == 0, process.stderr
    assert lost == "0"
    texts = [path.read_text(encoding="utf-8") for path in logs.iterdir()]
    assert len(texts) == ROTATIONS + 1
    lines = [line for text in texts for line in text.split("\n") if line.startswith("load ")]
    expected = [f"load {t}-{n:04d} {'x' * (n % 100)}" for t in range(4) for n in range(int(counts[t]))]
    assert sorted(lines) == sorted(expected)
