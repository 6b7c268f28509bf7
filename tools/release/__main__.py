"""The commands: `python -m tools.release <step> …`, from the root of the repository."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.release import notes
from tools.release.bumps import named
from tools.release.errors import ReleaseError
from tools.release.wheels import Wheel, all_wheels, find

ROOT = Path(__file__).resolve().parents[2]
INTO = ROOT / "dist" / "release"


def main() -> str | None:
    """Return why the step is refused, or None."""
    arguments = _parser().parse_args()
    try:
        step: Callable[[argparse.Namespace], str | None] = arguments.step
        return step(arguments)
    except ReleaseError as error:
        return str(error)


def prepare(arguments: argparse.Namespace) -> None:
    """Write the commit of a release."""
    from tools.release.preparing import prepare

    print(*prepare(find(ROOT, arguments.wheel), named(arguments.bump), datetime.date.today()), sep="\n")


def check_notes(arguments: argparse.Namespace) -> str | None:
    """Read all notes."""
    return _for_each(arguments.wheels, lambda wheel: [f"{wheel}: notes: {len(notes.read(wheel))}"])


def check_api(arguments: argparse.Namespace) -> str | None:
    """Hold the public API against the last release."""
    from tools.release.api import check

    return _for_each(arguments.wheels, lambda wheel: [check(wheel)])


def build(arguments: argparse.Namespace) -> str | None:
    """Build the files of a release."""
    from tools.release.building import build_release

    return _for_each(arguments.wheels, lambda wheel: build_release(wheel, INTO))


def bounds(arguments: argparse.Namespace) -> str | None:
    """Run the layers' tests with the oldest versions, and with the newest."""
    from tools.release.bounds import check

    def both(wheel: Wheel) -> list[str]:
        failed = [age for age in ("oldest", "newest") if not check(wheel, age)]
        if failed:
            raise ReleaseError(f"{wheel} does not work with the {' or the '.join(failed)} versions of its ranges")
        return []

    return _for_each(arguments.wheels, both)


def bill(arguments: argparse.Namespace) -> None:
    """Write the bill of materials and the list of licences."""
    from tools.release.bill import write

    print(*write(find(ROOT, "asab"), INTO), sep="\n")


def _for_each(names: list[str], step: Callable[[Wheel], Iterable[str]]) -> str | None:
    """Take a step for each wheel; return all that is refused."""
    refused = []
    for wheel in [find(ROOT, name) for name in names] or all_wheels(ROOT).values():
        try:
            for line in step(wheel):
                print(line, flush=True)
        except ReleaseError as error:
            refused.append(str(error))
    return "\n".join(refused) or None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="release", description="The steps of a release; see CONTRIBUTING.md.")
    steps = parser.add_subparsers(required=True, metavar="step")
    one = steps.add_parser("prepare", help="version, changelog and ranges of one wheel")
    one.add_argument("wheel")
    one.add_argument("bump", help="patch, minor or major")
    one.set_defaults(step=prepare)
    for name, step, text in (
        ("notes", check_notes, "are the notes well-formed?"),
        ("api", check_api, "does what is declared cover what has changed in the public API?"),
        ("bounds", bounds, "does it work with the oldest and the newest versions that the ranges allow?"),
        ("build", build, "the wheel and the source archive, out of the tag"),
    ):
        several = steps.add_parser(name, help=text)
        several.add_argument("wheels", nargs="*", help="all of them, if none is named")
        several.set_defaults(step=step)
    steps.add_parser("bill", help="what asab brings with it, and the licences").set_defaults(step=bill)
    return parser


if __name__ == "__main__":
    sys.exit(main())
