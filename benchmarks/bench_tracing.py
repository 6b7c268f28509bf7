"""A request, with its access log to a file: without traces, with ids in the log, and with spans of OpenTelemetry.

The spans go to a processor of the SDK that drops them in batches: what an exporter costs is its own matter.
"""

from __future__ import annotations

import argparse

from bench_web import measure
from harness import show
from web_load import be_quick, ratios

CONTENDERS = {
    "off": "asab-web log",
    "ids": "asab-web log ids",
    "OpenTelemetry": "asab-web log opentelemetry",
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2)
    arguments = parser.parse_args()
    be_quick()
    measured = measure(CONTENDERS, arguments.rounds, arguments.seconds)
    bases = dict.fromkeys(CONTENDERS, "off")
    for field in ("processor", "wall"):
        columns = {f"{each} connections": ratios(turns, bases, field) for each, turns in measured.items()}
        show(f"{'processor time' if field == 'processor' else 'time'} of a traced request", columns, "off")
