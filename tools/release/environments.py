"""Virtual environments by uv, cut off from the packages of the working tree."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.release.errors import ReleaseError


def uv(*arguments: str | Path, cwd: Path | None = None, text: str | None = None) -> str:
    """Return what uv prints; `text` is its standard input.

    Raises:
        ReleaseError: It fails, or is not there.
    """
    program = os.environ.get("HATCH_UV") or shutil.which("uv")
    if program is None:
        raise ReleaseError("uv is not there; `hatch run release:…` brings it")
    result = subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise ReleaseError(f"uv {' '.join(map(str, arguments[:2]))} fails:\n{result.stderr.strip()}")
    return result.stdout


def create(folder: Path, python: str) -> Path:
    """Make an environment with nothing in it, of the Python of that version or at that path; return its interpreter."""
    uv("venv", "--quiet", "--no-project", "--python", python, folder)
    return folder / "bin" / "python"
