"""The command line of `asab new`.

Exit codes: 0 when the project is there; 1 when it cannot be made; 2 when the command line is wrong. What is wrong is
said in one line on stderr, and nothing is left behind.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from asab._new.naming import NameRefusedError, check
from asab._new.project import create

_EPILOG = "The project runs at once, with a module, a web route, tests, a unit for systemd and a Dockerfile."

_NEXT = """{name} is in {folder}. Next:

  cd {folder}
  python3 -m {name} -c {name}.conf

serves http://localhost:8080/hello until Ctrl-C;

  pip install -e ".[dev]"
  pytest && ruff check && mypy

test and check it. README.md tells the rest.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of `asab`."""
    text = "make the project of a new application"
    parser = commands.add_parser("new", help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_EPILOG)
    parser.add_argument("name", metavar="NAME", help="its name, which is also that of its Python package")
    parser.add_argument("--path", metavar="FOLDER", type=Path, help="make it in FOLDER, a new one; by default NAME")
    parser.set_defaults(command=new)


def new(arguments: argparse.Namespace) -> int:
    """Make a project, say what comes next, and return the exit code."""
    folder: Path = arguments.path or Path(arguments.name)
    try:
        check(arguments.name)
        create(arguments.name, Path(os.path.abspath(folder)))
    except NameRefusedError as e:
        return _refuse(str(e), 2)
    except FileExistsError as e:
        return _refuse(str(e), 1)
    except OSError as e:
        return _refuse(f"{folder} cannot be made: {e.strerror}", 1)
    sys.stdout.write(_NEXT.format(name=arguments.name, folder=folder))
    return 0


def _refuse(text: str, exit_code: int) -> int:
    sys.stderr.write(f"asab new: {text}\n")
    return exit_code
