"""`-d`: whoever starts a daemon learns how its start went, and nothing that it needs is lost on the way."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.daemons import Daemons, ordinary_user, runs, wait_for_end
from tests.support.processes import Process, environment
from tests.support.proof import repetitions

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
setpriv_only = pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv of util-linux is not there")

WITNESS = """
    class MyApplication(asab.Application):
        async def initialize(self):
            Witness(self)
    """


@pytest.fixture
def daemons() -> Iterator[Daemons]:
    with Daemons() as daemons:
        yield daemons


# The report of the start


def test_the_start_returns_0_when_init_time_has_finished(daemons: Daemons) -> None:
    """Whatever a script does next can rely on the service."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def initialize(self):
                Witness(self)
                self.PubSub.subscribe("Application.init!", self.on_init)
            async def on_init(self, message_type):
                await asyncio.sleep(0.1)
                note(message_type)
        """
    )
    with daemons.begin("-d") as process:
        assert process.wait() == 0, process.report()
        assert daemons.notes[:2] == ["initialize", "Application.init!"]
        pid = int(daemons.pidfile.read_text())
        assert process.stdout == f"app.py: runs in the background, pid {pid}\n"
        assert process.stderr == ""
        assert runs(pid)


def test_the_daemon_has_no_terminal_and_cannot_get_one(daemons: Daemons) -> None:
    """The end of a login session must not end the service."""
    daemons.write(WITNESS)
    pid = daemons.start()
    assert os.getsid(pid) not in (pid, os.getsid(0))
    assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)} == {"/dev/null"}


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        ("raise StartupError('no licence')", 70, "no licence"),
        ("raise ValueError('no table')", 70, "ValueError('no table')"),
        ("asab.Config.getint('daemon', 'pidfile')", 78, "[daemon] pidfile"),
        ("sys.exit(3)", 3, ""),
        ("os._exit(5)", 5, ""),
        ("sys.exit(0)", 70, "ended before it was finished"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137, "ended by SIGKILL"),
    ],
)
def test_a_failed_start_is_the_parents_failure(daemons: Daemons, failure: str, code: int, words: str) -> None:
    """With the daemon's exit code and its words, or an operator believes in a service that is not there."""
    daemons.write(f"class MyApplication(asab.Application):\n    async def initialize(self):\n        {failure}\n")
    process = daemons.call("-d", code=code)
    assert words in process.stderr
    assert process.stdout == ""
    daemons.write(WITNESS)
    assert runs(daemons.start())


def test_a_failed_start_is_told_even_when_the_log_goes_to_a_file(daemons: Daemons) -> None:
    """One line on stderr, the traceback in the file."""
    daemons.write("class MyApplication(asab.Application):\n    async def initialize(self):\n        1 / 0\n")
    process = daemons.call("-d", "-l", "app.log", code=70)
    (line,) = process.stderr.splitlines()
    assert "ZeroDivisionError" in line
    assert "Traceback" in (daemons.folder / "app.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_gives_up_waiting_ends_the_start(daemons: Daemons, number: signal.Signals) -> None:
    """Ctrl-C at `-d` must not leave a half-started service behind."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def initialize(self):
                Witness(self)
            async def main(self):
                raise AssertionError
        class Slow(Witness):
            async def initialize(self, app):
                print("waits", os.getpid(), file=sys.stderr)
                await asyncio.sleep(0.5)
        """.replace("Witness(self)", "Witness(self); Slow(self)")
    )
    with daemons.begin("-d") as process:
        pid = int(process.wait_for("^waits", "stderr").split()[1])
        process.send(number)
        process.wait()
        process.wait_for("^waits", "stderr")
    daemons.call("-k")
    wait_for_end(pid)
    assert daemons.notes[-1] == "finalize"


# What there must be, and what there may be only once


def test_a_second_start_is_refused_by_the_pid_of_the_first(daemons: Daemons) -> None:
    """Two daemons on one database are worse than none."""
    daemons.write(WITNESS)
    pid = daemons.start()
    process = daemons.call("-d", code=69)
    assert process.stderr == (
        f"app.py: runs already in the background with pid {pid} ({daemons.pidfile}); -k ends it\n"
    )
    assert runs(pid)
    assert daemons.pidfile.read_text() == f"{pid}\n"
    assert daemons.notes == ["initialize"]


def test_of_starts_at_once_one_wins(daemons: Daemons) -> None:
    """A boot script and an operator may do it in the same moment."""
    daemons.write(WITNESS)
    processes = [daemons.begin("-d") for _ in range(5)]
    codes = []
    for process in processes:
        with process:
            codes.append(process.wait())
    assert sorted(codes) == [0, 69, 69, 69, 69]
    assert runs(int(daemons.pidfile.read_text()))
    assert daemons.notes == ["initialize"]


