"""The files of a release's commit: all checks first, then all files, or none of them."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from packaging.version import Version

from tools.release import api, notes, ranges
from tools.release.bumps import Bump
from tools.release.errors import ReleaseError
from tools.release.repository import last_release, uncommitted
from tools.release.wheels import Wheel

# A file's new text; None takes the file away.
Files = dict[Path, str | None]


def prepare(wheel: Wheel, bump: Bump, day: datetime.date) -> list[str]:
    """Write the version, the changelog and the ranges of the dependents; return what is to be done next.

    Raises:
        ReleaseError: Something speaks against this release; then no file has been changed.
    """
    if changed := uncommitted(wheel.root, "packages"):
        raise ReleaseError(f"{changed[0]} is not committed; a release starts from a commit")
    version = bump.of(_released(wheel))
    written = notes.read(wheel)
    _check_bump(wheel, bump, written)
    files: Files = {note.file: None for note in written}
    files[wheel.changelog] = _changelog(wheel, notes.entry(version, day, written))
    files[wheel.pyproject] = re.sub(
        r'^version = ".*"$', f'version = "{version}"', wheel.pyproject.read_text("utf-8"), count=1, flags=re.MULTILINE
    )
    widened = _widen(wheel, version, files)
    write(files)
    tag = wheel.tag(version)
    return [
        f"{wheel} {version} is prepared.",
        *(_range_line(each, version) for each in ranges.on(wheel)),
        *(f"packages/{name} has a note of it: release that wheel next, as a patch at least." for name in widened),
        f"Check: hatch env prune && .ci/run && hatch run release:bounds {' '.join([wheel.name, *widened])}",
        f'Commit: git add --all packages && git commit -m "{wheel} {version}" && git tag {tag}',
        f"Tag: {tag}",
    ]


def _released(wheel: Wheel) -> Version:
    last = last_release(wheel)
    if last is None:
        first = wheel.tag(wheel.version)
        raise ReleaseError(f"{wheel} {wheel.version} has never been released: it needs no more than `git tag {first}`")
    if last != wheel.version:
        raise ReleaseError(
            f"{wheel} {wheel.version} is prepared already, after {last}: `git tag {wheel.tag(wheel.version)}`"
        )
    return last


def _check_bump(wheel: Wheel, bump: Bump, written: list[notes.Note]) -> None:
    if not written:
        raise ReleaseError(f"packages/{wheel}/changes has no note: say there what has changed for the user")
    if bump < notes.bump(written):
        note = next(note for note in written if notes.KINDS[note.kind] is notes.bump(written))
        raise ReleaseError(
            f"{note.file.relative_to(wheel.root)} needs a {notes.bump(written)} release; a {bump} release was asked for"
        )
    found = api.changes(wheel)
    if found and bump < found.bump:
        raise ReleaseError(
            f"{wheel}: since {found.base}, {found}: this is a {found.bump} release; a {bump} release was asked for"
        )


def _changelog(wheel: Wheel, entry: str) -> str:
    text = notes.with_entry(wheel.changelog.read_text("utf-8"), entry)
    if text is None:
        place = wheel.changelog.relative_to(wheel.root)
        raise ReleaseError(f"{place} has a heading that is not a release's; what is to come is told in changes/")
    return text


def _widen(wheel: Wheel, version: Version, files: Files) -> list[str]:
    """Put the dependents' new ranges among the files, and a note in each of them; return their names."""
    names = []
    for each in ranges.on(wheel):
        if not each.holds(version):
            before = files.get(each.of.pyproject) or each.of.pyproject.read_text("utf-8")
            files[each.of.pyproject] = before.replace(f'"{each.line}"', f'"{each.widened(version)}"')
            note = each.of.folder / "changes" / f"{wheel}-{version.major}.fix.md"
            files[note] = f"It works with {wheel} {version.major} too.\n"
            names.append(each.of.name)
    return sorted(set(names))


def _range_line(each: ranges.Range, version: Version) -> str:
    return f"{each.of} requires {each.line}: {'holds' if each.holds(version) else 'leaves out'} {version}"


def write(files: Files) -> None:
    """Write and take away files; if one of them fails, all are as they were."""
    before: Files = {}
    try:
        for file, text in files.items():
            before[file] = file.read_text("utf-8") if file.exists() else None
            _put(file, text)
    except OSError:
        for file, text in before.items():
            if text is not None or file.exists():
                _put(file, text)
        raise


def _put(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
