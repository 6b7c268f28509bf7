"""`cut`: what is too long becomes short enough, marked, and stays what it was."""

from __future__ import annotations

import logging
import re

from hypothesis import given
from hypothesis import strategies as st

from asab_log import SyslogRFC3164Formatter, SyslogRFC5424Formatter
from asab_log._cut import cut

TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from('"]\\[= ž\U0001f600'), max_size=300)
LEGAL = re.compile(
    r"<\d{1,3}>1 (?:[!-~]+ ){5}"
    r'(?:-|(?:\[[^ ="\]]{1,32}(?: [^ ="\]]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*\])+)(?: .*)?'
)


def frame(formatter: logging.Formatter, msg: str, data: dict[str, str]) -> bytes:
    record = {"name": "a", "levelno": 20, "msg": msg, "_struct_data": data}
    return formatter.format(logging.makeLogRecord(record)).encode()


@given(msg=TEXT, data=st.dictionaries(TEXT, TEXT, max_size=5), limit=st.integers(150, 600))
def test_a_frame_of_rfc_5424_stays_legal(msg: str, data: dict[str, str], limit: int) -> None:
    """Open structured data would make a receiver throw the whole record away, or read the rest as it likes."""
    whole = frame(SyslogRFC5424Formatter(), msg, data)
    short = cut(whole, limit)
    assert len(short) <= limit or short == whole
    assert LEGAL.fullmatch(short.decode())
    assert short == whole or short.endswith(b" [cut]")


@given(msg=TEXT, data=st.dictionaries(TEXT, TEXT, max_size=5), limit=st.integers(20, 600))
def test_another_frame_is_its_own_beginning(msg: str, data: dict[str, str], limit: int) -> None:
    """As much as fits, to the last whole character."""
    whole = frame(SyslogRFC3164Formatter(), msg, data)
    short = cut(whole, limit)
    if len(whole) <= limit:
        assert short == whole
        return
    kept = short.removesuffix(b" [cut]")
    assert whole.startswith(kept)
    assert limit - 4 < len(short) <= limit
    short.decode()


def test_what_is_cut_from_data_is_the_end_of_its_last_value() -> None:
    """The names and the first values are what people search by."""
    whole = frame(SyslogRFC5424Formatter(), "msg", {"a": "1", "b": "2" * 500})
    header = whole[: whole.index(b"[")]
    assert cut(whole, len(header) + 40) == header + b'[sd a="1" b="' + b"2" * 19 + b'"] [cut]'
    assert cut(whole, len(header) + 12) == header + b"- [cut]"
