"""One record to a file that is really written: time, level, name, two values and a message, beside the peers.

The base is the standard library with a formatter that does the same line as ours: microseconds, and whatever
dictionary comes, with quotes escaped. What it costs without either, for two keys that stand in the format, is the
contender `fixed keys`. Each record is flushed by all. What counts is the processor's time, the user's and the
system's, since nobody waits for anything. A peer that does not install on this Python is left out.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Any

import structlog
from harness import medians, show
from loguru._logger import Core, Logger
from pythonjsonlogger.json import JsonFormatter as PythonJsonFormatter

from asab_log import JsonFormatter, StructuredDataFormatter
from asab_log._log_file import LogFile
from asab_log.formatters import FILE_FORMAT

try:
    import picologging
except ImportError:
    picologging = None

RECORDS = 2_000
ROUNDS = 51
MESSAGE = "the request was answered"
DATE = "%d-%b-%Y %H:%M:%S"
LINE = "%(asctime)s %(levelname)s %(name)s %(sd)s%(message)s"
FIXED = LINE.replace("%(sd)s", '[sd key1="%(key1)s" key2="%(key2)s"] ')
LOGURU_LINE = (
    "{time:DD-MMM-YYYY HH:mm:ss.SSSSSS} {level} {extra[logger]} "
    '[sd key1="{extra[key1]}" key2="{extra[key2]}"] {message}'
)
JSON_FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"

Contender = Callable[[], None]


class SameLine(logging.Formatter):
    """The standard library's formatter, doing our line."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the time with microseconds, which the standard library's own does not know."""
        return datetime.fromtimestamp(record.created).strftime(f"{DATE}.%f")

    def format(self, record: logging.LogRecord) -> str:
        """Put the data before the message."""
        data = getattr(record, "struct_data", None)
        params = [f' {name}="{quoted(value)}"' for name, value in data.items()] if data else ()
        record.sd = f"[sd{''.join(params)}] " if params else ""
        return super().format(record)


def quoted(value: object) -> str:
    """Return a value as RFC 5424 wants it, control characters aside."""
    return str(value).replace("\\", r"\\").replace('"', r"\"").replace("]", r"\]")


class Milliseconds(logging.Formatter):
    """The standard library's formatter, with a point before its milliseconds."""

    default_time_format = DATE
    default_msec_format = "%s.%03d"


def logger(handler: logging.Handler, formatter: logging.Formatter) -> logging.Logger:
    """Return a logger that writes through this handler alone."""
    made = logging.getLogger(f"bench.logger{id(handler)}")
    made.name = "bench.log"
    made.setLevel(logging.INFO)
    made.propagate = False
    handler.setFormatter(formatter)
    made.addHandler(handler)
    return made


def with_extra(log: Callable[..., object]) -> Contender:
    """Return what logs fields of the record."""

    def run() -> None:
        for n in range(RECORDS):
            log(MESSAGE, extra={"key1": "value1", "key2": n})

    return run


def with_dictionary(log: Callable[..., object]) -> Contender:
    """Return what logs a dictionary as the standard library takes one."""

    def run() -> None:
        for n in range(RECORDS):
            log(MESSAGE, extra={"struct_data": {"key1": "value1", "key2": n}})

    return run


def with_struct_data(log: Callable[..., object]) -> Contender:
    """Return what logs as our users do."""

    def run() -> None:
        for n in range(RECORDS):
            log(MESSAGE, struct_data={"key1": "value1", "key2": n})

    return run


def with_arguments(log: Callable[..., object]) -> Contender:
    """Return what logs through picologging, whose records take no further fields: the data are in the message."""

    def run() -> None:
        for n in range(RECORDS):
            log('[sd key1="%s" key2="%s"] the request was answered', "value1", n)

    return run


def with_structlog(path: Path, renderer: Any) -> Contender:
    """Return what logs through structlog as its documentation sets it up for speed, past the standard library."""
    log = structlog.wrap_logger(
        structlog.WriteLogger(path.open("w", encoding="utf-8")),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt=f"{DATE}.%f", utc=False),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind(logger="bench.log")

    def run() -> None:
        for n in range(RECORDS):
            log.info(MESSAGE, key1="value1", key2=n)

    return run


def with_loguru(path: Path, **options: Any) -> Contender:
    """Return what logs through loguru."""
    log = Logger(Core(), None, 0, False, False, False, False, True, [], {"logger": "bench.log"})
    log.add(path, level="INFO", **options)

    def run() -> None:
        for n in range(RECORDS):
            log.bind(key1="value1", key2=n).info(MESSAGE)

    return run


