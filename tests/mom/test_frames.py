"""Frames cut from a stream and put on one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_mom import Message, Properties
from asab_mom._delivery import Delivery, Incoming
from asab_mom._frames import BODY, HEADER, METHOD, Frame, FrameError, Splitter, encode

frames = st.lists(st.builds(Frame, st.sampled_from([1, 2, 3, 8]), st.integers(0, 65535), st.binary(max_size=200)))


@given(frames, st.lists(st.integers(1, 50), min_size=1))
def test_frames_come_out_whole_however_the_stream_is_cut(frames: list[Frame], cuts: list[int]) -> None:
    """TCP knows no frames."""
    stream, splitter, found = b"".join(frame.pack() for frame in frames), Splitter(), []
    while stream:
        size = cuts[len(stream) % len(cuts)]
        found += list(splitter.feed(stream[:size]))
        stream = stream[size:]
    assert found == frames


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"AMQP\x00\x00\x09\x01",  # the server's way to say that it speaks another version
        b"\x01\x00\x00\x00\x10\x00\x00" + bytes(20),  # longer than agreed
        b"\x01\x00\x00\x00\x00\x00\x01\x00\x00",  # ends with a wrong byte
    ],
)
def test_a_stream_that_is_no_amqp_is_an_error(stream: bytes) -> None:
    """Better no line than one that means something else."""
    splitter = Splitter()
    splitter.frame_max = 4096
    with pytest.raises(FrameError, match="a frame of type"):
        list(splitter.feed(stream))


@given(st.binary(max_size=300), st.integers(100, 400))
def test_a_body_is_cut_so_that_no_frame_is_longer_than_agreed(body: bytes, frame_max: int) -> None:
    """A server closes the connection over one byte too many."""
    content = encode(Message(body, "target", "exchange", Properties(message_id="42")))
    splitter = Splitter()
    splitter.frame_max = frame_max
    found = list(splitter.feed(content.frames(7, frame_max)))
    assert {frame.channel for frame in found} == {7}
    assert [frame.kind for frame in found[:2]] == [METHOD, HEADER]
    assert b"".join(frame.payload for frame in found if frame.kind == BODY) == body


def test_a_message_for_an_unknown_consumer_is_read_past() -> None:
    """What arrives after a consumer was cancelled does not get into the next message."""
    incoming, got = Incoming(), list[Delivery]()
    incoming.consumers["known"] = got.append
    for consumer, body in ((b"gone", b"lost"), (b"known", b"kept")):
        method = b"\x00\x3c\x00\x3c" + bytes((len(consumer),)) + consumer + (7).to_bytes(8, "big") + b"\x00\x00\x01t"
        header = b"\x00\x3c\x00\x00" + len(body).to_bytes(8, "big") + b"\x00\x00"
        for kind, payload in ((METHOD, method), (HEADER, header), (BODY, body[:2]), (BODY, body[2:])):
            assert incoming.take(Frame(kind, 1, payload))
    assert [(delivery.body, delivery.tag, delivery.target) for delivery in got] == [(b"kept", 7, "t")]
