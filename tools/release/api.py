"""The public API of a wheel beside that of its last release, by griffe, which reads the sources and runs nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import griffe
from packaging.version import Version

from tools.release import notes
from tools.release.bumps import Bump, between
from tools.release.errors import ReleaseError
from tools.release.repository import export, last_release
from tools.release.wheels import Wheel

# In every other module, and promised to nobody.
NOT_PUBLIC = ("TYPE_CHECKING", "L")


@dataclass(frozen=True)
class Changes:
    """What a user can see of the changes.

    Attributes:
        base: The release that they are measured from.
        breaking: What may break a program, a line each.
        new: The names that have come.
    """

    base: Version
    breaking: list[str]
    new: list[str]

    @property
    def bump(self) -> Bump:
        """The release that they need."""
        return Bump.MAJOR if self.breaking else Bump.MINOR if self.new else Bump.NONE

    def __str__(self) -> str:
        """Return why it is that, the first few reasons of it."""
        reasons = self.breaking or [f"{name} is new" for name in self.new]
        return "; ".join(reasons[:5]) + (f"; and {len(reasons) - 5} more" if len(reasons) > 5 else "")


def changes(wheel: Wheel) -> Changes | None:
    """Compare the working tree to the last release; None before there is one."""
    base = last_release(wheel)
    if base is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        # All wheels as they were then: the API of `asab` is that of the layers which it hands on.
        export(wheel.root, wheel.tag(base), "packages", Path(folder))
        old, new = load(Path(folder), wheel.package), load(wheel.root, wheel.package)
        # While the folder is there: the explanations look into its files.
        breaking = sorted({_line(breakage) for breakage in griffe.find_breaking_changes(old, new) if _counts(breakage)})
        return Changes(base, breaking, sorted(set(names(new)) - set(names(old))))


def check(wheel: Wheel) -> str:
    """Hold what is declared against what has changed; return a line that says so.

    Declared is the version in the working tree, or, while it is that of the last release, the kinds of the notes.

    Raises:
        ReleaseError: The API has changed by more than that.
    """
    found, written = changes(wheel), notes.read(wheel)
    if found is None:
        return f"{wheel}: never released; {wheel.version} will be what later versions are held against"
    declared = max(between(found.base, wheel.version), notes.bump(written))
    if declared < found.bump:
        kind = "breaking" if found.bump is Bump.MAJOR else "feature"
        raise ReleaseError(
            f"{wheel}: since {found.base}, {found}: this is a {found.bump} release, and {declared or 'nothing'} is"
            f" declared; add packages/{wheel}/changes/<what>.{kind}.md, or take it back"
        )
    return f"{wheel}: {found.bump} by its API since {found.base}, {declared} declared"


def load(root: Path, package: str) -> griffe.Object | griffe.Alias:
    """Return what the sources of a package say, and those of the layers that it hands on."""
    sources = sorted(root.glob("packages/*/src"))
    return griffe.load(
        package,
        search_paths=sources,
        resolve_aliases=True,
        resolve_external=True,
        allow_inspection=False,
        try_relative_path=False,
    )


def names(owner: griffe.Object | griffe.Alias) -> Iterator[str]:
    """Yield the public names in a module or class, dotted, and those in them."""
    for name, member in owner.all_members.items():
        if not member.is_public or name in NOT_PUBLIC:
            continue
        yield member.path
        if member.is_class or (member.is_module and not member.is_alias):
            yield from names(member)


def _counts(breakage: griffe.Breakage) -> bool:
    return breakage.obj.name not in NOT_PUBLIC


def _line(breakage: griffe.Breakage) -> str:
    words = breakage.explain(griffe.ExplanationStyle.MARKDOWN).removeprefix("- ").replace("`", "").replace(": *", ": ")
    return f"{breakage.obj.module.path}.{words}".replace("*: ", ": ").removesuffix("*")
