"""Wheels built and installed as a user gets them."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def call(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it prints; show all of it when it fails."""
    result = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False
    )
    assert not result.returncode, result.stdout
    return result.stdout


def build(project: Path, into: Path) -> None:
    """Build a package's wheel and source archive."""
    call(sys.executable, "-m", "hatchling", "build", "--directory", into, "-t", "wheel", "-t", "sdist", cwd=project)


class EmptyEnvironment:
    """A virtual environment with pip and nothing else; what it installs comes from files, never from an index."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True, symlinks=True)
        self.python = folder / "bin" / "python"

    def pip(self, *arguments: str | Path, env: dict[str, str] | None = None) -> str:
        """Run pip, cut off from every index and from the machine's settings."""
        return call(self.python, "-I", "-m", "pip", "--isolated", *arguments, env=env)

    def run(self, code: str) -> str:
        """Run code that finds third parties among the test run's own, behind what is installed here."""
        third_parties = f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})"
        return call(self.python, "-I", "-W", "error", "-c", f"{third_parties}\n{code}")
