"""`asab new`: which names it takes, and that it makes a whole project or nothing."""

from __future__ import annotations

import os
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from asab.__main__ import main
from asab._new.project import version_range
from tests.support.processes import UNMEASURED, Process, python

FILES = {
    ".dockerignore",
    ".gitignore",
    "Dockerfile",
    "README.md",
    "pyproject.toml",
    "shop.conf",
    "shop.service",
    "shop/__init__.py",
    "shop/__main__.py",
    "shop/application.py",
    "shop/greeting/__init__.py",
    "shop/greeting/service.py",
    "tests/test_application.py",
}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_project_is_made_in_a_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All files are there, and what comes next is said."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", "shop"]) == 0
    assert files(tmp_path / "shop") == FILES
    assert os.listdir(tmp_path) == ["shop"]
    assert "cd shop\n  python3 -m shop -c shop.conf\n" in capsys.readouterr().out
    for name in FILES:
        assert "$name" not in (tmp_path / "shop" / name).read_text("utf-8")


def test_the_project_asks_for_the_asab_that_made_it_or_a_compatible_one(tmp_path: Path) -> None:
    """What runs today runs after the next minor release, and a major one does not slip in."""
    assert main(["new", "shop", "--path", str(tmp_path / "elsewhere")]) == 0
    project = tomllib.loads((tmp_path / "elsewhere" / "pyproject.toml").read_text())["project"]
    (requirement,) = map(Requirement, project["dependencies"])
    assert (project["name"], requirement.name) == ("shop", "asab")
    assert requirement.specifier.contains(version("asab"))
    assert version_range("1.12.3") == ">=1.12,<2"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("class", "a keyword"),
        ("json", "standard library"),
        ("asab", "installed here"),
        ("tests", "the folder of the tests"),
        ("my-app", "try my_app"),
        ("MyApp", "try myapp"),
        ("2much", "try much"),
        ("_shop", "try shop"),
        ("shop_", "try shop"),
        ("../shop", "try shop"),
        ("été", "small letters"),
        ("shop\n", "try shop"),
        ("", "small letters"),
        ("s" * 31, "30 characters are allowed"),
    ],
)
def test_a_name_that_would_not_work_is_refused(
    name: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would fail later, at the import, in the build or at the index, and nobody would know why."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", name]) == 2
    told = capsys.readouterr().err
    assert why in told
    assert told.count("\n") == 1
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "link to a file", "link to nowhere"])
def test_what_is_there_is_left_as_it_is(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Work of days may be in it."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop"
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere" if kind == "link to nowhere" else __file__)
    assert main(["new", "shop"]) == 1
    assert "is there already and is left as it is" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["shop"]


def test_a_module_of_the_same_name_in_the_working_directory_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m asab` has the working directory among the places of modules, `asab` has not."""
    (tmp_path / "shop.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["new", "shop"]) == 0


def test_a_place_that_is_not_there_is_an_error_of_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A typo in a path must not make a tree of folders."""
    assert main(["new", "shop", "--path", str(tmp_path / "nowhere" / "shop")]) == 1
    assert capsys.readouterr().err.endswith("nowhere/shop cannot be made: No such file or directory\n")
    assert not os.listdir(tmp_path)


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))
from asab.__main__ import main
sys.exit(main(["new", "shop"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a limit to the size of files is a matter of POSIX")
def test_a_run_that_fails_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    """Half a project looks like a whole one."""
    with python("-c", FULL, cwd=tmp_path, env=UNMEASURED) as process:
        assert process.wait() == 1
        assert process.stderr == "asab new: shop cannot be made: File too large\n"
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("command", [(Path(sys.executable).with_name("asab"),), (sys.executable, "-m", "asab")])
def test_the_command_is_there_in_both_ways(command: tuple[str | Path, ...], tmp_path: Path) -> None:
    """By its name, and as a module where the folder of scripts is not on the PATH."""

    def run(*arguments: str, exit_code: int = 0) -> str:
        with Process(*command, *arguments, cwd=tmp_path) as process:
            assert process.wait() == exit_code
            return process.stdout

    assert "make the project of a new application" in run("--help")
    assert run("--version") == f"asab {version('asab')}\n"
    assert run("old", exit_code=2) == ""
