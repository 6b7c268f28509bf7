"""The keyword `struct_data=`."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asab_log
from asab_log import LOG_NOTICE, StructuredDataFormatter

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

L = asab_log.get_logger("myapp.mymodule")


def test_get_logger_returns_the_logger_of_the_standard_library() -> None:
    """The recommended `logging.getLogger(__name__)` and ours must be one logger, or levels differ."""
    assert L is logging.getLogger("myapp.mymodule")
    assert asab_log.get_logger() is logging.getLogger()


@pytest.mark.parametrize("method", ["debug", "info", "warning", "error", "critical"])
def test_every_method_takes_it(logged: list[str], method: str) -> None:
    """The keyword is documented for loggers, not for one method."""
    getattr(L, method)("Hello %s!", "world", struct_data={"key1": "value1", "key2": 2})
    assert logged[0].startswith('myapp.mymodule|[sd key1="value1" key2="2"] |Hello world!|')


def test_log_takes_it(logged: list[str]) -> None:
    """NOTICE can be logged in no other way."""
    L.log(LOG_NOTICE, "Hello", struct_data={"a": 1})
    assert logged[0].startswith('myapp.mymodule|[sd a="1"] |Hello|')


def test_the_root_and_the_functions_of_logging_take_it(logged: list[str]) -> None:
    """Scripts log through the module."""
    logging.getLogger().info("one", struct_data={"a": 1})  # type: ignore[call-arg]
    logging.info("two", struct_data={"a": 2})  # type: ignore[call-arg]  # noqa: LOG015
    assert [line.rpartition("|")[0] for line in logged] == ['root|[sd a="1"] |one', 'root|[sd a="2"] |two']


def test_a_logger_made_before_the_import_takes_it(run_script: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Nobody controls in which order modules are imported."""
    code = (
        "import logging; L = logging.getLogger('early')\n"
        "import asab_log; asab_log.setup(verbose=True)\n"
        "L.info('Hello', struct_data={'a': 1})"
    )
    assert run_script(code).stderr.endswith('INFO early [sd a="1"] : Hello\n')


def helper(text: str) -> None:
    L.info(text, struct_data={"a": 1}, stacklevel=2)


def test_the_file_and_line_are_those_of_the_caller(logged: list[str]) -> None:
    """Whoever reads the log looks there."""
    first = sys._getframe().f_lineno + 1
    L.info("x")
    L.info("x", struct_data={"a": 1})
    L.log(LOG_NOTICE, "x", struct_data={"a": 1})
    helper("x")
    logging.LoggerAdapter(L).info("x", struct_data={"a": 1})
    logging.getLogger().info("x")
    places = [line.rpartition("|")[2] for line in logged]
    assert places == [f"{Path(__file__).name}:{first + n}" for n in range(6)]


class Elsewhere(logging.Logger):
    """A logger that says by itself where it was called."""

    def findCaller(self, *_: object) -> tuple[str, int, str, None]:
        return "elsewhere.py", 7, "run", None


def test_a_logger_that_finds_its_callers_itself_is_asked(logged: list[str]) -> None:
    """Frameworks hide frames of their own from the log in this way."""
    logger = Elsewhere("myapp.elsewhere")
    logger.parent = logging.getLogger()
    logger.info("x", struct_data={"a": 1})  # type: ignore[call-arg]
    assert logged[0] == 'myapp.elsewhere|[sd a="1"] |x|elsewhere.py:7'


