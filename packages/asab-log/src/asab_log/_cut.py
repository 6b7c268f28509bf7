"""A frame made shorter: marked as such, and still legal.

A receiver takes what exceeds its limit on a stream for the next record, so that a long value could forge one; and a
datagram has an end of its own. What is cut ends at a character's boundary, and open structured data are closed.
"""

from __future__ import annotations

import re

MARK = b" [cut]"

_ROOM_TO_CLOSE = len(b'"]')
_HEADER = re.compile(rb"<\d{1,3}>1 (?:[!-~]+ ){5}(?=\[)")  # of RFC 5424, with structured data behind
_PARAM = rb' [^ ="\]]+="(?:[^"\\\]]|\\["\\\]])*'
_ELEMENT = rb'\[[^ ="\]]+(?:' + _PARAM + rb'")*'
_WHOLE_ELEMENTS = re.compile(rb"(?:" + _ELEMENT + rb"\])*")
_OPEN_ELEMENT = re.compile(_ELEMENT + rb"(?P<open_value>" + _PARAM + rb")?")


def cut(frame: bytes, limit: int) -> bytes:
    """Return the frame, or as much of its beginning as fits with the mark.

    Args:
        frame: A frame of any format, in UTF-8.
        limit: The greatest length, in bytes, the mark included.
    """
    if len(frame) <= limit:
        return frame
    kept = _whole_characters(frame, limit - len(MARK))
    if header := _HEADER.match(kept):
        kept = _with_closed_data(kept, header.end())
    return kept + MARK


def _with_closed_data(kept: bytes, start: int) -> bytes:
    """Return the frame's beginning, no longer than it is, with structured data that are legal."""
    end = _end_of_elements(kept, start)
    if kept[end : end + 1] not in (b"[", b""):
        return kept  # the message has been cut, not the data
    kept = _whole_characters(kept, len(kept) - _ROOM_TO_CLOSE)
    end = _end_of_elements(kept, start)
    element = _OPEN_ELEMENT.match(kept, end)
    if element and b" " in element[0]:
        return kept[: element.end()] + (b'"]' if element["open_value"] else b"]")
    return kept[:end] if end > start else kept[:start] + b"-"


def _end_of_elements(kept: bytes, start: int) -> int:
    match = _WHOLE_ELEMENTS.match(kept, start)
    return match.end() if match else start


def _whole_characters(text: bytes, length: int) -> bytes:
    return text[: max(length, 0)].decode("utf-8", "ignore").encode()
