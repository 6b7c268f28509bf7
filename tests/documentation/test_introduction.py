"""The front page and "Getting started": the first programs that a reader types."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tests.documentation.catalogue import example
from tests.documentation.running import finish, start, write
from tests.support.processes import Process

if TYPE_CHECKING:
    from pathlib import Path


def test_the_program_of_the_front_page_greets_and_ends(tmp_path: Path) -> None:
    """The first thing that anybody sees of the framework works."""
    done = finish(start(tmp_path, example("introduction/hello_world.py").text()))
    assert done.stdout == "Hello world!\n"


def test_getting_started_works_as_typed(tmp_path: Path) -> None:
    """A reader creates main.py and types the line that the page names."""
    write(tmp_path, {"main.py": example("getting_started/main.py").text()})
    (line,) = example("getting_started/run.sh").lines()
    done = finish(Process(*shlex.split(line), cwd=tmp_path))
    assert done.stdout == "Hello world\n"
