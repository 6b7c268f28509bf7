"""The headers of a trace: the W3C's form, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_app.tracing import Trace

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_what_was_read_is_what_is_written() -> None:
    """The example of the specification."""
    trace = Trace.parse(PARENT, "rojo=00f067aa0ba902b7")
    assert trace == Trace(TRACE, SPAN, sampled=True, state="rojo=00f067aa0ba902b7")
    assert trace.headers == {"traceparent": PARENT, "tracestate": "rojo=00f067aa0ba902b7"}


def test_a_child_is_another_step_of_the_same_trace() -> None:
    """Or nobody could tell which step has logged a line."""
    parent = Trace(TRACE, SPAN, sampled=False, state="a=1")
    child = parent.child()
    assert (child.trace_id, child.sampled, child.state) == (TRACE, False, "a=1")
    assert child.span_id != SPAN


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (f"01-{TRACE}-{SPAN}-01", 1),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", 1),
        (f"00-{TRACE}-{SPAN}-03", 3),  # of level 2: the id was made by chance
        (f"00-{TRACE}-{SPAN}-ff", 3),  # what nobody knows yet is not sent on
        (f"00-{TRACE}-{SPAN}-00", 0),
    ],
)
def test_what_newer_versions_send_is_understood_as_far_as_it_is_known(header: str, flags: int) -> None:
    """Section 4.3: a service must not cut the traces of those that are ahead of it."""
    trace = Trace.parse(header)
    assert trace == Trace(TRACE, SPAN, bool(flags & 1), random=bool(flags & 2))
    assert trace.child().traceparent.endswith(f"-0{flags}")


@pytest.mark.parametrize(
    "header",
    [
        "",
        PARENT.upper(),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"{PARENT}-more",
        f"{PARENT}.",
        f"{PARENT}\n",
        f"01-{TRACE}-{SPAN}-01.more",
        f"00-{TRACE}-{SPAN}",
        f" {PARENT}",
        f"00-{TRACE}-{SPAN}-0\N{ARABIC-INDIC DIGIT ONE}",
        PARENT.encode(),
        None,
    ],
)
def test_what_has_not_the_form_is_no_trace(header: object) -> None:
    """Ids are logged and sent on: nothing of a stranger's making may be in them."""
    assert Trace.parse(header) is None


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ("a=1,b=2", "a=1,b=2"),
        (" a=1 ,\t, b=2 ", "a=1,b=2"),
        ("tenant@system=x", "tenant@system=x"),
        ("a=1,a=2", ""),
        ("A=1", ""),
        ("a=", ""),
        ("a=1\r\nX: y", ""),
        ("a=é", ""),
        (",".join(f"k{n}=1" for n in range(33)), ""),
        (",".join(["a=" + "x" * 200, "b=2", *(f"k{n}={'y' * 40}" for n in range(12))]), None),
        (None, ""),
        (b"a=1", ""),
    ],
)
def test_the_state_of_others_is_passed_on_if_it_has_the_form(header: object, state: str | None) -> None:
    """Section 3.3; of one that is too long the longest members go first."""
    trace = Trace.parse(PARENT, header)
    assert trace is not None
    if state is None:
        assert trace.state.startswith("b=2,k0=")
        assert len(trace.state) <= 512
    else:
        assert trace.state == state


@given(st.one_of(st.text(), st.from_regex(r"\A[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.*\Z")), st.text())
def test_whatever_comes_what_goes_out_has_the_form(traceparent: str, tracestate: str) -> None:
    """Headers are anybody's."""
    trace = Trace.parse(traceparent, tracestate)
    if trace is not None:
        assert Trace.parse(trace.traceparent, trace.state) == trace
        assert all(value.isascii() and value.isprintable() for value in trace.headers.values())
