"""Importing a ground layer in a fresh process, beside `import logging` and blinker."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from harness import medians, show

MODULES = ["logging", "asab_config", "asab_pubsub", "asab_utils", "blinker", "asyncio"]


def importing(statement: str) -> Callable[[], None]:
    """Return what runs a statement in a new interpreter."""

    def run() -> None:
        subprocess.run([sys.executable, "-c", statement], check=True)

    return run


if __name__ == "__main__":
    contenders = {"nothing": importing("pass")} | {name: importing(f"import {name}") for name in MODULES}
    measured = medians(contenders, rounds=21)
    nothing = measured.pop("nothing")
    show("import", {"": {name: value - nothing for name, value in measured.items()}}, "logging")
