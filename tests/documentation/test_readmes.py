"""The first program of every README runs as it stands, and the other blocks are at least Python."""

from __future__ import annotations

import ast
import re
import signal
from pathlib import Path

import pytest

from tests.support.processes import free_port, python

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", *sorted(ROOT.glob("packages/*/README.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

each_readme = pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.parent.name))


def blocks(readme: Path) -> list[str]:
    found: list[str] = BLOCK.findall(readme.read_text("utf-8"))
    return found


@each_readme
def test_the_first_program_runs(readme: Path, tmp_path: Path) -> None:
    """It is the first thing that anybody tries."""
    (tmp_path / "program.py").write_text(blocks(readme)[0], "utf-8")
    (tmp_path / "site.conf").write_text(f"[web]\nport = 80\n[asab:web]\nlisten = 127.0.0.1:{free_port()}\n", "utf-8")
    # site.conf is named by the first program of asab-config; the other programs get it for a port of their own.
    with python("program.py", cwd=tmp_path, env={"ASAB_CONFIG": "site.conf"}) as process:
        if ".run()" in blocks(readme)[0]:
            process.wait_for("is ready", "stderr")
            if "self.stop()" not in blocks(readme)[0]:
                process.send(signal.SIGINT)
        assert process.wait() == 0
        assert "Traceback" not in process.stderr


@each_readme
def test_every_block_is_python(readme: Path) -> None:
    """Fragments assume names that the text explains, but they are no pseudocode."""
    for block in blocks(readme):
        assert compile(block, str(readme), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
