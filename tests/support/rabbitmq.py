"""A RabbitMQ node of our own for tests: on loopback, on free ports, with a folder of its own, gone with the test.

It needs RabbitMQ's programs (`apt-get install rabbitmq-server`), and no running server. The fixture `amqp_url` is for
tests that do their broker no harm; those that do have a node of their own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.certificate import tls_section
from tests.support.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

START_TIMEOUT = 90.0
STOP_TIMEOUT = 20.0
GREETING = b"AMQP\x00\x00\x09\x01"
MISSING = (
    "no RabbitMQ: install it (apt-get install rabbitmq-server) or set ASAB_TEST_AMQP_URL=amqp://user:password@host/"
)

# The program in PATH changes to the user `rabbitmq` and starts the node as its child; this one is the node.
PROGRAMS = Path("/usr/lib/rabbitmq/bin")


def program() -> str | None:
    """The path of RabbitMQ's start script, or None."""
    return shutil.which("rabbitmq-server", path=f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}")


def missing() -> None:
    """Say what to install; under CI that is a failure and not a skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    """The URL of the run's broker: the one of the environment, or a node of our own."""
    if given := os.environ.get("ASAB_TEST_AMQP_URL"):
        yield given
        return
    with private_node() as node:
        yield node.url


@contextlib.contextmanager
def private_node(tls: bool = False) -> Iterator[Node]:
    """A node that is the test's own, to be stopped, killed and frozen."""
    with own_folder() as folder, Node(folder, tls) as node:
        node.start()
        yield node


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for nodes, gone with the test; without RabbitMQ's programs there is none."""
    if program() is None:
        missing()
    with tempfile.TemporaryDirectory(prefix="asab-rabbitmq-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Node:
    """A RabbitMQ node in a folder. Its port and its data outlive a stop and a kill; the context manager ends it.

    Attributes:
        port: Where it listens.
        tls_port: Where it listens with TLS, if it does, as 127.0.0.1 and, which its certificate has not, as 127.0.0.2.
    """

    def __init__(self, folder: str | Path, tls: bool = False) -> None:
        self.folder = Path(folder)
        self.port = free_port()
        self.tls_port = free_port()
        self.name = f"asab-{self.port}@localhost"
        self._distribution_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None
        self._alarmed = False
        for name in ("home", "data", "log"):
            (self.folder / name).mkdir()
        cookie = self.folder / "home" / ".erlang.cookie"
        cookie.write_text("ASABTESTS")
        cookie.chmod(0o400)
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nloopback_users = none\ndisk_free_limit.absolute = 50MB\n"
            f"{self._tls_conf() if tls else ''}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Nothing of it is needed any more, and an orderly stop takes seconds.
        self.kill()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start, and return when it speaks AMQP."""
        path = program()
        assert path is not None, MISSING
        self._alarmed = False
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [path],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._guard = Guard(self._process.pid, self.folder)
        end = time.monotonic() + START_TIMEOUT
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"RabbitMQ does not start:\n{(self.folder / 'output').read_text()[-2000:]}")
            time.sleep(0.05)  # it has no event for the one who waits outside

    def kill(self) -> None:
        """End it as a power failure would (SIGKILL), with all that it has started."""
        if self._guard is not None:
            self._guard.dismiss()
            self._guard = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_TIMEOUT)
            self._process = None

    def sync(self) -> None:
        """Have it write to disk what queues there are, which it does a moment after it has said that they are."""
        self.ctl("eval", "mnesia:sync_log().")

    def clear(self) -> None:
        """Have it begin anew with its next start: no queue, no message."""
        shutil.rmtree(self.folder / "data")
        (self.folder / "data").mkdir()

    def stop(self) -> None:
        """End it in order."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(STOP_TIMEOUT)
        self.kill()

    def freeze(self) -> None:
        """Have it say and do nothing, with its connections open (SIGSTOP)."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGCONT)

    def heal(self) -> None:
        """Undo what was done to it: start it, have it go on, end its alarm. Its queues stay."""
        if self._process is None or self._process.poll() is not None:
            self.kill()
            self.start()
            return
        self.thaw()
        if self._alarmed:
            self.alarm(memory=False)

    def ctl(self, *arguments: str) -> str:
        """Have `rabbitmqctl` do something, which takes a second; return what it says."""
        command = [str(PROGRAMS / "rabbitmqctl"), "--quiet", *arguments]
        done = subprocess.run(
            command, env=self._environment(), capture_output=True, text=True, timeout=START_TIMEOUT, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def alarm(self, memory: bool) -> None:
        """Have it find that it is short of memory, or that it is not."""
        self.ctl("set_vm_memory_high_watermark", "0.00001" if memory else "0.6")
        self._alarmed = memory

    def _tls_conf(self) -> str:
        """A listener that takes clients with a certificate that it knows, and those with none."""
        files = tls_section(self.folder)
        return (
            f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\nlisteners.ssl.2 = 127.0.0.2:{self.tls_port}\n"
            f"ssl_options.cacertfile = {files['cert']}\nssl_options.certfile = {files['cert']}\n"
            f"ssl_options.keyfile = {files['key']}\nssl_options.verify = verify_peer\n"
            "ssl_options.fail_if_no_peer_cert = false\n"
        )

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(GREETING)
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def _environment(self) -> dict[str, str]:
        """Everything of RabbitMQ and Erlang that would be shared with others on the machine, made its own."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ALLOW_INPUT": "1",  # without it the start script does not become the node
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_FLAGS": "-start_epmd false",  # one would stay behind
            "ERL_CRASH_DUMP_BYTES": "0",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-noinput -kernel inet_dist_use_interface {127,0,0,1} "
                f"-sname {self.name} -start_epmd false -erl_epmd_port {self._distribution_port}"
            ),
            "RABBITMQ_CTL_ERL_ARGS": f"-start_epmd false -erl_epmd_port {self._distribution_port} -dist_listen false",
        }


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
