"""A real systemd, as a user's manager in namespaces of its own: it sees no process but its own, and nobody sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.processes import DEADLINE, Process, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

SYSTEMD = Path("/lib/systemd/systemd")
UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--cgroup")
CGROUPS = Path("/sys/fs/cgroup")

SETUP = """
mount --make-rprivate / &&
mount -t tmpfs tmpfs /sys/fs/cgroup && {cgroups} &&
mount -t tmpfs tmpfs /run && mkdir -p /run/user /run/systemd/system || exit
{systemd} --user --unit=basic.target --log-target=console &
wait $!
"""

HYBRID = """
mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified &&
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
"""

UNIFIED = "mount -t cgroup2 cgroup2 /sys/fs/cgroup"


def is_possible() -> bool:
    """Whether this machine lets us."""
    if not SYSTEMD.exists() or shutil.which("nsenter") is None or os.getuid() != 0 or not _hierarchies():
        return False
    return all(os.access(path, os.W_OK) for path in _hierarchies()) and (
        subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/run"], capture_output=True).returncode == 0
    )


def children(pid: int) -> list[int]:
    """The processes that it has started and that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Systemd:
    """The manager; a context manager. Units are files in `units`."""

    def __init__(self, folder: Path) -> None:
        self.units = folder / "home" / ".config" / "systemd" / "user"
        self.units.mkdir(parents=True)
        self._env = {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": "/run/user"}
        self._groups = [path / f"asab-test-{os.getpid()}-{time.monotonic_ns()}" for path in _hierarchies()]
        for group in self._groups:
            group.mkdir()
        # The first process moves into groups of its own, which become the roots of the namespace.
        enter = "".join(f"echo $$ > {group}/cgroup.procs && " for group in self._groups)
        setup = SETUP.format(systemd=SYSTEMD, cgroups=(HYBRID if len(self._groups) > 1 else UNIFIED).strip())
        command = ("sh", "-c", f'{enter} exec "$@"', "sh", *UNSHARE, "sh", "-c", setup)
        self._process = Process(*command, cwd=folder, env=self._env)

    def __enter__(self) -> Self:
        try:
            self.wait_for(lambda: self("is-system-running").stdout.strip() == "running")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)
        self.wait_for(self._remove_groups)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`systemctl` inside."""
        inside = next(iter(children(self._process.pid)), None)
        if inside is None:
            return subprocess.CompletedProcess(arguments, 1, "", "")
        command = ["nsenter", f"--target={inside}", "--mount", "--pid", "systemctl", "--user", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment(self._env), timeout=DEADLINE)

    def show(self, unit: str, name: str) -> str:
        return self("show", unit, "--value", "-p", name).stdout.strip()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return when it holds; what systemd knows it tells only when asked."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, self._process.report()
            self._process.ended_within(0.05)

    def _remove_groups(self) -> bool:
        for group in self._groups:
            for folder, _, _ in os.walk(group, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:  # the kernel has not finished with its processes
                    return False
        return True


def _hierarchies() -> list[Path]:
    if (CGROUPS / "cgroup.procs").exists():
        return [CGROUPS]
    return [path for path in (CGROUPS / "unified", CGROUPS / "systemd") if path.exists()]
