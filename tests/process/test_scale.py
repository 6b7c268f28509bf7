"""The example of many processes on a cluster, as docs/scale.md shows it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.processes import Process
from tests.support.proof import repetitions
from tests.support.rabbitmq import missing, program

ROOT = Path(__file__).parents[2]


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_a_process_and_a_node_of_a_cluster_are_killed_and_no_order_is_missing() -> None:
    """What the page says of the example is what a reader sees who runs it."""
    if program() is None:
        missing()
    command = [sys.executable, "-m", "examples.scale.demonstrate"]
    with Process(*command, "--orders", str(repetitions(100, 1000)), cwd=ROOT) as example:
        example.wait_for("nothing is missing", deadline=100)
        assert example.wait() == 0
