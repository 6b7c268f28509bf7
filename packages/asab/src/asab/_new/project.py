"""The files of a new project.

A file of `template/` is a `string.Template` of three values: `$name`; `$class`, the name of the application's class;
and `$range`, which versions of asab will do. Its path says where it goes: `NAME` is the name, `dot.` at the front of a
file's name is the dot that would hide it from the build of this wheel, and `.in` at its end keeps tools that know the
real ending off it.
"""

from __future__ import annotations

import os
import re
import shutil
import string
from importlib import metadata
from pathlib import Path

_TEMPLATE = Path(__file__).parent / "template"


def create(name: str, folder: Path) -> None:
    """Make a project: all of it or, on any error or interruption, nothing.

    Args:
        name: A name that `naming.check` has passed.
        folder: Where; it must not be there yet, its parent must.

    Raises:
        OSError: If it is there, or cannot be made.
    """
    if os.path.lexists(folder):
        raise FileExistsError(f"{folder} is there already and is left as it is; choose another name or --path")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    draft.mkdir()
    try:
        for path, text in files(name).items():
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            (draft / path).write_text(text, "utf-8", newline="\n")
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def files(name: str) -> dict[str, str]:
    """Return the text of each file of a project by its path in it."""
    application = "".join(word.capitalize() for word in name.split("_")) + "Application"
    values = {"name": name, "class": application, "range": version_range(metadata.version("asab"))}
    templates = {path.relative_to(_TEMPLATE).as_posix(): path.read_text("utf-8") for path in _TEMPLATE.rglob("*.in")}
    return {_target(path, name): string.Template(text).substitute(values) for path, text in templates.items()}


def version_range(version: str) -> str:
    """Return the versions that are compatible with one, as a requirement has it."""
    major, minor = version.split(".")[:2]
    return f">={major}.{minor},<{int(major) + 1}"


def _target(path: str, name: str) -> str:
    folder, _, file = path.removesuffix(".in").replace("NAME", name).rpartition("/")
    file = re.sub(r"^dot\.", ".", file)
    return f"{folder}/{file}" if folder else file
