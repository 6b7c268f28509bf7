"""The program of docs/metrics.md."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

from tests.support.processes import free_port, python

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")


def test_the_program_of_the_page_tells_what_the_page_says(tmp_path: Path) -> None:
    """What one copies from there works, with the targets too, and what it shows is what one gets."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    configuration = "".join(re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL))
    (shown,) = re.findall(r"```text\n(orders_total.*?)```", PAGE, re.DOTALL)
    port = free_port()
    (tmp_path / "token").write_text("secret")
    for ours, theirs in {
        ":8080": f":{port}",
        "/run/secrets/influxdb": str(tmp_path / "token"),
        "https://influxdb.internal:8086": f"http://127.0.0.1:{free_port()}",
    }.items():
        configuration = configuration.replace(ours, theirs)
    (tmp_path / "main.py").write_text(program)
    (tmp_path / "main.conf").write_text(configuration)
    with python("main.py", "-c", "main.conf", "-v", cwd=tmp_path) as process:
        process.wait_for_port(port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/order") as answer:
            assert answer.read() == b"Ordered.\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/asab/v1/metrics") as answer:
            told = answer.read().decode().splitlines()
        assert set(shown.splitlines()) <= set(told)
        assert process.stop() == 0
        assert "Metric orders" in process.stderr
        assert process.stderr.count("InfluxDB does not take the metrics") == 1
        assert "secret" not in process.stderr