def with_picologging(path: Path) -> Contender:
    """Return what logs through picologging."""
    log = picologging.Logger("bench.log", picologging.INFO)
    handler = picologging.FileHandler(str(path), encoding="utf-8")
    handler.setFormatter(picologging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", f"{DATE}.%f"))
    log.addHandler(handler)
    return with_arguments(log.info)


def stdlib_file(path: Path, formatter: logging.Formatter) -> Callable[..., object]:
    """Return a log method that writes through the standard library's handler."""
    return logger(logging.FileHandler(path, encoding="utf-8"), formatter).info


def our_file(path: Path, formatter: logging.Formatter) -> Callable[..., object]:
    """Return a log method that writes as `[logging:file]` does."""
    return logger(LogFile(str(path)), formatter).info


def lines(folder: Path) -> dict[str, Contender]:
    """Return the contenders that write a line of text."""
    order = ["timestamp", "level", "logger", "key1", "key2", "event"]
    contenders = {
        "stdlib": with_dictionary(stdlib_file(folder / "stdlib", SameLine(LINE))),
        "stdlib, fixed keys": with_extra(stdlib_file(folder / "fixed", Milliseconds(FIXED))),
        "asab-log": with_struct_data(our_file(folder / "asab-log", StructuredDataFormatter(fmt=FILE_FORMAT))),
        "structlog": with_structlog(folder / "structlog", structlog.processors.LogfmtRenderer(key_order=order)),
        "loguru": with_loguru(folder / "loguru", format=LOGURU_LINE),
    }
    if picologging is not None:
        contenders["picologging"] = with_picologging(folder / "picologging")
    return contenders


def objects(folder: Path) -> dict[str, Contender]:
    """Return the contenders that write JSON, all with the standard library's `json`."""
    return {
        "python-json-logger": with_extra(stdlib_file(folder / "pythonjsonlogger", PythonJsonFormatter(JSON_FIELDS))),
        "asab-log": with_struct_data(our_file(folder / "asab-json", JsonFormatter())),
        "structlog": with_structlog(folder / "structlog-json", structlog.processors.JSONRenderer()),
        "loguru": with_loguru(folder / "loguru-json", serialize=True, format="{message}"),
    }


def formatters() -> dict[str, Contender]:
    """Return what formats a line without logging it."""
    values = {"key1": "value1", "key2": 5}

    def formatting(formatter: logging.Formatter, **fields: object) -> Contender:
        common = {"name": "bench.log", "levelno": logging.INFO, "levelname": "INFO", "msg": MESSAGE}
        record = logging.makeLogRecord({**common, **fields})

        def run() -> None:
            for _ in range(RECORDS):
                formatter.format(record)

        return run

    return {
        "stdlib": formatting(SameLine(LINE), struct_data=values),
        "stdlib, fixed keys": formatting(Milliseconds(FIXED), **values),
        "asab-log": formatting(StructuredDataFormatter(fmt=FILE_FORMAT), _struct_data=values),
    }


def below_the_level() -> dict[str, Contender]:
    """Return what logs nothing: plain through the standard library, and with data through us."""
    quiet = logging.getLogger("bench.quiet")
    quiet.setLevel(logging.WARNING)
    return {"stdlib": with_extra(quiet.info), "asab-log": with_struct_data(quiet.info)}


def verify(folder: Path) -> None:
    """Make sure that all have done the same work; a contender that writes nothing would be the fastest."""
    rounds = ROUNDS + 1
    for path in folder.iterdir():
        written = path.read_text(encoding="utf-8").splitlines()
        if len(written) != RECORDS * rounds:
            raise SystemExit(f"{path.name}: {len(written)} lines instead of {RECORDS * rounds}")
        last = written[-1]
        print(f"{path.name:>18}: {last}")
        words = ["info", "bench.log", "value1", str(RECORDS - 1), MESSAGE]
        if missing := [word for word in words if word not in last.lower()]:
            raise SystemExit(f"{path.name}: {missing} are missing")
        if "json" in path.name:
            json.loads(last)
    theirs, ours = [(folder / name).read_text().splitlines()[-1].split(" ", 2)[2] for name in ("stdlib", "asab-log")]
    if theirs != ours:
        raise SystemExit(f"not the same line: {theirs!r}, {ours!r}")


if __name__ == "__main__":
    if picologging is None:
        print("picologging is not there for this Python")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = medians(lines(folder), ROUNDS, process_time)
        structured = medians(objects(folder), ROUNDS, process_time)
        verify(folder)
    for kind, measured in (("text", text), ("JSON", structured)):
        figures = ", ".join(f"{contender} {seconds / RECORDS * 1e6:.2f}" for contender, seconds in measured.items())
        print(f"\nmicroseconds a record, {kind}: {figures}")
    show("a record to a file", {"": text}, "stdlib")
    show("a record to a file as JSON", {"": structured}, "asab-log")
    show("a line formatted", {"": medians(formatters(), ROUNDS, process_time)}, "stdlib")
    show("a record below the level", {"": medians(below_the_level(), ROUNDS, process_time)}, "stdlib")
