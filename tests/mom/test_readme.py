"""The first page of the wheel does what it says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support.processes import Process

README = Path(__file__).parents[2] / "packages" / "asab-mom" / "README.md"


def first_program() -> str:
    return str(re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0])


def test_the_first_program_runs_without_a_server(tmp_path: Path) -> None:
    """It is the first thing that a newcomer tries."""
    (tmp_path / "main.py").write_text(first_program())
    with Process(sys.executable, "main.py", cwd=tmp_path) as process:
        assert process.wait() == 0
        assert process.stdout == "Received b'Hello World!'\n"


def test_the_first_program_runs_with_rabbitmq_as_described(tmp_path: Path, amqp_url: str) -> None:
    """The step from the example to the server is two lines."""
    program = first_program().replace("asab_mom.MemoryBroker(self)", "AMQPBroker(self)")
    (tmp_path / "main.py").write_text(f"from asab_mom.amqp import AMQPBroker\n{program}")
    (tmp_path / "main.conf").write_text(f"[asab:mom:amqp]\nurl = {amqp_url}\nappname = readme\n")
    with Process(sys.executable, "main.py", "-c", "main.conf", cwd=tmp_path) as process:
        assert process.wait() == 0
        assert "Received b'Hello World!'\n" in process.stdout


@pytest.mark.parametrize("name", ["asab_mom", "asab_mom.memory"])
def test_the_library_for_rabbitmq_is_loaded_with_its_broker_alone(name: str, tmp_path: Path) -> None:
    """Who does not use it does not pay for it."""
    program = f"import sys, {name}; print('aioamqp' in sys.modules, 'pamqp' in sys.modules)"
    with Process(sys.executable, "-W", "error", "-c", program, cwd=tmp_path) as process:
        assert process.wait() == 0
        assert process.stdout == "False False\n"
