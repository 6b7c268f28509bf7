"""Print one line for each wheel: how much of its statements and of its branches the tests have run."""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import coverage

COUNTS = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def measured_files() -> dict[str, Any]:
    """Return what is known of each file, by its path from the root of the repository."""
    measurement = coverage.Coverage()
    measurement.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        measurement.json_report(outfile=str(report))
        files: dict[str, Any] = json.loads(report.read_text("utf-8"))["files"]
    return files


def share(part: int, whole: int) -> str:
    """Return a share in percent."""
    return f"{100 * part / whole if whole else 100:5.1f} % of {whole:5}"


def main() -> None:
    """Print the table."""
    wheels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path, file in measured_files().items():
        wheel = Path(path).parts[1]  # packages/<wheel>/src/...
        wheels[wheel].update({count: file["summary"][count] for count in COUNTS})
    for wheel, total in sorted(wheels.items()):
        lines, statements, covered, branches = (total[count] for count in COUNTS)
        print(f"{wheel:12}  statements {share(lines, statements)}  branches {share(covered, branches)}")


if __name__ == "__main__":
    main()
