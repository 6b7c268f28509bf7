"""Console and file: one record in, one line out."""

from __future__ import annotations

import inspect
import logging
import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asab_log import StructuredDataFormatter
from asab_log.formatters import FILE_FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeRecord = Callable[..., logging.LogRecord]

# 25 March 2018 23:33:58.044595 of the documentation's line, wherever the test runs.
CREATED = time.mktime((2018, 3, 25, 23, 33, 58, 0, 0, -1)) + 0.044595
DOCUMENTED = "25-Mar-2018 23:33:58.044595 INFO myapp.mymodule : Hello world!"
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ANYTHING = st.text(st.characters(exclude_categories=()) | st.sampled_from('\n\r\0\x1b"]\\=[ \u2028\x85\ud800'))


def test_the_documented_line_is_printed_to_the_letter(record: MakeRecord) -> None:
    """It is the one line of output that the documentation shows."""
    assert StructuredDataFormatter().format(record(created=CREATED)) == DOCUMENTED


def test_the_line_of_a_file_has_the_documented_format(record: MakeRecord) -> None:
    """Programs that read the files of older applications go on reading them."""
    formatter = StructuredDataFormatter(fmt=FILE_FORMAT)
    assert formatter.format(record(created=CREATED)) == DOCUMENTED.replace(" : ", " ")


def test_structured_data_stand_before_the_message(record: MakeRecord) -> None:
    """Both formats read well with and without them."""
    full = record(created=CREATED, _struct_data={"key1": "value1", "key2": 2})
    expected = DOCUMENTED.replace(" : ", ' [sd key1="value1" key2="2"] : ')
    assert StructuredDataFormatter().format(full) == expected
    assert StructuredDataFormatter(fmt=FILE_FORMAT).format(full) == expected.replace(" : ", " ")


def test_the_signature_is_the_documented_one() -> None:
    """Subclasses and calls by position rely on it."""
    parameters = inspect.signature(StructuredDataFormatter).parameters.values()
    defaults = [(parameter.name, parameter.default) for parameter in parameters]
    assert defaults == [("facility", 16), ("fmt", None), ("datefmt", None), ("style", "%"), ("sd_id", "sd")]
    assert StructuredDataFormatter.empty_sd == ""


def test_a_subclass_can_say_what_stands_for_no_data(record: MakeRecord) -> None:
    """`empty_sd` is documented as an attribute of the class."""

    class Dashed(StructuredDataFormatter):
        empty_sd = "- "

    assert Dashed(fmt="%(struct_data)s%(message)s").format(record()) == "- Hello world!"


@pytest.mark.parametrize("style", ["%", "{", "$"])
def test_every_style_of_the_standard_library_works(record: MakeRecord, style: str) -> None:
    """`style` is a documented parameter."""
    fmt = {"%": "%(levelname)s %(message)s", "{": "{levelname} {message}", "$": "$levelname ${message}"}[style]
    formatter = StructuredDataFormatter(fmt=fmt, style=style)  # type: ignore[arg-type]
    assert formatter.format(record(msg="a\nb")) == r"INFO a\nb"


def test_a_style_without_a_format_leaves_the_documented_line(record: MakeRecord) -> None:
    """There is nothing then that is written in that style."""
    assert StructuredDataFormatter(style="{").format(record(created=CREATED)) == DOCUMENTED


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (1e9 + 0.000005, "000005"),
        (1e9 + 0.999999, "999999"),
        (1e9 + 0.9999999, "000000"),
        (1e9, "000000"),
        (0.5, "500000"),
        (-0.25, "750000"),
    ],
)
def test_microseconds_have_six_digits_and_carry(created: float, expected: str, record: MakeRecord) -> None:
    """`.5` for 5 microseconds and `.1000000` for a full second sort wrongly."""
    assert StructuredDataFormatter(datefmt="%f").formatTime(record(created=created)) == expected


def test_a_time_that_rounds_up_carries_into_the_second(record: MakeRecord) -> None:
    """Otherwise the line would be a second early."""
    formatter = StructuredDataFormatter(datefmt="%S.%f")
    assert formatter.formatTime(record(created=60.9999999)) == "01.000000"


def test_names_are_english_and_percent_signs_literal(record: MakeRecord) -> None:
    """A log reads the same on every machine."""
    formatter = StructuredDataFormatter(datefmt="%A %a %d %B %b %p %%f %% %")
    assert formatter.formatTime(record(created=CREATED)) == "Sunday Sun 25 March Mar PM %f % %"


def test_a_date_format_of_the_call_wins(record: MakeRecord) -> None:
    """As it does in the standard library."""
    formatter = StructuredDataFormatter()
    assert formatter.formatTime(record(created=CREATED), "%Y") == "2018"
    assert formatter.formatTime(record(created=CREATED)) == DOCUMENTED[:27]


def test_the_zone_is_the_formatters_converter(record: MakeRecord) -> None:
    """`converter = time.gmtime` is how the standard library's users ask for UTC."""
    formatter = StructuredDataFormatter(datefmt="%Y-%m-%d %H:%M")
    formatter.converter = time.gmtime
    assert formatter.formatTime(record(created=0.0)) == "1970-01-01 00:00"