def test_the_pidfile_of_a_killed_daemon_is_taken_over(daemons: Daemons) -> None:
    """After a power failure nobody has to clean up by hand."""
    daemons.write(WITNESS)
    first = daemons.start()
    os.kill(first, signal.SIGKILL)
    wait_for_end(first)
    second = daemons.start()
    assert second != first
    assert runs(second)


@pytest.mark.parametrize("text", ["", f"{os.getpid()}\n", "1"])
def test_a_pid_in_the_file_that_is_another_programs_does_not_count(daemons: Daemons, text: str) -> None:
    """Pids are used again, at a reboot most of all."""
    daemons.write(WITNESS)
    daemons.pidfile.write_text(text)
    assert runs(daemons.start())


def test_a_file_that_is_no_pidfile_is_left_alone(daemons: Daemons) -> None:
    """A slip in the configuration must not cost a file, least of all when root makes it."""
    daemons.write(WITNESS)
    daemons.pidfile.write_text("root:x:0:0:root:/root:/bin/bash\n")
    assert "not a pidfile" in daemons.call("-d", code=69).stderr
    daemons.call("-k")
    assert daemons.pidfile.read_text() == "root:x:0:0:root:/root:/bin/bash\n"


def test_a_child_of_the_daemon_does_not_take_the_pidfile_along(daemons: Daemons) -> None:
    """A fork that ends is not the end of the daemon."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def initialize(self):
                if os.fork() == 0:
                    sys.exit(0)
                os.wait()
        """.replace("sys.exit(0)", "import atexit; atexit._run_exitfuncs(); os._exit(0)")
    )
    pid = daemons.start()
    daemons.call("-d", code=69)
    daemons.stop()
    wait_for_end(pid)


def test_the_daemon_removes_its_pidfile_when_it_ends(daemons: Daemons) -> None:
    """Whoever looks there sees that it does not run."""
    daemons.write("class MyApplication(asab.Application):\n    async def main(self):\n        self.stop()\n")
    daemons.call("-d")
    daemons.call("-k")
    assert not daemons.pidfile.exists()


def test_without_a_pidfile_a_daemon_runs_and_its_pid_is_told(daemons: Daemons) -> None:
    """All options of the section are optional."""
    daemons.write(WITNESS, pidfile="")
    pid = int(daemons.call("-d").stdout.split()[-1])
    assert runs(pid)
    process = daemons.call("-k", code=78)
    assert "[daemon] pidfile" in process.stderr
    os.kill(pid, signal.SIGKILL)


# Who it is


@root_only
def test_privileges_are_gone_before_anything_of_the_applications_runs(daemons: Daemons) -> None:
    """The documentation's example: a pidfile where only root may write, user and group nobody."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            def create_event_loop(self):
                note(os.getresuid(), os.getresgid(), os.getgroups())
                return super().create_event_loop()
        """,
        uid="nobody",
        gid="nobody",
        working_dir="/tmp",
    )
    pid = daemons.start()
    nobody = pwd.getpwnam("nobody")
    uid, gid = nobody.pw_uid, nobody.pw_gid
    assert daemons.notes == [f"{(uid, uid, uid)} {(gid, gid, gid)} [{gid}]"]
    assert os.readlink(f"/proc/{pid}/cwd") == "/tmp"
    assert daemons.pidfile.stat().st_uid == 0
    daemons.stop()
    assert not daemons.pidfile.exists()


@root_only
def test_a_daemon_that_may_not_remove_its_pidfile_empties_it(daemons: Daemons) -> None:
    """The privileges are gone, and the pid must not stay."""
    daemons.write(WITNESS, uid="nobody")
    pid = daemons.start()
    os.kill(pid, signal.SIGTERM)
    daemons.call("-k")
    daemons.pidfile.touch()
    assert runs(daemons.start())


@root_only
@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"uid": "nobody"}, (65534, 65534)),
        ({"uid": "4711", "gid": "4712"}, (4711, 4712)),
        ({"gid": "4712"}, (0, 4712)),
    ],
)
def test_user_and_group_are_names_or_numbers(daemons: Daemons, options: dict[str, str], ids: tuple[int, int]) -> None:
    """Containers have numbers without names; a user alone brings its group."""
    daemons.write(WITNESS, **options)
    status = Path(f"/proc/{daemons.start()}").stat()
    assert (status.st_uid, status.st_gid) == ids


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("uid", "no-such-user", "there is no such user"),
        ("uid", "4711", "set gid too"),
        ("gid", "no-such-group", "there is no such group"),
        ("working_dir", "/no/such/folder", "is not a folder"),
        ("pidfile", "/no/such/folder/app.pid", "No such file or directory"),
        ("kill_timeout", "soon", "kill_timeout"),
    ],
)
def test_a_mistake_in_the_section_is_one_line(daemons: Daemons, option: str, value: str, words: str) -> None:
    """With its place; nothing is started."""
    daemons.write(WITNESS, **{option: value})
    (line,) = daemons.call("-d", code=78).stderr.splitlines()
    assert f"[daemon] {option} = {value!r}" in line
    assert words in line


