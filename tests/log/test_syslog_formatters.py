"""The frames of syslog, as the RFCs have them."""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asab_log import LOG_NOTICE, MacOSXSyslogFormatter, SyslogRFC3164Formatter, SyslogRFC5424Formatter
from tests.log.test_formatters import ANYTHING, UNSAFE

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from asab_log import StructuredDataFormatter

    MakeRecord = Callable[..., logging.LogRecord]

FORMATTERS: list[type[Any]] = [SyslogRFC5424Formatter, SyslogRFC3164Formatter, MacOSXSyslogFormatter]
# The grammar of RFC 5424, section 6.
RFC5424 = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) "
    r"(?P<pid>[!-~]{1,128}) (?P<msgid>[!-~]{1,32}) "
    r'(?P<sd>-|\[[!-~]{1,32}(?: [!-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*\]) (?P<msg>.*)'
)
RFC3164 = re.compile(
    r"<(?P<pri>\d{1,3})>(?P<time>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d) (?:(?P<host>[!-~]+) )?"
    r"(?P<tag>[A-Za-z0-9_.-]{1,32})\[(?P<pid>\d+)\]: (?P<msg>.*)"
)


def fields(pattern: re.Pattern[str], formatter: StructuredDataFormatter, record: logging.LogRecord) -> dict[str, Any]:
    match = pattern.fullmatch(formatter.format(record))
    assert match
    return match.groupdict()


def test_rfc_5424_has_every_field_in_its_place(record: MakeRecord) -> None:
    """A receiver that reads the RFC reads us."""
    full = record(created=1521992038.044595, _struct_data={"key1": "value1"}, levelno=LOG_NOTICE)
    found = fields(RFC5424, SyslogRFC5424Formatter(), full)
    assert found["pri"] == str(16 * 8 + 5)
    assert found["time"] == "2018-03-25T15:33:58.044595Z"
    assert found["host"] == socket.gethostname()
    assert found["pid"] == str(os.getpid())
    assert found["msgid"] == "myapp.mymodule"
    assert found["sd"] == '[sd key1="value1"]'
    assert found["msg"] == "Hello world!"


def test_rfc_5424_without_data_has_a_dash(record: MakeRecord) -> None:
    """STRUCTURED-DATA is never empty in a frame (section 6.3), whatever `empty_sd` is."""
    assert SyslogRFC5424Formatter.empty_sd == " "
    assert SyslogRFC5424Formatter().render_struct_data(None) == " "
    assert fields(RFC5424, SyslogRFC5424Formatter(), record())["sd"] == "-"


def test_rfc_5424_times_are_utc_also_without_microseconds(record: MakeRecord) -> None:
    """Receivers sort by it; a local time with `Z` is hours off."""
    formatter = SyslogRFC5424Formatter()
    for created in (0.0, 5e-6, 1521992038.0):
        shown = fields(RFC5424, formatter, record(created=created))["time"]
        assert shown.startswith(time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(created)))


def test_the_logger_is_a_legal_msgid(record: MakeRecord) -> None:
    """A name with spaces would shift every field behind it."""
    found = fields(RFC5424, SyslogRFC5424Formatter(), record(name="a very long package." + "my módule\n" + "x" * 20))
    assert found["msgid"] == "e.my_m_dule_" + "x" * 20
    assert len(found["msgid"]) == 32
    assert fields(RFC5424, SyslogRFC5424Formatter(), record(name=""))["msgid"] == "-"


@pytest.mark.parametrize(
    ("process", "shown"), [(None, "-"), ("12 - - forged", "12_-_-_forged"), ("x" * 200, "x" * 128)]
)
def test_the_process_is_a_legal_procid(record: MakeRecord, process: object, shown: str) -> None:
    """Logging may be told not to ask for it, and a record may come from another machine."""
    assert fields(RFC5424, SyslogRFC5424Formatter(), record(process=process))["pid"] == shown


def test_rfc_3164_names_the_host_and_macos_does_not(record: MakeRecord) -> None:
    """Through a network the host is wanted; a local socket takes it for the tag."""
    found = fields(RFC3164, SyslogRFC3164Formatter(), record())
    assert (found["pri"], found["host"], found["pid"]) == ("134", socket.gethostname(), str(os.getpid()))
    assert found["msg"] == "myapp.mymodule : Hello world!"
    found = fields(RFC3164, MacOSXSyslogFormatter(), record(_struct_data={"a": 1}))
    assert found["host"] is None
    assert found["msg"] == 'myapp.mymodule [sd a="1"] : Hello world!'


def test_rfc_3164_pads_the_day_with_a_space(record: MakeRecord) -> None:
    """`Aug 05` is not what section 4.1.2 has."""
    created = time.mktime((2018, 8, 5, 1, 2, 3, 0, 0, -1))
    assert fields(RFC3164, SyslogRFC3164Formatter(), record(created=created))["time"] == "Aug  5 01:02:03"


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_the_whole_frame_can_be_replaced(record: MakeRecord, formatter: type[StructuredDataFormatter]) -> None:
    """`fmt` is a documented parameter."""
    assert formatter(fmt="<%(priority)s>%(message)s").format(record(msg="a\tb")) == r"<134>a\tb"


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_the_facility_can_be_set(record: MakeRecord, formatter: type[StructuredDataFormatter]) -> None:
    """Receivers route by facility."""
    made = formatter()
    made.facility = 3
    assert made.format(record()).startswith("<30>")


def test_the_program_gives_its_name(run_script: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """APP-NAME and tag are what an operator filters by."""
    code = (
        "import sys, logging, asab_log\n"
        "sys.argv[0] = '/opt/my app %s[1].py'\n"
        "r = logging.makeLogRecord({'name': 'a', 'levelno': 20})\n"
        "print(asab_log.SyslogRFC5424Formatter().format(r).split()[3])\n"
        "print(asab_log.MacOSXSyslogFormatter().format(r).split()[3])"
    )
    app_name, tag = run_script(code).stdout.split()
    assert app_name == "my_app_%s[1]"
    assert tag.startswith("my_app__s_1_[")


@pytest.mark.parametrize("formatter", FORMATTERS)
@settings(deadline=None)
@given(msg=ANYTHING, name=ANYTHING, data=st.dictionaries(ANYTHING, ANYTHING), error=st.none() | ANYTHING)
def test_one_record_is_one_frame(
    formatter: type[StructuredDataFormatter], msg: str, name: str, data: dict[str, str], error: str | None
) -> None:
    """No framing can be broken, and no record forged, by what was logged; the traceback stays in the frame."""
    fields = {"levelno": 20, "msg": msg, "name": name, "_struct_data": data}
    if error is not None:
        try:
            raise ValueError(error)
        except ValueError as e:
            fields["exc_info"] = (type(e), e, e.__traceback__)
    frame = formatter().format(logging.makeLogRecord(fields))
    assert not UNSAFE.search(frame)
    frame.encode()
    assert (RFC5424 if formatter is SyslogRFC5424Formatter else RFC3164).fullmatch(frame)
    assert error is None or "ValueError" in frame
