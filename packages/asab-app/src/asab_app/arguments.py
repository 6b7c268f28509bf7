"""Command-line options that other layers and libraries add: each stands for an option of the configuration.

The rules: who adds one does so when it is imported, and every application that imports it has the option. What is given
beats the configuration file. No letters are taken, for those that are not documented belong to the application.
"""

from __future__ import annotations

import argparse
from typing import Any

from asab_config import escape

_options: dict[str, tuple[tuple[str, str], dict[str, Any]]] = {}
"""The place of each in the configuration, section and option; and what argparse is told of it."""


def add_option(name: str, *, section: str, option: str, metavar: str, help: str) -> None:  # noqa: A002 # as argparse has it
    """Add an option to the command line of every application that is made from now on.

    Given more than once, it is a value of several lines. An application's own option of this name is kept.

    Args:
        name: As `--listen`.
        section: The section of the configuration that it is for.
        option: The option in it, whose value it replaces.
        metavar: The name of the value in `--help`.
        help: One line for `--help`.

    Raises:
        ValueError: If the name is no long option, or already stands for another place.
    """
    if not name.startswith("--") or len(name) < 3:
        raise ValueError(f"{name!r} cannot be added: expected a long option as --listen; letters are the application's")
    place = section, option
    known, _ = _options.setdefault(name, (place, {"metavar": metavar, "help": help}))
    if known != place:
        raise ValueError(f"{name!r} cannot stand for {_text(place)}: it stands for {_text(known)}")


def extend(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options that were added."""
    for name, (place, settings) in _options.items():
        parser.add_argument(name, action="append", dest=_text(place), **settings)


def values(arguments: argparse.Namespace) -> dict[str, dict[str, str]]:
    """Return what was given, as sections of a configuration."""
    given: dict[str, dict[str, str]] = {}
    for place, _ in _options.values():
        if lines := getattr(arguments, _text(place), None):
            given.setdefault(place[0], {})[place[1]] = escape("\n".join(lines))
    return given


def _text(place: tuple[str, str]) -> str:
    """Return a place as text; for argparse, too: no option of the application's own is stored by such a name."""
    return f"[{place[0]}] {place[1]}"
