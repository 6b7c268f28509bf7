"""The application of the tutorial, with all layers in it, on the Python that runs the tests: CI has them all."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from tests.support.processes import Process, free_port, python

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial"


def copied(folder: Path) -> str:
    """Copy the programs and their configuration, as a reader does; return the address they serve."""
    port = free_port()
    for file in (*TUTORIAL.glob("*.py"), *TUTORIAL.glob("*.conf")):
        text = file.read_text("utf-8").replace("8080", str(port))
        (folder / file.name).write_text(text, encoding="utf-8")
    return f"http://127.0.0.1:{port}/guests"


def started(folder: Path) -> Process:
    return python("figures.py", "-c", "figures.conf", cwd=folder)


def guests(address: str, form: Mapping[str, str] | None = None) -> object:
    """Read the book, or write into it; return the answer."""
    data = urlencode(form).encode() if form else None
    with urllib.request.urlopen(address, data, timeout=30) as answer:
        return json.load(answer)


def test_the_application_of_the_tutorial_does_what_it_is_made_for(tmp_path: Path) -> None:
    """It has settings, a web page, messages, metrics and a state that outlives it, as a user's own has."""
    address = copied(tmp_path)
    with started(tmp_path) as process:
        process.wait_for("is ready", "stderr")
        assert guests(address, {"guest": "Ann", "text": "What a view!"}) == {"guest": "Ann"}
        process.wait_for("Thank you, Ann", "stderr")
        process.wait_for('guests .*entries="1"|entries="1".* guests', "stderr")
        process.send(signal.SIGTERM)
        assert process.wait() == 0, process.report()
        assert "Traceback" not in process.stderr, process.report()
    with started(tmp_path) as process:
        process.wait_for("is ready", "stderr")
        assert guests(address) == {"Ann": "What a view!"}
        process.send(signal.SIGTERM)
        assert process.wait() == 0, process.report()
