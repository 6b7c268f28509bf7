"""The name of a project is at once that of its import package, its distribution, its command and its unit.

The rule: what cannot be all of them is refused at once, with a sentence that says why.
"""

from __future__ import annotations

import importlib.machinery
import keyword
import os
import re
import sys

LONGEST = 30
"""So that no line of the new project gets too long for its linter, nor a path for anybody."""

_TAKEN = {"tests": "the folder of the tests", "dist": "the folder of what is built"}


class NameRefusedError(ValueError):
    """A name that a project cannot have; the text says which, why, and what would do."""


def check(name: str) -> None:
    """Raise a `NameRefusedError` if a project cannot have the name."""
    if not re.fullmatch(r"[a-z]([a-z0-9_]*[a-z0-9])?", name):
        hint = f"; try {proposed}" if (proposed := _proposal(name)) else ""
        raise NameRefusedError(f"{name!r} does not fit: small letters, digits and underscores, a letter first{hint}")
    if len(name) > LONGEST:
        raise NameRefusedError(f"{name!r} is too long: {LONGEST} characters are allowed, it has {len(name)}")
    if keyword.iskeyword(name):
        raise NameRefusedError(f"{name!r} is a keyword of Python; choose another name")
    if name in sys.stdlib_module_names:
        raise NameRefusedError(f"{name!r} is a module of Python's standard library; choose another name")
    if name in _TAKEN:
        raise NameRefusedError(f"{name!r} is {_TAKEN[name]} in a project; choose another name")
    if place := _installed(name):
        raise NameRefusedError(f"{name!r} is a module that is installed here ({place}); choose another name")


def _proposal(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:LONGEST].rstrip("_")


def _installed(name: str) -> str | None:
    """Return where a module of this name is, looking past the working directory, where the project may be made."""
    here = os.getcwd()
    path = [folder for folder in sys.path if folder and os.path.realpath(folder) != here]
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    return spec.origin if spec else None
