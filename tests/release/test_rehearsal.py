"""Releases as CONTRIBUTING.md has them, from the note to the installation, with an index of our own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.building import EmptyEnvironment, call
from tests.architecture.layers import LAYERS
from tests.release.conftest import Repository
from tests.release.index import Index

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ALL = [layer.wheel for layer in LAYERS]


class Rehearsal:
    """A maintainer with a clone, an index to publish to, and a user with an empty environment."""

    def __init__(self, repository: Repository, index: Index, address: str, environment: EmptyEnvironment) -> None:
        self.repository = repository
        self.index = index
        self.environment = environment
        self._from_index = ("--no-cache-dir", "--index-url", address)

    def step(self, *arguments: str) -> str:
        """Take a step of the release."""
        return call(sys.executable, "-m", "tools.release", *arguments, cwd=self.repository.root)

    def release(self, wheel: str, bump: str) -> str:
        """Prepare, commit, tag, check, build, publish; return the new version."""
        *_, last = self.step("prepare", wheel, bump).splitlines()
        tag = last.removeprefix("Tag: ")
        self.repository.commit(tag)
        self.step("api", wheel)
        self.publish(wheel)
        return tag.removeprefix(f"{wheel}-v")

    def publish(self, *wheels: str) -> None:
        """Build out of the tags, and upload what was built and nothing else."""
        for line in self.step("build", *wheels).splitlines():
            self.index.upload(self.repository.root / "dist" / "release" / line.partition("  ")[2])

    def pip(self, *arguments: str) -> str:
        """Install from the index, and from nowhere else."""
        return self.environment.pip(
            "install", *self._from_index, *arguments, env={**os.environ, "PIP_CONFIG_FILE": os.devnull}
        )

    def resolved(self, requirement: str) -> dict[str, str]:
        """Return which versions of our wheels a user would get."""
        report = self.repository.root.parent / "report.json"
        self.pip("--dry-run", "--ignore-installed", "--quiet", "--report", str(report), requirement)
        found = [each["metadata"] for each in json.loads(report.read_text("utf-8"))["install"]]
        return {each["name"]: each["version"] for each in found if each["name"] in ALL}


@pytest.fixture
def rehearsal(whole: Repository, tmp_path: Path) -> Iterator[Rehearsal]:
    (whole.root / ".gitignore").write_text("dist/\n__pycache__/\n", encoding="utf-8")
    whole.commit(*(f"{layer.wheel}-v{layer.project['version']}" for layer in LAYERS))
    index = Index(tmp_path / "index")
    index.add_installed("aiohttp", "aioamqp", "pamqp")
    with index.served() as address:
        yield Rehearsal(whole, index, address, EmptyEnvironment(tmp_path / "env"))


def test_releases_from_the_note_to_the_installation(rehearsal: Rehearsal) -> None:
    """What a user has installed goes on to work, and to be installable, whatever is released beside it."""
    repository, first = rehearsal.repository, {layer.wheel: layer.project["version"] for layer in LAYERS}
    old = f"asab=={first['asab']}"
    rehearsal.publish()
    rehearsal.pip(old)
    rehearsal.environment.run("import asab.web, asab.mom.amqp\nassert asab.web.__file__.startswith(sys.prefix)")

    source = repository.root / "packages/asab-pubsub/src/asab_pubsub/greeting.py"
    repository.write("packages/asab-pubsub/changes/greeting.feature.md", "There is a greeting.")
    source.write_text('GREETING = "Hello"\n', encoding="utf-8")
    repository.commit()
    minor = {"asab-pubsub": rehearsal.release("asab-pubsub", "minor")}
    # The new version is in the range of the old dependents.
    assert rehearsal.resolved(old) == first | minor

    repository.write("packages/asab-pubsub/changes/greeting.breaking.md", "There is no greeting any more.")
    source.unlink()
    repository.commit()
    major = {wheel: rehearsal.release(wheel, bump) for wheel, bump in (("asab-pubsub", "major"), ("asab-app", "patch"))}
    patch = rehearsal.release("asab", "patch")
    # It is not in the range of the old ones, which stay with what they know, but in that of the new ones.
    assert rehearsal.resolved(old) == first | major | minor
    assert rehearsal.resolved(f"asab=={patch}") == first | major | {"asab": patch}
