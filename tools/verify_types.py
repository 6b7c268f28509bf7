"""Check that the public types of every package are complete, as a user's checker sees them: `hatch run types:check`.

A type that a checker has to guess is a mistake: another checker may guess differently.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PACKAGES = sorted(file.parent.name for file in Path(__file__).parent.parent.glob("packages/*/src/*/py.typed"))


def incomplete(package: str) -> list[str]:
    """Return what keeps public types of the package from being known, a line each, after printing the numbers."""
    command = ["basedpyright", "--verifytypes", package, "--ignoreexternal", "--outputjson"]
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)
    public = [symbol for symbol in report["typeCompleteness"]["symbols"] if symbol["isExported"]]
    unknown = [symbol for symbol in public if not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]]
    print(f"{package}: {len(public)} public symbols, the types of {len(unknown)} are incomplete", flush=True)
    reasons = [f"{symbol['name']}: {why['message']}" for symbol in unknown for why in symbol["diagnostics"]]
    # Where one type is unknown, all that use it are; the first are enough to know.
    causes = [reason for reason in reasons if "partially unknown" not in reason]
    general = [message["message"] for message in report["generalDiagnostics"]]
    return general + (causes or reasons or [symbol["name"] for symbol in unknown])


if __name__ == "__main__":
    sys.exit("\n".join(line for package in PACKAGES for line in incomplete(package)) or None)
