"""A new project runs, passes its tests and its linters at once, with the wheels as they are released."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asab._new.naming import LONGEST
from tests.architecture.building import EmptyEnvironment, build, call
from tests.architecture.layers import LAYERS
from tests.support.processes import Process, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.slow

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> EmptyEnvironment:
    """Where the built wheels are installed, and nothing else."""
    wheels = tmp_path_factory.mktemp("wheels")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda layer: build(layer.folder, wheels), LAYERS))
    environment = EmptyEnvironment(tmp_path_factory.mktemp("env"))
    environment.pip("install", "--no-deps", "--no-index", *sorted(wheels.glob("*.whl")))
    return environment


@pytest.fixture(scope="module")
def variables() -> Mapping[str, str]:
    """Third parties, among them pytest, are the test run's own, behind what is installed in the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return kept | {"PYTHONPATH": sysconfig.get_path("purelib"), "PYTHONSAFEPATH": ""}


def make(name: str, environment: EmptyEnvironment, variables: Mapping[str, str], folder: Path) -> Path:
    call(environment.python.with_name("asab"), "new", name, cwd=folder, env=dict(variables))
    return folder / name


@pytest.fixture(scope="module")
def project(environment: EmptyEnvironment, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("my_shop", environment, variables, tmp_path_factory.mktemp("projects"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def test_its_tests_pass(project: Path, environment: EmptyEnvironment, variables: dict[str, str]) -> None:
    """The first change is made to something that is green."""
    told = call(environment.python, "-m", "pytest", "-p", "no:cacheprovider", cwd=project, env=variables)
    assert "3 passed" in told


@pytest.mark.parametrize("name", ["a", "my_shop", "x" * LONGEST])
def test_its_linters_are_content(
    name: str, environment: EmptyEnvironment, variables: dict[str, str], cache: Path, tmp_path: Path
) -> None:
    """Whatever its name is, and however long: what they say from now on is about the user's own code."""
    project = make(name, environment, variables, tmp_path)
    call(SCRIPTS / "ruff", "check", "--no-cache", cwd=project)
    call(SCRIPTS / "ruff", "format", "--check", "--no-cache", cwd=project)
    options = (f"--python-executable={environment.python}", f"--cache-dir={cache}")
    call(sys.executable, "-m", "mypy", *options, cwd=project, env=variables)


def test_its_server_serves(project: Path, environment: EmptyEnvironment, variables: dict[str, str]) -> None:
    """By the command that `asab new` has told."""
    port = free_port()
    config = project / f"{project.name}.conf"
    listening = project / "listening.conf"
    listening.write_text(config.read_text("utf-8").replace("0.0.0.0:8080", f"127.0.0.1:{port}"))
    command = (environment.python, "-m", project.name, "-c", listening.name)
    with Process(*command, cwd=project, env=variables) as server:
        server.wait_for("is ready", "stderr")
        url = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{url}/hello?name=Ann", timeout=30) as answer:
            assert answer.read() == b"Hello Ann!\n"
        with urllib.request.urlopen(f"{url}/asab/v1/version", timeout=30) as answer:
            assert b'"version": "0.1.0"' in answer.read()
        assert server.stop(signal.SIGINT) == 0
    listening.unlink()


def test_its_wheel_runs_without_its_folder(
    project: Path, environment: EmptyEnvironment, variables: dict[str, str], tmp_path: Path
) -> None:
    """The command of the project is what a user of it installs."""
    call(sys.executable, "-m", "hatchling", "build", "--directory", tmp_path, "-t", "wheel", cwd=project)
    (wheel,) = tmp_path.glob("*.whl")
    environment.pip("install", "--no-deps", "--no-index", "--target", tmp_path / "site", wheel)
    found = variables | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), variables["PYTHONPATH"]])}
    told = call(environment.python, "-m", project.name, "--version", cwd=tmp_path, env=found)
    assert " 0.1.0 (" in told


def test_its_container_file_is_good(project: Path) -> None:
    """It is copied into every application that comes after."""
    call(SCRIPTS / "hadolint", "Dockerfile", cwd=project)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_understands_its_unit(project: Path, tmp_path: Path) -> None:
    """A misspelt option is only a warning in the journal."""
    unit = tmp_path / f"{project.name}.service"
    text = (project / unit.name).read_text("utf-8").replace(f"/opt/{project.name}/bin/python3", sys.executable)
    unit.write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]) == (0, []), done.stderr


def test_its_unit_is_that_of_the_repository(project: Path) -> None:
    """What one of them learns the other knows."""
    options = (LAYERS[0].folder.parents[1] / "deploy" / "asab.service").read_text("utf-8").splitlines()
    own = (project / f"{project.name}.service").read_text("utf-8").splitlines()
    differing = ("Description=", "ExecStart=", "#", *(f"{kind}Directory=" for kind in ("State", "Logs", "Runtime")))
    assert [line for line in own if not line.startswith(differing)] == [
        line for line in options if not line.startswith(differing)
    ]
