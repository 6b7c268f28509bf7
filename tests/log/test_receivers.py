"""What rsyslog and syslog-ng make of our frames, on every transport: one record in is one record out."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import signal
import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asab_log import AsyncIOHandler, SyslogRFC3164Formatter, SyslogRFC5424Formatter
from asab_log._syslog_formatters import LocalRFC3164Formatter
from asab_log.handler import CAPACITY
from tests.support.proof import repetitions
from tests.support.syslog import RECEIVERS, Receiver, Rsyslog, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Fields = dict[str, Any]

DEADLINE = 30.0
TRANSPORTS = ("udp", "tcp", "octets", "tls", "unix-connect", "unix-sendto")
HOSTILE = '\n\r\0\t\x1b\x7f\x85\u2028\u2029\ud800\udfff\ufeff"]\\[=<>%{}$ 0až\U0001f600'
TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from(HOSTILE)) | st.sampled_from(
    ["", " ", "<0>1 - - - - - - forged", "12 <0>forged", "\\", '"] <13>forged', "a" * 7000 + "ž" * 5000, "]" * 9000]
)
KEY = TEXT.map(lambda text: text.replace(".", "_"))  # a name with dots is a path to syslog-ng, and may vanish
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "msg": TEXT,
            "name": TEXT,
            "levelno": st.integers(0, 60),
            "created": st.floats(1e9, 2e9),
            "_struct_data": st.none() | st.dictionaries(KEY, TEXT | st.integers(), max_size=4),
        }
    ),
    min_size=1,
    max_size=40,
)
FRAME_5424 = re.compile(
    r"<(?P<pri>\d+)>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<pid>\S+) (?P<msgid>\S+) "
    r'(?P<sd>-|\[\S+?(?: \S+?="(?:[^"\\\]]|\\["\\\]])*")*\]) (?P<msg>.*)'
)
FRAME_3164 = re.compile(
    r"<(?P<pri>\d+)>(?P<time>.{15}) (?:(?P<host>\S+) )?(?P<app>[A-Za-z0-9_.-]+)\[(?P<pid>\d+)\]: (?P<msg>.*)"
)


@pytest.fixture(scope="module", params=RECEIVERS, ids=lambda kind: str(kind.package))
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    with running(request.param) as running_receiver:
        yield running_receiver


def handler(receiver: Receiver, transport: str, formatter: logging.Formatter) -> AsyncIOHandler:
    loop = asyncio.get_running_loop()
    made: AsyncIOHandler
    match transport:
        case "udp":
            made = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", receiver.ports["udp"]))
        case "tcp":
            made = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", receiver.ports["tcp"]))
        case "octets":
            address = ("127.0.0.1", receiver.ports["octets"])
            made = AsyncIOHandler(loop, socket.AF_INET, socket.SOCK_STREAM, address, framing="octets")
        case "tls":
            context = ssl.create_default_context(cafile=receiver.folder / "cert.pem")
            address = ("localhost", receiver.ports["tls"])
            made = AsyncIOHandler(loop, socket.AF_UNSPEC, socket.SOCK_STREAM, address, tls=context)
        case "unix-connect":
            made = AsyncIOHandler(loop, socket.AF_UNIX, socket.SOCK_STREAM, str(receiver.folder / "stream"))
        case _:
            made = AsyncIOHandler(loop, socket.AF_UNIX, socket.SOCK_DGRAM, str(receiver.folder / "dgram"))
    made.setFormatter(formatter)
    return made


async def passed_through(
    receiver: Receiver, transport: str, formatter: logging.Formatter, records: Sequence[Fields]
) -> list[Fields]:
    """Send the records, and return what the receiver has written of them, when it has written as many."""
    receiver.forget()
    sender = handler(receiver, transport, formatter)
    for record in records:
        sender.handle(logging.makeLogRecord(record))
    await sender.aclose(DEADLINE)
    assert sender.counts() == (len(records), len(records), 0, 0)
    return receiver.wait(len(records))


def parsed(pattern: re.Pattern[str], formatter: logging.Formatter, record: Fields) -> Fields:
    match = pattern.fullmatch(formatter.format(logging.makeLogRecord(record)))
    assert match
    return match.groupdict()


def assert_same(sent: Fields, received: Fields, *, cut: bool) -> None:
    """Compare field by field; of a record that was cut, the rest that both have."""
    for name in ("pri", "host", "app", "pid", "msgid"):
        if sent.get(name) is not None:
            assert (str(received[name]) or "-") == sent[name]
    if cut:
        assert received["msg"].endswith("[cut]")
        return
    if "sd" not in sent:  # receivers differ on the spaces behind the tag's colon
        assert received["msg"].lstrip(" ") == sent["msg"].lstrip(" ")
    else:
        assert received["msg"] == sent["msg"]
        assert params(received["sd"]) == params(sent["sd"])
        assert received["time"][:26] == sent["time"][:26]


def params(sd: str) -> dict[str, str]:
    """The parameters of one SD-ELEMENT; syslog-ng has an order, and an encoding of names, of its own."""
    sd = re.sub(r'\[meta sequenceId="\d+"\]$', "", sd)  # its own, for what comes through a local socket
    found = re.findall(r' ([^ ="\]]+)="((?:[^"\\\]]|\\.)*)"', sd)
    return {unquote(name): value for name, value in found}


def assert_all_same(
    pattern: re.Pattern[str], formatter: logging.Formatter, records: Sequence[Fields], received: Sequence[Fields]
) -> None:
    assert len(received) == len(records)
    for record, found in zip(records, received, strict=True):
        frame = formatter.format(logging.makeLogRecord(record))
        assert_same(parsed(pattern, formatter, record), found, cut=len(frame.encode()) > 8000)


@pytest.mark.slow
@pytest.mark.parametrize("transport", TRANSPORTS)
@settings(
    max_examples=repetitions(small=15, full=500),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(records=RECORDS)
def test_rfc_5424_is_received_as_it_was_sent(receiver: Receiver, transport: str, records: list[Fields]) -> None:
    """Whatever is logged, nobody can forge, split, join or lose a record with it."""
    if transport == "unix-sendto" and isinstance(receiver, Rsyslog):
        return  # its reader of /dev/log knows RFC 3164 only, as docs/syslog.md says
    formatter = SyslogRFC5424Formatter()
    received = asyncio.run(passed_through(receiver, transport, formatter, records))
    assert_all_same(FRAME_5424, formatter, records, received)


@pytest.mark.slow
@pytest.mark.parametrize("transport", TRANSPORTS)
@settings(
    max_examples=repetitions(small=15, full=500),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(records=RECORDS)
def test_rfc_3164_is_received_as_it_was_sent(receiver: Receiver, transport: str, records: list[Fields]) -> None:
    """The same for the old format, with the host through a network and without it on a local socket."""
    formatter = LocalRFC3164Formatter() if transport.startswith("unix-") else SyslogRFC3164Formatter()
    received = asyncio.run(passed_through(receiver, transport, formatter, records))
    assert_all_same(FRAME_3164, formatter, records, received)


@pytest.mark.proof
@pytest.mark.parametrize("transport", ["tcp", "octets", "tls", "unix-connect", "unix-sendto"])
@pytest.mark.parametrize("kind", RECEIVERS, ids=lambda kind: str(kind.package))
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
async def test_what_a_restart_costs_lies_before_it(kind: type[Receiver], transport: str, number: int) -> None:
    """Under load, a receiver that dies loses what lies in it and in its socket: at most one gap, before its return."""
    restarts = repetitions(small=2, full=50)
    loop = asyncio.get_running_loop()
    emitted = 0

    def emit(count: int) -> None:
        nonlocal emitted
        for _ in range(count):
            sender.handle(logging.makeLogRecord({"msg": f"#{emitted} {'x' * (emitted % 300)}"}))
            emitted += 1

    with running(kind) as receiver:
        sender = handler(receiver, transport, logging.Formatter("<134>Nov 25 07:08:09 app[1]: %(message)s end"))
        for _ in range(restarts):
            restart = loop.run_in_executor(None, _restart, receiver, number)
            while not restart.done():
                emit(20 if sender.queued < CAPACITY // 2 else 0)
                await asyncio.sleep(0.001)
            await restart
            emit(20)
            assert await sender.drain(DEADLINE)
            for mark in (emitted - 20, emitted - 1):  # what is emitted when it is back arrives
                await loop.run_in_executor(None, receiver.wait_for_text, f"#{mark} ")
        await sender.aclose(DEADLINE)
        assert sender.counts() == (emitted, emitted, 0, 0)
        received = receiver.records()
    texts = [re.fullmatch(r" ?#(\d+) (x*) end", record["msg"]) for record in received]
    numbers = [int(text[1]) for text in texts if text]
    assert len(numbers) == len(received)  # none is torn
    assert all(len(text[2]) == int(text[1]) % 300 for text in texts if text)
    assert len(set(numbers)) == len(numbers)
    missing = sorted(set(range(emitted)) - set(numbers))
    gaps = sum(1 for before, after in itertools.pairwise([-2, *missing]) if after != before + 1)
    assert gaps <= restarts, missing
    print(f"{kind.package} {transport}: {emitted} records, {restarts} restarts, {len(missing)} missing in {gaps} gaps")


def _restart(receiver: Receiver, number: int) -> None:
    receiver.stop(number)
    receiver.start()
