"""A request, with its access log to a file: without traces, with ids in the log, and with spans of OpenTelemetry.

The spans go to a processor of the SDK that drops them in batches: what an exporter costs is its own matter.
"""

from __future__ import annotations

from bench_web import measure
from harness import show
from web_load import begin, ratios

CONTENDERS = {
    "off": "asab-web log",
    "ids": "asab-web log ids",
    "OpenTelemetry": "asab-web log opentelemetry",
}


if __name__ == "__main__":
    arguments = begin(__doc__, rounds=2)
    measured = measure(CONTENDERS, arguments.rounds, arguments.seconds)
    bases = dict.fromkeys(CONTENDERS, "off")
    for field in ("processor", "wall"):
        columns = {f"{each} connections": ratios(turns, bases, field) for each, turns in measured.items()}
        show(f"{'processor time' if field == 'processor' else 'time'} of a traced request", columns, "off")
