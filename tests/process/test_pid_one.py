"""An application that is PID 1, as in a container without an init of its own; here in a PID namespace."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.processes import Process, environment
from tests.support.service_manager import Manager

UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def _has_namespaces() -> bool:
    return (
        shutil.which("unshare") is not None and subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0
    )


pytestmark = pytest.mark.skipif(not _has_namespaces(), reason="a PID namespace needs Linux, unshare and root")

HEAD = """
import asyncio, os, signal, subprocess, sys, threading, time
import asab

def say(*words):
    print(*words, flush=True)

def zombies():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                state = stat.read().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state == "Z":
            found.append(pid)
    return found

say("launched", os.getpid())
"""

TAIL = """
if __name__ == "__main__":
    app = MyApplication()
    sys.exit(app.run())
"""

PLAIN = """
class MyApplication(asab.Application):
    async def main(self):
        say("main")
    async def finalize(self):
        say("finalize")
"""


def start(folder: Path, source: str, env: dict[str, str] | None = None) -> Process:
    (folder / "app.py").write_text(HEAD + dedent(source) + TAIL)
    return Process(*UNSHARE, sys.executable, "app.py", cwd=folder, env=env)


def signal_pid_one(process: Process, number: signal.Signals) -> None:
    """From outside, as a container's manager does it; a signal to `unshare` would stay there."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    subprocess.run(["kill", f"-{int(number)}", *children], check=True, env=environment())


def test_sigterm_ends_it_in_order(tmp_path: Path) -> None:
    """The kernel ignores signals to PID 1 by default; a container that ignores them is killed after ten seconds."""
    with start(tmp_path, PLAIN) as process:
        process.wait_for("^main")
        signal_pid_one(process, signal.SIGTERM)
        assert process.wait() == 0
        assert process.stdout.splitlines() == ["launched 1", "main", "finalize"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_every_signal_reaches_the_application(tmp_path: Path, number: signal.Signals) -> None:
    """SIGHUP rotates, and a handler of the user's own is called in a container, too."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            signal.signal(signal.SIGUSR1, lambda number, frame: self.stop(3))
            self.PubSub.subscribe("Application.hup!", lambda message_type: self.stop(4))
            say("main")
    """
    with start(tmp_path, source) as process:
        process.wait_for("^main")
        signal_pid_one(process, number)
        assert process.wait() == {signal.SIGUSR1: 3, signal.SIGHUP: 4}.get(number, 0)


def test_orphans_are_reaped(tmp_path: Path) -> None:
    """A thousand dead grandchildren would fill the container's process table."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            for _ in range(20):
                shell = await asyncio.create_subprocess_shell("(sleep 0.01; echo gone >> orphans) & exit 7")
                assert await shell.wait() == 7
            while len(open("orphans").readlines() if os.path.exists("orphans") else ()) < 20 or zombies():
                await asyncio.sleep(0.01)
            say("no zombies")
            self.stop()
    """
    with start(tmp_path, source) as process:
        process.wait_for("^no zombies")
        assert process.wait() == 0


def test_the_exit_status_of_a_child_is_the_applications(tmp_path: Path) -> None:
    """Whoever starts a process learns how it ended: by asyncio, by subprocess, and however late it asks."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            late = subprocess.Popen(["sh", "-c", "exit 9"])
            orphan = await asyncio.create_subprocess_shell("(exit 5) & exit 6")
            assert await orphan.wait() == 6
            many = [await asyncio.create_subprocess_exec("sh", "-c", f"exit {n}") for n in range(30)]
            assert await asyncio.gather(*(each.wait() for each in many)) == list(range(30))
            assert subprocess.run(["sh", "-c", "kill -9 $$"]).returncode == -9
            assert late.wait() == 9
            say("all true")
            self.stop()
    """
    with start(tmp_path, source) as process:
        assert process.wait() == 0
        assert "all true" in process.stdout


def test_it_exits_as_the_application_does(tmp_path: Path) -> None:
    """A restart policy of the container reads the exit code: of a failure, and of a death by a signal."""
    source = """
    class MyApplication(asab.Application):
        async def main(self):
            {how}
    """
    for how, code in (
        ("raise ValueError('broken on purpose')", 70),
        ("self.stop(5)", 5),
        ("os.kill(os.getpid(), signal.SIGKILL)", 128 + 9),
        ("sys.exit(6)", 6),
    ):
        with start(tmp_path, source.format(how=how)) as process:
            assert process.wait() == code, how


def test_a_terminals_ctrl_c_counts_once(tmp_path: Path) -> None:
    """The terminal tells every process in it, and the third SIGINT aborts."""
    source = """
    class MyApplication(asab.Application):
        async def initialize(self):
            self.PubSub.subscribe("Application.stop!", say)
        async def main(self):
            say("main")
            open("/dev/tty", "w").write("main")
            os.set_blocking(0, True)
    """
    (tmp_path / "app.py").write_text(HEAD + dedent(source) + TAIL)
    terminal = dedent(
        """
        import os, pty, sys
        pid, terminal = pty.fork()
        if not pid:
            os.execvp(sys.argv[1], sys.argv[1:])
        seen = b""
        while b"main" not in seen:
            seen += os.read(terminal, 1000)
        os.write(terminal, b"\\x03")
        try:
            while chunk := os.read(terminal, 1000):
                seen += chunk
        except OSError:
            pass  # the terminal's other end is closed
        print(seen.decode().count("Application.stop!"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """
    )
    with Process(sys.executable, "-c", terminal, *UNSHARE, sys.executable, "app.py", cwd=tmp_path) as process:
        assert process.wait() == 0
        assert process.stdout.split() == ["1", "0"]


def test_a_manager_outside_is_told_no_number_of_the_inside(tmp_path: Path) -> None:
    """The manager of a container follows its PID 1, by the number that it has outside."""
    with Manager(tmp_path / "notify") as manager, start(tmp_path, PLAIN, manager.env) as process:
        assert "MAINPID" not in manager.wait_for("READY=1")
        signal_pid_one(process, signal.SIGTERM)
        assert process.wait() == 0


def test_threads_that_run_already_are_not_lost(tmp_path: Path) -> None:
    """A program that has started threads goes on as PID 1, and is told what it lacks."""
    source = """
    go = threading.Event()
    threading.Thread(target=go.wait, daemon=True).start()

    class MyApplication(asab.Application):
        async def main(self):
            say("main", os.getpid())
            go.set()
    """
    with start(tmp_path, source) as process:
        process.wait_for("^main 1")
        process.wait_for("cannot reap orphans", "stderr")
        signal_pid_one(process, signal.SIGTERM)
        assert process.wait() == 0
