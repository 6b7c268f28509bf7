"""Properties on the wire: what goes out comes in, and whatever comes in does no harm."""

from __future__ import annotations

import datetime
import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_mom import Properties
from asab_mom._wire import decode_properties, encode_properties

# A short string has 255 bytes at most, and no character has more than four.
short = st.text(st.characters(exclude_categories=["Cs"]), max_size=63)
times = st.datetimes(
    min_value=datetime.datetime(1970, 1, 1),
    timezones=st.just(datetime.UTC),
).map(lambda time: time.replace(microsecond=0))
decimals = st.builds(
    lambda digits, places: decimal.Decimal(digits).scaleb(-places), st.integers(0, 2**31 - 1), st.integers(0, 20)
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | times
    | decimals
    | st.binary()
)
fields = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(short, inner), max_leaves=10)
properties = st.builds(
    Properties,
    content_type=st.none() | short,
    headers=st.dictionaries(short, fields),
    delivery_mode=st.none() | st.sampled_from([1, 2]),
    priority=st.none() | st.integers(0, 255),
    correlation_id=st.none() | short,
    message_id=st.none() | short,
    timestamp=st.none() | times,
    app_id=st.none() | short,
)


@given(properties)
def test_properties_come_out_as_they_went_in(properties: Properties) -> None:
    """Nothing of what an application says about its message is changed on the way."""
    properties.check()
    assert decode_properties(encode_properties(properties)) == properties


@given(st.binary())
def test_any_bytes_are_properties_or_a_value_error(data: bytes) -> None:
    """Whoever may publish to a queue may put anything there."""
    try:
        assert isinstance(decode_properties(data), Properties)
    except ValueError as error:
        assert str(error).startswith("the properties of the message cannot be read")  # noqa: PT017


@pytest.mark.parametrize(
    "table",
    [
        b"\x01kF\x00\x00\x00\x08" * 1000,  # tables in tables
        b"\x01kT\xff\xff\xff\xff\xff\xff\xff\xff",  # a year that no calendar has
        b"\x01kZ",  # no such type
        b"\x01kS\xff\xff\xff\xff",  # longer than the message
    ],
)
def test_a_hostile_header_is_a_value_error(table: bytes) -> None:
    """It is the message's fault and not the line's."""
    with pytest.raises(ValueError, match="the properties of the message cannot be read"):
        decode_properties(b"\x20\x00" + len(table).to_bytes(4, "big") + table)
