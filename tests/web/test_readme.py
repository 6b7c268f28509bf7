"""The programs of the layer's README."""

from __future__ import annotations

import ast
import re
import urllib.request
from pathlib import Path

from tests.support.processes import free_port, python

README = Path(__file__).parents[2] / "packages" / "asab-web" / "README.md"


def test_the_first_program_runs_as_it_stands(tmp_path: Path) -> None:
    """What one copies from the first page works."""
    programs = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (tmp_path / "main.py").write_text(programs[0])
    for program in programs[1:]:
        ast.parse(program)
    port = free_port()
    (tmp_path / "main.conf").write_text(f"[asab:web]\nlisten = 127.0.0.1:{port}\n")
    with python("main.py", "-c", "main.conf", cwd=tmp_path) as process:
        process.wait_for_port(port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/hello") as answer:
            assert answer.read() == b"Hello!\n"
        assert process.stop() == 0