def test_callers_are_not_looked_for_where_that_is_switched_off(
    run_script: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """The documentation of `logging` offers it to those for whom every microsecond counts."""
    code = (
        "import asab_log, logging; logging._srcfile = None\n"
        "logging.basicConfig(format='%(filename)s:%(lineno)d %(message)s')\n"
        "logging.warning('Hello', struct_data={'a': 1})"
    )
    assert run_script(code).stderr == "(unknown file):0 Hello\n"


def test_an_exception_keeps_its_place_and_its_traceback(logged: list[str]) -> None:
    """`L.exception` is the call that is read most."""
    try:
        raise ValueError("no")
    except ValueError:
        L.exception("It failed", struct_data={"a": 1})
        line = sys._getframe().f_lineno - 1
    first, *rest = logged[0].split("\n")
    assert first == f'myapp.mymodule|[sd a="1"] |It failed|{Path(__file__).name}:{line}'
    assert rest[-1] == "    ValueError: no"


def test_extra_stays_beside_it() -> None:
    """Filters and formats of an application use `extra`."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(StructuredDataFormatter(fmt="%(user)s %(struct_data)s"))
    L.addHandler(handler)
    L.warning("Hello", extra={"user": "me"}, struct_data={"a": 1})
    L.removeHandler(handler)
    assert stream.getvalue() == 'me [sd a="1"] \n'


class Hostile:
    """Raises whenever it is looked at."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


class Broken(Mapping[str, object]):
    """A mapping that cannot be read."""

    def __getitem__(self, key: str) -> object:
        raise RuntimeError("no")

    def __iter__(self) -> Iterator[str]:
        return iter("ab")

    def __len__(self) -> int:
        return 2


LOOP: list[object] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": "b"}, '[sd a="b"] '),
        ({"a": 1.5, "b": True, "c": None}, '[sd a="1.5" b="true" c="null"] '),
        ({"a": {"b": [1, "x"]}}, r'[sd a="{\"b\":[1,\"x\"\]}"] '),
        ({"a": 'say "hi" \\ ]'}, r'[sd a="say \"hi\" \\ \]"] '),
        ({"a": "x\ny"}, r'[sd a="x\\ny"] '),
        ({"my key=]": 1}, '[sd my_key__="1"] '),
        ({"": 1}, '[sd _="1"] '),
        ({"k" * 40: 1}, f'[sd {"k" * 32}="1"] '),
        ({1: 2}, '[sd 1="2"] '),
        ({"a": Path("/tmp")}, '[sd a="/tmp"] '),
        ({}, ""),
        (None, ""),
    ],
)
def test_it_reads_as_one_sd_element(data: dict[str, object] | None, expected: str) -> None:
    """RFC 5424, section 6.3, is what the documentation promises."""
    assert StructuredDataFormatter().render_struct_data(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        "text",
        ["a", "list"],
        7,
        Hostile(),
        Broken(),
        {"a": Hostile()},
        {Hostile(): 1},
        {"a": LOOP},
        {"a": {(1, 2): 3}},
        {"a": b"\xff"},
        {"a": 10**5000},
        {"a": "\ud800"},
    ],
    ids=lambda data: type(data).__name__,
)
def test_what_is_no_json_is_shown_and_never_raises(data: object, logged: list[str]) -> None:
    """A log call is the last thing that may break a program."""
    L.info("Hello", struct_data=data)  # type: ignore[arg-type]
    assert logged[0].startswith("myapp.mymodule|[sd ")
    assert "|Hello|" in logged[0]


@given(value=st.integers() | st.floats() | st.booleans() | st.none())
def test_numbers_and_constants_are_json(value: object) -> None:
    """Whoever parses them must not have to know Python."""
    assert StructuredDataFormatter().render_struct_data({"a": value}) == f'[sd a="{json.dumps(value)}"] '


def test_nested_data_are_json() -> None:
    """Whoever parses the value gets back what was logged."""
    rendered = StructuredDataFormatter().render_struct_data({"a": {"b": [1, None, "ž"]}})
    value = rendered.removeprefix('[sd a="').removesuffix('"] ')
    assert json.loads(value.replace('\\"', '"').replace("\\]", "]")) == {"b": [1, None, "ž"]}


def test_a_record_below_the_level_costs_nothing(logged: list[str]) -> None:
    """Data of a record that nobody sees are not even looked at."""
    logging.getLogger().setLevel(logging.WARNING)
    L.info("Hello", struct_data={"a": Hostile()})
    assert logged == []
