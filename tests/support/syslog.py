"""rsyslog and syslog-ng as receivers of a test's own: on loopback, on free ports, in a folder that goes with the test.

They come from Debian (`apt-get install rsyslog rsyslog-openssl`). Its packages of the two exclude each other, so that
syslog-ng may also be unpacked to /opt/syslog-ng, as `.ci/run` does. No daemon of the machine's is touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.certificate import tls_section
from tests.support.guard import Guard
from tests.support.rabbitmq import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

TIMEOUT = 30.0
TAIL = 1 << 20
UNPACKED = Path("/opt/syslog-ng")

# Ports are filled in by name, so that the braces of the receivers' own languages stay.
RSYSLOG = """\
global(workDirectory="FOLDER"
       defaultNetstreamDriverCAFile="FOLDER/cert.pem"
       defaultNetstreamDriverCertFile="FOLDER/cert.pem"
       defaultNetstreamDriverKeyFile="FOLDER/key.pem")
module(load="imtcp")
module(load="imudp")
module(load="imptcp")
module(load="imuxsock" SysSock.Use="off")
input(type="imtcp" address="127.0.0.1" port="PORT_TCP")
input(type="imtcp" address="127.0.0.1" port="PORT_TLS" streamdriver.name="ossl" streamdriver.mode="1"
      streamdriver.authmode="anon")