@root_only
@setpriv_only
def test_without_root_another_user_is_a_clear_error(daemons: Daemons) -> None:
    """And neither is the present one, or a pidfile where this user may not write."""
    daemons.write(WITNESS, uid="nobody", gid="daemon")
    with ordinary_user("-c", "app.conf", "-d", cwd=daemons.folder) as process:
        assert process.wait() == 78, process.report()
        assert "[daemon] uid = 'nobody'" in process.stderr
        assert "only root can change it, and this is user 4711" in process.stderr
    daemons.write(WITNESS)
    with ordinary_user("-c", "app.conf", "-d", cwd=daemons.folder) as process:
        assert process.wait() == 78, process.report()
        assert "cannot be written by user 4711: Permission denied" in process.stderr


# What survives the fork


def test_files_and_sockets_survive_and_the_umask(daemons: Daemons) -> None:
    """A program may listen, or open what only root may, before it is an application."""
    daemons.write(
        """
        listener = socket.create_server(("127.0.0.1", 0))
        file = open("early", "w")
        os.umask(0o027)
        print("port", listener.getsockname()[1], flush=True)

        class MyApplication(asab.Application):
            async def initialize(self):
                file.write("late")
                file.close()
                note(oct(os.umask(0)))
            async def main(self):
                listener.setblocking(False)
                connection, _ = await self.Loop.sock_accept(listener)
                with connection:
                    connection.sendall(b"hello")
        """
    )
    process = daemons.call("-d")
    port = int(process.stdout.split()[1])
    assert (daemons.folder / "early").read_text() == "late"
    assert daemons.notes == ["0o27"]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        assert connection.recv(5) == b"hello"


def test_the_log_is_where_the_command_line_says_whatever_the_working_directory(daemons: Daemons) -> None:
    """And the configuration is found again at a reload."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def initialize(self):
                self.PubSub.subscribe("Application.reload!", self.on_reload)
            def on_reload(self, message_type, changes):
                note(message_type)
                self.stop()
        """,
        working_dir="/",
    )
    with (daemons.folder / "app.conf").open("a") as file:
        file.write("[general]\nreload = yes\n")
    pid = daemons.start("-l", "app.log")
    os.kill(pid, signal.SIGHUP)
    wait_for_end(pid)
    assert daemons.notes == ["Application.reload!"]
    assert "is stopping." in (daemons.folder / "app.log").read_text()


def test_the_daemon_logs_to_syslog_each_record_once(daemons: Daemons) -> None:
    """From its construction to its end, and with none of the records that its parent had."""
    daemons.write(
        """
        import logging

        class MyApplication(asab.Application):
            async def initialize(self):
                logging.getLogger("bees").warning("initialize")
            async def main(self):
                logging.getLogger("bees").warning("main")
                self.stop()
            async def finalize(self):
                logging.getLogger("bees").warning("finalize")
        """
    )
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(30)
        with (daemons.folder / "app.conf").open("a") as file:
            file.write(f"[logging:syslog]\nformat = 5\naddress = tcp://127.0.0.1:{receiver.getsockname()[1]}/\n")
        daemons.call("-d", "-s")
        peer, _ = receiver.accept()
        with peer:
            peer.settimeout(30)
            text = b"".join(iter(lambda: peer.recv(65536), b"")).decode()
        receiver.setblocking(False)
        with pytest.raises(BlockingIOError):
            receiver.accept()
    messages = [line.rpartition(" ")[2] for line in text.splitlines() if " bees " in line]
    assert messages == ["initialize", "main", "finalize"]


def test_what_a_service_manager_has_handed_over_is_the_daemons(daemons: Daemons) -> None:
    """It says for whom by the pid, and the daemon has another one."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def initialize(self):
                note(os.environ["LISTEN_PID"] == str(os.getpid()))
        """
    )
    command = f"LISTEN_PID=$$ exec {sys.executable} app.py -c app.conf -d"
    with Process("sh", "-c", command, cwd=daemons.folder) as process:
        assert process.wait() == 0, process.report()
    assert daemons.notes == ["True"]


