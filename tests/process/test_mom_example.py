"""The example of the repository does what it says, with both brokers."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.processes import Process

EXAMPLES = Path(__file__).parents[2] / "examples"
PRINTED = "The double of 21 is 42\nReply 42 is Hello World!\n"


def test_the_example_runs_without_a_server(tmp_path: Path) -> None:
    """Whoever has cloned the repository sees something at once."""
    with Process(sys.executable, str(EXAMPLES / "mom.py"), cwd=tmp_path) as process:
        assert process.wait() == 0
        assert process.stdout == PRINTED


def test_the_example_runs_with_rabbitmq_by_its_configuration(tmp_path: Path, amqp_url: str) -> None:
    """The step to a server is a matter of configuration."""
    config = (EXAMPLES / "mom.conf").read_text("utf-8")
    (tmp_path / "mom.conf").write_text(config.replace("amqp://guest:guest@localhost/", amqp_url))
    with Process(sys.executable, str(EXAMPLES / "mom.py"), "-c", "mom.conf", cwd=tmp_path) as process:
        assert process.wait() == 0
        assert process.stdout == PRINTED
