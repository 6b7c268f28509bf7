"""The example of many processes on a cluster, as docs/scale.md shows it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from examples.scale.demonstrate import Count, read
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


async def test_what_a_process_had_half_said_when_it_was_killed_does_not_count() -> None:
    """A killed process ends in the middle of a line, if it comes to that."""
    count = Count()
    process = await asyncio.create_subprocess_exec("printf", r"accepted 1\naccepted", stdout=asyncio.subprocess.PIPE)
    await read(process, count)
    assert count.missing() == {"1"}
