"""The example of the repository does what it says, with both brokers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.processes import Process

EXAMPLES = Path(__file__).parents[2] / "examples"
PRINTED = "The double of 21 is 42\nReply 42 is Hello World!\n"


def test_the_example_runs_without_a_server(tmp_path: Path) -> None:
    """Whoever has cloned the repository sees something at once."""
    with Process(sys.executable, str(EXAMPLES / "mom.py"), cwd=tmp_path) as process:
        assert process.wait() == 0
        assert process.stdout == PRINTED


@pytest.fixture
def configured(tmp_path: Path, amqp_url: str) -> Path:
    """A folder with the configuration of the example, for the server of the tests."""
    config = (EXAMPLES / "mom.conf").read_text("utf-8")
    (tmp_path / "mom.conf").write_text(config.replace("amqp://guest:guest@localhost/", amqp_url))
    return tmp_path


def with_rabbitmq(folder: Path) -> Process:
    return Process(sys.executable, str(EXAMPLES / "mom.py"), "-c", "mom.conf", cwd=folder)


def test_the_example_runs_with_rabbitmq_by_its_configuration(configured: Path) -> None:
    """The step to a server is a matter of configuration."""
    with with_rabbitmq(configured) as process:
        assert process.wait() == 0
        assert process.stdout == PRINTED


@pytest.mark.slow
def test_a_stop_says_nothing_of_the_queues_that_go_with_it(configured: Path) -> None:
    """A warning at a stop teaches operators to read over warnings; it came with every second one."""
    for _ in range(8):
        with with_rabbitmq(configured) as process:
            assert process.wait() == 0
            assert "WARNING" not in process.stderr
