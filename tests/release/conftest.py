"""Repositories to release from: a small one of two wheels, and all of this one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.architecture.building import call
from tests.architecture.layers import ROOT
from tools.release.wheels import Wheel, find

AUTHOR = ("-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false")
LOW = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "low"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = []
"""
HIGH = """\
[project]
name = "high"
version = "1.0.0"
dependencies = [
    "low>=1.0,<2",
]

[project.optional-dependencies]
more = ["low[more]>=1.0,<2"]
"""
INIT = """\
from low._greeting import greet

__all__ = ["greet"]
"""
GREETING = """\
def greet(name: str, *, loud: bool = False) -> str:
    return name.upper() if loud else name
"""


class Repository:
    """A git repository with wheels in it."""

    def __init__(self, root: Path) -> None:
        if not shutil.which("git"):
            pytest.skip("git is not installed; it comes with `apt-get install git`")
        self.root = root
        call("git", "init", "--quiet", cwd=root)
        self.commit()

    def wheel(self, name: str) -> Wheel:
        return find(self.root, name)

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def commit(self, *tags: str) -> None:
        call("git", "add", "--all", cwd=self.root)
        call("git", *AUTHOR, "commit", "--quiet", "--allow-empty", "--message", "All", cwd=self.root)
        for tag in tags:
            call("git", "tag", tag, cwd=self.root)

    def changed(self) -> str:
        return call("git", "status", "--porcelain", "--untracked-files=all", cwd=self.root)


@pytest.fixture
def small(tmp_path: Path) -> Repository:
    """The wheel `low`, released as 1.0.0 and documented in a changelog, and `high`, which requires it."""
    for name, text in {
        "packages/low/pyproject.toml": LOW,
        "packages/low/CHANGELOG.md": "# Changelog of low\n\n## 1.0.0\n\n- The first release.\n",
        "packages/low/src/low/__init__.py": INIT,
        "packages/low/src/low/_greeting.py": GREETING,
        "packages/high/pyproject.toml": HIGH,
        "packages/high/src/high/__init__.py": "from low import greet\n\n__all__ = ['greet']\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    repository = Repository(tmp_path)
    repository.commit("low-v1.0.0", "high-v1.0.0")
    return repository


@pytest.fixture
def whole(tmp_path: Path) -> Repository:
    """All packages of this repository and the tools, with no release yet."""
    root = tmp_path / "whole"
    for name in ("packages", "tools"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "changes"))
    return Repository(root)