def test_a_program_that_the_daemon_starts_has_no_end_of_the_report(daemons: Daemons) -> None:
    """It would hold up whoever waits for the start, or break when it writes."""
    daemons.write(
        """
        class MyApplication(asab.Application):
            async def initialize(self):
                command = ["sh", "-c", "readlink /proc/$$/fd/2; exec sleep 60"]
                self.child = subprocess.Popen(command, stdout=subprocess.PIPE)
                note(self.child.stdout.readline().decode().strip())
            async def finalize(self):
                self.child.kill()
                self.child.communicate()
        """
    )
    daemons.start()
    assert daemons.notes == ["/dev/null"]
    daemons.stop()


def test_a_pipe_of_the_starter_is_closed(daemons: Daemons) -> None:
    """A script that reads until its end would otherwise wait for the end of the daemon."""
    daemons.write(WITNESS)
    reading, writing = os.pipe()
    command = [sys.executable, "app.py", "-c", "app.conf", "-d"]
    subprocess.run(command, cwd=daemons.folder, env=environment(), pass_fds=[writing], check=True, capture_output=True)
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_closed_standard_streams_are_no_obstacle(daemons: Daemons) -> None:
    """Some starters leave none."""
    daemons.write(WITNESS)
    command = f"exec {sys.executable} app.py -c app.conf -d <&- >&- 2>&-"
    with Process("sh", "-c", command, cwd=daemons.folder) as process:
        assert process.wait() == 0, process.report()
    assert runs(int(daemons.pidfile.read_text()))


def test_a_start_with_many_open_files_is_told_too(daemons: Daemons) -> None:
    """The report must not say that the start failed while the daemon runs."""
    daemons.write(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (2000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        files = [open(os.devnull) for _ in range(1100)]
        class MyApplication(asab.Application):
            async def initialize(self):
                note(os.fstat(files[-1].fileno()).st_rdev == os.stat(os.devnull).st_rdev)
        """
    )
    daemons.start()
    assert daemons.notes == ["True"]
    daemons.stop()


def test_threads_that_would_be_lost_are_refused(daemons: Daemons) -> None:
    """A fork takes one thread along, and the others would be missed much later."""
    daemons.write(
        """
        threading.Thread(target=threading.Event().wait, name="collector", daemon=True).start()
        class MyApplication(asab.Application):
            pass
        """
    )
    assert "-d cannot take threads along: 'collector'" in daemons.call("-d", code=69).stderr


@pytest.mark.parametrize("option", ["-d", "-k"])
def test_without_python_daemon_it_is_said_what_to_install(daemons: Daemons, option: str) -> None:
    """It is an extra, and whoever misses it reads its name."""
    daemons.write("sys.modules['daemon'] = None\nclass MyApplication(asab.Application):\n    pass\n")
    (line,) = daemons.call(option, code=69).stderr.splitlines()
    assert line.startswith(f"app.py: {option} needs python-daemon")
    assert "pip install 'asab[daemon]'" in line


def test_what_is_wrong_with_the_section_is_told_without_a_start_too(daemons: Daemons) -> None:
    """By the check of the configuration that an operator makes beforehand."""
    daemons.write(WITNESS, uid="no-such-user")
    assert "there is no such user" in daemons.call("--config-check", code=78).stderr


@pytest.mark.proof
def test_the_report_is_true_whenever_the_wait_is_broken_off(daemons: Daemons) -> None:
    """0 is a daemon that runs; anything else is none, at whatever moment SIGTERM comes."""
    daemons.write(WITNESS)
    moments = random.Random(4)
    for _ in range(repetitions(small=10, full=200)):
        with daemons.begin("-d") as process:
            process.ended_within(moments.uniform(0, 0.6))
            process.send(signal.SIGTERM)
            code = process.wait()
            assert "Traceback" not in process.stderr, process.report()
        lines = daemons.call("-k").stdout
        assert ("has ended" in lines) == (code == 0), process.report()
        assert daemons.notes.count("initialize") == daemons.notes.count("finalize")


@pytest.mark.proof
def test_there_are_never_two_whoever_starts_and_ends_them(daemons: Daemons) -> None:
    """Starts and ends may cross each other: what one has begun is finished before the next begins."""
    daemons.write(WITNESS)
    moments = random.Random(5)
    orders = [moments.choice(["-d", "-k"]) for _ in range(repetitions(small=12, full=300))]
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda order: run(daemons, order), orders))
    daemons.call("-k")
    assert set(codes) <= {("-d", 0), ("-d", 69), ("-d", 70), ("-d", 143), ("-k", 0)}
    assert daemons.notes == ["initialize", "finalize"] * (len(daemons.notes) // 2)
    assert daemons.notes


def run(daemons: Daemons, order: str) -> tuple[str, int]:
    with daemons.begin(order) as process:
        return order, process.wait()
