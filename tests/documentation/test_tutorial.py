"""What the tutorial says and its own commands do not show."""

from __future__ import annotations

import shutil
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.documentation.blocks import ROOT, blocks
from tests.support.processes import free_port, python

TUTORIAL = ROOT / "docs" / "tutorial"


@pytest.mark.slow
def test_guests_are_thanked_through_rabbitmq(tmp_path: Path, amqp_url: str) -> None:
    """The way from memory to a server is the configuration that the page shows."""
    for file in TUTORIAL.glob("*.py"):
        shutil.copy(file, tmp_path)
    (shown,) = [block.text for block in blocks(TUTORIAL / "5-thanks.md") if block.language == "ini"]
    port = free_port()
    configuration = shown.replace("amqp://guest:guest@localhost/", amqp_url)
    assert configuration != shown
    (tmp_path / "rabbit.conf").write_text(f"{configuration}\n[asab:web]\nlisten = 127.0.0.1:{port}\n", "utf-8")
    with python("thanks.py", "-c", "rabbit.conf", cwd=tmp_path) as process:
        process.wait_for("is ready", "stderr")
        form = urllib.parse.urlencode({"guest": "Ann", "text": "Lovely"}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/guests", form) as answer:
            assert answer.status == 201
        process.wait_for("Thank you, Ann", "stderr")
        assert process.stop() == 0