input(type="imudp" address="127.0.0.1" port="PORT_UDP")
input(type="imptcp" path="FOLDER/stream")
input(type="imuxsock" socket="FOLDER/dgram" useSysTimeStamp="off" rateLimit.interval="0" parseHostname="off")
template(name="json" type="list" option.jsonf="on") {
  property(outname="pri" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="pid" name="procid" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="sd" name="structured-data" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
}
action(type="omfile" file="FOLDER/records" template="json" asyncWriting="off" flushOnTXEnd="on")
"""

SYSLOG_NG = """\
@version: 3.35
options { keep-hostname(yes); keep-timestamp(yes); use-dns(no); frac-digits(6); stats-freq(0); ts-format(iso); };
source incoming {
  network(ip("127.0.0.1") port(PORT_TCP) transport("tcp") flags(syslog-protocol));
  syslog(ip("127.0.0.1") port(PORT_OCTETS) transport("tcp"));
  syslog(ip("127.0.0.1") port(PORT_TLS) transport("tls")
    tls(cert-file("FOLDER/cert.pem") key-file("FOLDER/key.pem") peer-verify(optional-untrusted)));
  network(ip("127.0.0.1") port(PORT_UDP) transport("udp") flags(syslog-protocol));
  unix-stream("FOLDER/stream" flags(syslog-protocol));
  unix-dgram("FOLDER/dgram" flags(syslog-protocol));
};
destination records {
  file("FOLDER/records" flush-lines(1) template("$(format-json --scope none --pair pri=int($PRI) --pair time=$ISODATE
    --pair host=$HOST --pair app=$PROGRAM --pair pid=$PID --pair msgid=$MSGID --pair sd=$SDATA --pair msg=$MSG)\\n"));
};
log { source(incoming); destination(records); };
"""


class Receiver(ABC):
    """A receiver in a folder. Its ports and its records outlive a stop and a kill; the context manager ends it.

    Attributes:
        ports: The port of `tcp`, `octets`, `tls` and `udp`.
        folder: Where `cert.pem` is, which vouches for it, and its unix sockets, `stream` and `dgram`.
    """

    package: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("tcp", "octets", "tls", "udp")}
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None
        tls_section(folder)

    @classmethod
    @abstractmethod
    def program(cls) -> str | None:
        """The path of the program, if it is installed."""

    @abstractmethod
    def _configuration(self) -> str: ...

    @abstractmethod
    def _command(self, configuration: Path) -> list[str]: ...

    def __enter__(self) -> Self:
        text = self._configuration().replace("FOLDER", str(self.folder))
        for name, port in self.ports.items():
            text = text.replace(f"PORT_{name.upper()}", str(port))
        (self.folder / "conf").write_text(text)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGKILL)

    def start(self) -> None:
        """Start, and return when it listens everywhere; what it was writing when it was killed is gone."""
        with contextlib.suppress(FileNotFoundError), (self.folder / "records").open("rb+") as records:
            records.truncate(records.read().rfind(b"\n") + 1)
        for name in ("stream", "dgram"):
            (self.folder / name).unlink(missing_ok=True)
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self._command(self.folder / "conf"),
                env={**os.environ, "LD_LIBRARY_PATH": str(UNPACKED / "usr/lib/syslog-ng")},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._guard = Guard(self._process.pid, self.folder)
        self._wait(self._listens, "does not start")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it with a signal, and wait for its end."""
        if self._process is not None:
            assert self._guard is not None
            self._guard.dismiss()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            self._process.wait(TIMEOUT)
            self._process = None

    def records(self) -> list[dict[str, str]]:
        """What it has received, with those of a record still being written left out."""
        with contextlib.suppress(FileNotFoundError):
            text = (self.folder / "records").read_bytes()
            return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]
        return []

    def forget(self) -> None:
        """Begin with no records."""
        with contextlib.suppress(FileNotFoundError):
            os.truncate(self.folder / "records", 0)

    def wait(self, count: int) -> list[dict[str, str]]:
        """Return its records as soon as there are so many, or more."""
        self._wait(lambda: self._lines() >= count, f"has not received {count} records")
        return self.records()

    def wait_for_text(self, text: str) -> list[dict[str, str]]:
        """Return its records as soon as a text is among the last of them, as it stands in the file."""
        self._wait(lambda: text.encode() in self._end(), f"has not received {text!r}")
        return self.records()

    def _end(self) -> bytes:
        with contextlib.suppress(FileNotFoundError), (self.folder / "records").open("rb") as records:
            records.seek(max(0, records.seek(0, os.SEEK_END) - TAIL))
            return records.read()
        return b""

    def _lines(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "records").read_bytes().count(b"\n")
        return 0

    def _listens(self) -> bool:
        """Ask the kernel and not the receiver, which would take an empty connection for a message to log about."""
        listening = {line.split()[1].rpartition(":")[2] for line in _sockets("tcp") if line.split()[3] == "0A"}
        bound = {line.split()[1].rpartition(":")[2] for line in _sockets("udp")}
        paths = {line.split()[-1] for line in _sockets("unix")}
        used = set(self.ports) - ({"octets"} if self.ports["octets"] == self.ports["tcp"] else set())
        return (
            {f"{self.ports[name]:04X}" for name in used - {"udp"}} <= listening
            and f"{self.ports['udp']:04X}" in bound
            and {str(self.folder / name) for name in ("stream", "dgram")} <= paths
        )

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + TIMEOUT
        while not done():
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > end:
                output = (self.folder / "output").read_text(errors="replace")
                raise AssertionError(f"{self.package} {what}, with {self._lines()} records; it says:\n{output[-3000:]}")
            time.sleep(0.005)  # it has no event for the one who waits outside


class Rsyslog(Receiver):
    package = "rsyslog"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ports["octets"] = self.ports["tcp"]  # it sees which framing comes

    @classmethod
    def program(cls) -> str | None:
        return _which("rsyslogd")

    def _configuration(self) -> str:
        return RSYSLOG

    def _command(self, configuration: Path) -> list[str]:
        return [str(self.program()), "-n", "-f", str(configuration), "-i", str(self.folder / "pid")]


class SyslogNG(Receiver):
    package = "syslog-ng"

    @classmethod
    def program(cls) -> str | None:
        return _which("syslog-ng")

    def _configuration(self) -> str:
        return SYSLOG_NG

    def _command(self, configuration: Path) -> list[str]:
        program = str(self.program())
        files = [f"--{name}={self.folder / name}" for name in ("persist-file", "pidfile", "control")]
        modules = [str(path) for path in UNPACKED.glob("usr/lib/syslog-ng/*.*") if program.startswith(str(UNPACKED))]
        where = [f"--module-path={path}" for path in modules if Path(path).is_dir()]
        return [program, "--foreground", "--stderr", "--no-caps", f"--cfgfile={configuration}", *files, *where]


RECEIVERS: list[type[Receiver]] = [Rsyslog, SyslogNG]


@contextlib.contextmanager
def running(kind: type[Receiver]) -> Iterator[Receiver]:
    """A receiver that runs; without its program the test is skipped, and under CI fails."""
    if kind.program() is None:
        text = f"no {kind.package}: apt-get install rsyslog rsyslog-openssl, and unpack syslog-ng-core to {UNPACKED}"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    with (
        tempfile.TemporaryDirectory(prefix="asab-syslog-", ignore_cleanup_errors=True) as folder,
        kind(Path(folder)) as receiver,
    ):
        yield receiver


def _which(name: str) -> str | None:
    folders = [os.environ.get("PATH", os.defpath), "/usr/sbin", str(UNPACKED / "usr/sbin")]
    return shutil.which(name, path=os.pathsep.join(folders))


def _sockets(kind: str) -> list[str]:
    return Path("/proc/net", kind).read_text().splitlines()[1:]
