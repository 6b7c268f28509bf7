"""The program of docs/metrics.md."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

from tests.support.processes import free_port, python

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")


def test_the_program_of_the_page_tells_what_the_page_says(tmp_path: Path) -> None:
    """What one copies from there works, and what it shows is what one gets."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    configuration, targets = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    (shown,) = re.findall(r"```\n(orders_total.*?)```", PAGE, re.DOTALL)
    (tmp_path / "token").write_text("secret")
    targets = targets.replace("/run/secrets/influxdb", str(tmp_path / "token"))
    port = free_port()
    (tmp_path / "main.py").write_text(program)
    (tmp_path / "main.conf").write_text(configuration.replace("8080", str(port)))
    (tmp_path / "targets.conf").write_text(targets)
    with python("main.py", "-c", "main.conf", cwd=tmp_path) as process:
        process.wait_for_port(port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/order") as answer:
            assert answer.read() == b"Ordered.\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/asab/v1/metrics") as answer:
            told = answer.read().decode().splitlines()
        assert set(shown.splitlines()) <= set(told)
        assert process.stop() == 0
    with python("main.py", "-c", "targets.conf", "--config-check", cwd=tmp_path) as process:
        assert (process.wait(), process.stderr) == (0, "")
