"""The command `asab`, which is also `python -m asab`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import asab
from asab._new import command


def main(args: Sequence[str] | None = None) -> int:
    """Obey the command line.

    Args:
        args: What stands behind `asab`; by default what the process was given.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="asab", description="ASAB, the Asynchronous Server Application Boilerplate.")
    parser.add_argument("--version", action="version", version=f"asab {asab.__version__}")
    command.add_parser(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))
    arguments = parser.parse_args(args)
    exit_code: int = arguments.command(arguments)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
