"""Notes: what has changed for the users of a wheel, each a file in its `changes/` until the release.

A file each, because two branches that write to one place of one changelog are in each other's way. The name is
`<what>.<kind>.md`, and the kind says which release the change needs.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from tools.release.bumps import Bump
from tools.release.errors import ReleaseError
from tools.release.wheels import Wheel

# In the order of the changelog: first what a user has to act on.
KINDS = {"breaking": Bump.MAJOR, "deprecation": Bump.MINOR, "feature": Bump.MINOR, "fix": Bump.PATCH}
HEADINGS = {"breaking": "Breaking", "deprecation": "Deprecated", "feature": "New", "fix": "Mended"}
NAME = re.compile(rf"[a-z0-9][a-z0-9.-]*\.({'|'.join(KINDS)})\.md")


@dataclass(frozen=True)
class Note:
    """A change in the words of its file."""

    file: Path
    kind: str
    text: str


def read(wheel: Wheel) -> list[Note]:
    """Return the notes of a wheel, in the order of the changelog.

    Raises:
        ReleaseError: A file has another name than `<what>.<kind>.md`, or no text.
    """
    notes = [_note(wheel, file) for file in sorted((wheel.folder / "changes").glob("*"))]
    return sorted(notes, key=lambda note: list(KINDS).index(note.kind))


def _note(wheel: Wheel, file: Path) -> Note:
    place = file.relative_to(wheel.root)
    match = NAME.fullmatch(file.name)
    if not match:
        raise ReleaseError(f"{place}: name it <what>.<kind>.md, in small letters; the kinds are {', '.join(KINDS)}")
    text = " ".join(file.read_text("utf-8").split())
    if not text:
        raise ReleaseError(f"{place} is empty: say in one sentence what has changed for the user")
    return Note(file, match[1], text)


def bump(notes: list[Note]) -> Bump:
    """Return the release that the changes need."""
    return max((KINDS[note.kind] for note in notes), default=Bump.NONE)


def entry(version: Version, day: datetime.date, notes: list[Note]) -> str:
    """Return the changelog's entry of a release."""
    lines = [f"## {version} ({day})\n"]
    for kind, heading in HEADINGS.items():
        texts = [f"- {note.text}\n" for note in notes if note.kind == kind]
        lines += [f"\n{heading}:\n\n", *texts] if texts else []
    return "".join(lines)


def with_entry(changelog: str, new: str) -> str | None:
    """Return a changelog with one more entry, above the newest; None if it has none, or one that is not a release's."""
    newest = re.search(r"^## \d", changelog, re.MULTILINE)
    if not newest or re.search(r"^## (?!\d)", changelog, re.MULTILINE):
        return None
    return f"{changelog[: newest.start()]}{new}\n{changelog[newest.start() :]}"