def test_the_priority_is_known_to_every_format(record: MakeRecord) -> None:
    """A console of a container may be read by a syslog daemon."""
    formatter = StructuredDataFormatter(facility=3, fmt="<%(priority)s>%(message)s")
    assert formatter.format(record()) == "<30>Hello world!"


@pytest.mark.parametrize("facility", [-1, 24])
def test_a_facility_that_is_none_is_refused(facility: int) -> None:
    """It would make another facility's priority or none."""
    with pytest.raises(ValueError, match=f"{facility}.*0 to 23"):
        StructuredDataFormatter(facility)


def test_arguments_that_do_not_fit_are_shown(record: MakeRecord) -> None:
    """A wrong format string must not cost the record that it belongs to."""
    line = StructuredDataFormatter().format(record(msg="%d bees", args=("many",)))
    assert "%d bees" in line
    assert "many" in line


def test_tabs_of_the_format_make_columns(record: MakeRecord) -> None:
    """Tables are read by tabs; those of a message must not shift them."""
    formatter = StructuredDataFormatter(fmt="\t%(levelname)s\t%(message)s\t")
    assert formatter.format(record(msg="a\tb")) == "\tINFO\ta\\tb\t"


def test_what_is_escaped_can_be_read(record: MakeRecord) -> None:
    """An operator recognises the characters by their usual sequences."""
    text = "a\n\r\t\0\x1b[31m\x7f\x9b\u2028\ud800 ž 漢 C:\\new"
    line = StructuredDataFormatter(fmt="%(message)s").format(record(msg=text))
    assert line == r"a\n\r\t\x00\x1b[31m\x7f\x9b\u2028\ud800 ž 漢 C:\new"


def failed(error: str, **fields: object) -> logging.LogRecord:
    try:
        raise ValueError(error)
    except ValueError as e:
        exc_info = type(e), e, e.__traceback__
        return logging.makeLogRecord({"levelno": 20, "levelname": "INFO", "exc_info": exc_info, **fields})


def test_a_traceback_is_indented_below_its_line() -> None:
    """Only a record begins at the margin, so that `grep` and people find records."""
    stack = "Stack (most recent call last):\n  here"
    full = failed("no\nway", created=CREATED, name="myapp.mymodule", msg="Hello world!", stack_info=stack)
    first, *rest = StructuredDataFormatter().format(full).split("\n")
    assert first == DOCUMENTED
    assert rest[0] == "    Traceback (most recent call last):"
    assert rest[-4:] == ["    ValueError: no", "    way", "    Stack (most recent call last):", "      here"]


@settings(deadline=None)
@given(msg=ANYTHING, name=ANYTHING, thread=ANYTHING, user=ANYTHING, data=st.dictionaries(ANYTHING, ANYTHING))
def test_one_record_is_one_line(msg: str, name: str, thread: str, user: str, data: dict[str, str]) -> None:
    """Whatever somebody sends to a server, no line of its log can be made of it."""
    formatter = StructuredDataFormatter(fmt=f"%(threadName)s %(user)s {FILE_FORMAT}")
    fields = {"msg": msg, "name": name, "threadName": thread, "user": user, "_struct_data": data}
    line = formatter.format(logging.makeLogRecord({"levelno": 20, "levelname": "INFO", **fields}))
    assert not UNSAFE.search(line)


@settings(deadline=None)
@given(msg=ANYTHING, error=ANYTHING)
def test_a_record_with_a_traceback_has_one_line_at_the_margin(msg: str, error: str) -> None:
    """Also the text of an exception comes from outside."""
    first, *rest = StructuredDataFormatter(fmt=FILE_FORMAT).format(failed(error, msg=msg)).split("\n")
    assert not UNSAFE.search(first)
    assert rest
    assert all(line.startswith("    ") and not UNSAFE.search(line) for line in rest)


PARAM = re.compile(r' ([!-~]{1,32}?)="((?:[^"\\\]]|\\["\\\]])*)"')


@settings(deadline=None)
@given(data=st.dictionaries(ANYTHING, ANYTHING, min_size=1))
def test_a_value_cannot_leave_its_place(data: dict[str, str]) -> None:
    """A parser of RFC 5424 gets back as many parameters as went in, with their values."""
    rendered = StructuredDataFormatter().render_struct_data(data)
    assert rendered.startswith("[sd")
    assert rendered.endswith("] ")
    params = PARAM.findall(rendered[3:-2])
    assert "".join(f' {name}="{value}"' for name, value in params) == rendered[3:-2]
    values = [re.sub(r"\\(.)", r"\1", value) for _, value in params]
    assert values == [UNSAFE.sub(lambda m: m[0].encode("unicode_escape").decode(), value) for value in data.values()]


def test_the_sd_id_is_made_legal() -> None:
    """It is a parameter, and may come from a configuration."""
    assert StructuredDataFormatter(sd_id="my app]").render_struct_data({"a": 1}) == '[my_app_ a="1"] '
