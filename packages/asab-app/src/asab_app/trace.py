"""`Trace`: the ids of a request and of one step of it, as they travel between services.

The form is that of the W3C (Trace Context, https://www.w3.org/TR/trace-context/): the headers `traceparent` and
`tracestate`. What does not keep to it is as if it were not there, and a new trace begins.
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"

# Section 3.2: lower case only; what comes after version 00 may have more fields behind another dash.
_PARENT = r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
_SAMPLED = 1
_RANDOM = 2  # of level 2

# Section 3.3: up to 32 members; 512 characters of them are always passed on, here no more.
_KEY = r"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
_MEMBER = _KEY + r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
_MEMBERS = 32
_STATE_SIZE = 512
_LONG_MEMBER = 128


@dataclass(frozen=True, slots=True)
class Trace:
    """Where something stands in the trace of a request.

    Attributes:
        trace_id: The id of the whole trace, 32 digits of lower-case hexadecimal.
        span_id: The id of this step, 16 of them.
        sampled: Whether somebody records the trace, or may do so.
        state: What other systems have added, to be passed on: the header `tracestate`, 512 characters at most.
        random: Whether the id of the trace was made by chance, so that samplers can rely on that.
    """

    trace_id: str
    span_id: str
    sampled: bool = True
    state: str = ""
    random: bool = False

    @classmethod
    def new(cls) -> Trace:
        """Begin a trace, with ids by chance."""
        return cls(_random_id(16), _random_id(8), random=True)

    @classmethod
    def parse(cls, traceparent: object, tracestate: object = "") -> Trace | None:
        """Read the headers of somebody else.

        Args:
            traceparent: The value of the header, or whatever stands in its place.
            tracestate: The same of `tracestate`; several headers joined by commas. A wrong one is left out.

        Returns:
            The trace, or None if there is none that keeps to the form.
        """
        match = _form(_PARENT).fullmatch(traceparent) if isinstance(traceparent, str) else None
        if match is None or (match[1] == "00" and match[5]):
            return None
        flags = int(match[4], 16)
        state = _state(tracestate) if isinstance(tracestate, str) else ""
        return cls(match[2], match[3], bool(flags & _SAMPLED), state, bool(flags & _RANDOM))

    def child(self) -> Trace:
        """Return the trace of a step inside this one: the same, with a new `span_id`."""
        return Trace(self.trace_id, _random_id(8), self.sampled, self.state, self.random)

    @property
    def traceparent(self) -> str:
        """The value of the header `traceparent`."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    @property
    def flags(self) -> int:
        """The last field of the header."""
        return _SAMPLED * self.sampled | _RANDOM * self.random

    @property
    def headers(self) -> dict[str, str]:
        """The headers for whoever does the next step: `traceparent`, and `tracestate` if there is any."""
        headers = {TRACEPARENT: self.traceparent}
        if self.state:
            headers[TRACESTATE] = self.state
        return headers


@functools.cache
def _form(pattern: str) -> re.Pattern[str]:
    """Return the pattern, compiled when it is first needed: every application imports this, and most trace nothing."""
    return re.compile(pattern)


def _random_id(size: int) -> str:
    text = os.urandom(size).hex()
    return text if text.strip("0") else _random_id(size)  # only zeros are no id


def _state(text: str) -> str:
    members = [member.strip(" \t") for member in text.split(",")]
    members = [member for member in members if member]  # an empty one is allowed, and says nothing
    keys = {member.partition("=")[0] for member in members}
    if len(members) > _MEMBERS or len(keys) != len(members) or not all(map(_form(_MEMBER).fullmatch, members)):
        return ""
    if _length(members) > _STATE_SIZE:
        members = [member for member in members if len(member) <= _LONG_MEMBER]
    while _length(members) > _STATE_SIZE:
        members.pop()
    return ",".join(members)


def _length(members: list[str]) -> int:
    return sum(map(len, members)) + len(members) - 1
