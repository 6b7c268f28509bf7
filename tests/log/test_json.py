"""`JsonFormatter`: one record in, one JSON object on one line out."""

from __future__ import annotations

import enum
import json
import logging
import math
import re
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asab_log
from asab_log import JsonFormatter
from tests.log.test_formatters import ANYTHING, UNSAFE, failed

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    MakeRecord = Callable[..., logging.LogRecord]

CREATED = datetime(2018, 3, 25, 21, 33, 58, 44595, UTC).timestamp()


def strict(line: str) -> dict[str, Any]:
    """The object of a line, by a parser that takes no NaN, no key twice and no lone surrogate."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len(dict(pairs)) == len(pairs), f"a key stands twice: {pairs}"
        return dict(pairs)

    line.encode()
    parsed = json.loads(line, parse_constant=refuse, object_pairs_hook=once)
    json.dumps(parsed, ensure_ascii=False).encode()
    assert isinstance(parsed, dict)
    return parsed


def test_a_line_reads_as_documented(record: MakeRecord) -> None:
    """What collects the lines is configured by these names."""
    full = record(created=CREATED, _struct_data={"key1": "value1", "key2": 2})
    assert JsonFormatter().format(full) == (
        '{"time":"2018-03-25T21:33:58.044595Z","level":"INFO","logger":"myapp.mymodule","message":"Hello world!",'
        '"key1":"value1","key2":2}'
    )


def test_a_traceback_is_a_string(record: MakeRecord) -> None:
    """One object a line, with its lines inside."""
    parsed = strict(JsonFormatter().format(failed("no\nway", msg="x", stack_info="Stack:\n  here")))
    assert parsed["message"] == "x"
    assert parsed["exception"].startswith("Traceback (most recent call last):\n  File ")
    assert parsed["exception"].endswith("\nValueError: no\nway")
    assert parsed["stack"] == "Stack:\n  here"


def test_its_own_keys_are_its_own_and_nothing_is_lost(record: MakeRecord) -> None:
    """A struct value named `level` must neither hide the level nor be hidden by it."""
    own = ["time", "level", "logger", "message", "exception", "stack"]
    data: dict[object, int] = {**dict.fromkeys(own, 1), "sd_time": 2, 1: 3, "1": 4}
    parsed = strict(JsonFormatter().format(record(_struct_data=data)))
    assert parsed["level"] == "INFO"
    assert [parsed[f"sd_{name}"] for name in own] == [1] * 6
    assert (parsed["sd_sd_time"], parsed["1"], parsed["sd_1"]) == (2, 3, 4)
    assert "exception" not in parsed


class Colour(enum.Enum):
    RED = 1


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")


LOOP: dict[str, object] = {}
LOOP["loop"] = LOOP
DEEP: list[object] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        ([-math.inf], ["-Infinity"]),
        (2**64, 2**64),
        (10**5000, hex(10**5000)),
        (-(10**5000), hex(-(10**5000))),
        (True, True),
        (None, None),
        (b"\xff", "b'\\xff'"),
        ((1, "a"), [1, "a"]),
        (OrderedDict(a=1), {"a": 1}),
        ({1: "a", "1": "b", None: "c"}, {"1": "a", "sd_1": "b", "null": "c"}),
        ({(1, 2): {3}}, {"(1, 2)": "{3}"}),
        ({False: 1, 1.5: 2}, {"false": 1, "1.5": 2}),
        (Colour.RED, "Colour.RED"),
        (logging.WARNING, 30),
        (Text("text"), "text"),
        ([Text("text")], ["text"]),
        (LOOP, {"loop": "{'loop': {...}}"}),
        ("\ud800", "\\ud800"),
        ({"\ud800": 1, "\\ud800": 2}, {"\\ud800": 1, "sd_\\ud800": 2}),
        ("a\x85\u2028\x7f\0\n\"\\'", "a\x85\u2028\x7f\0\n\"\\'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_value_has_a_form(record: MakeRecord, value: object, expected: object) -> None:
    """Whoever reads the line gets the value itself or, where JSON has none, a text that says it."""
    line = JsonFormatter().format(record(_struct_data={"a": value}))
    assert not UNSAFE.search(line)
    assert strict(line)["a"] == expected


def test_what_is_nested_too_deep_is_text(record: MakeRecord) -> None:
    """A parser in another language gives up long before Python does."""
    parsed = strict(JsonFormatter().format(record(_struct_data={"a": DEEP})))
    depth, value = 0, parsed["a"]
    while isinstance(value, list):
        depth, value = depth + 1, value[0]
    assert 10 < depth < 100
    assert isinstance(value, str)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANYTHING, inner, max_size=4),
    max_leaves=10,
)
OWN = {"time", "level", "logger", "message", "exception", "stack"}


def visible(value: object) -> object:
    """The value with its lone surrogates as they are shown."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", value)
    if isinstance(value, list):
        return [visible(each) for each in value]
    if isinstance(value, dict):
        return {visible(key): visible(each) for key, each in value.items()}
    return value


@given(msg=ANYTHING, name=ANYTHING, data=st.dictionaries(ANYTHING.filter(lambda key: key not in OWN), JSON))
def test_what_is_read_is_what_was_logged(msg: str, name: str, data: dict[str, object]) -> None:
    """JSON is chosen because nothing has to be guessed."""
    line = JsonFormatter().format(logging.makeLogRecord({"msg": msg, "name": name, "_struct_data": data}))
    assert not UNSAFE.search(line)
    parsed = strict(line)
    assert (parsed.pop("message"), parsed.pop("logger")) == (visible(msg), visible(name))
    del parsed["time"], parsed["level"]
    assert parsed == visible(data)


def test_a_script_chooses_it_for_console_and_file(
    run_script: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """A container's lines are read by a program."""
    code = (
        "import asab_log, sys\n"
        "asab_log.setup(json=True, file=sys.argv[1])\n"
        "asab_log.get_logger('script').warning('Hello\\nworld', struct_data={'a': [1]})"
    )
    done = run_script(code, str(tmp_path / "log"))
    parsed = strict(done.stderr.removesuffix("\n"))
    assert {**parsed, "time": ""} == {
        "time": "", "level": "WARNING", "logger": "script", "message": "Hello\nworld", "a": [1]
    }  # fmt: skip
    assert (tmp_path / "log").read_text() == done.stderr


def test_the_formatter_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """On a handler of somebody else's."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logger = asab_log.get_logger("alone")
    logger.addHandler(handler)
    logger.error("x")
    logger.removeHandler(handler)
    assert strict(capsys.readouterr().err)["level"] == "ERROR"
