"""The pidfile: who the daemon is, and whether it lives.

The rules: the text of the file proves nothing, for a pid is used again when its process is gone. A living daemon holds
locks on the file, which the system takes away with the process however it ends: one on the first byte from before it
writes, so that there is one daemon; one on the second from when its pid is in the file, so that it can be believed.
They are POSIX locks, which children do not inherit; a program that opens and closes the pidfile of its own process
loses them.
"""

from __future__ import annotations

import os
import struct
import sys
import time

_PATIENCE = 2.0
"""How long another start may take between its two locks, in seconds: they are some calls of the system apart."""


class Occupied(Exception):
    """The pidfile is another's."""


class PidFile:
    """The pidfile of this process, which is the daemon."""

    def __init__(self, path: str) -> None:
        """Write the pid of this process into the file; one that a dead daemon has left behind is taken over.

        Args:
            path: The file, by an absolute path.

        Raises:
            Occupied: If a daemon lives, or the file is something else than a pidfile.
            OSError: If the file cannot be written.
        """
        self._path = path
        self._pid = os.getpid()
        deadline = time.monotonic() + _PATIENCE
        while not self._take():
            daemon = find(path)
            if daemon is not None:
                daemon.close()
                if daemon.pid:
                    raise Occupied(f"runs already in the background with pid {daemon.pid} ({path}); -k ends it")
            if time.monotonic() > deadline:
                raise Occupied(f"the pidfile {path} is locked by a start that does not go on; end that first")
            time.sleep(0.01)

    def release(self) -> None:
        """Remove the file. Where that takes the privileges that the daemon has given up, it is left empty.

        The locks stay until the process is gone.
        """
        if self._pid != os.getpid():  # a child
            return
        try:
            if _is_at(self._file, self._path):
                os.unlink(self._path)
        except OSError:
            os.ftruncate(self._file, 0)

    def _take(self) -> bool:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            if not _lock(file, 0) or not _is_at(file, self._path):
                os.close(file)
                return False
            if not _is_pid(os.read(file, 32)):
                raise Occupied(f"{self._path} is not a pidfile, it holds other text; name another in [daemon] pidfile")
            os.ftruncate(file, 0)
            os.pwrite(file, b"%d\n" % self._pid, 0)
            _lock(file, 1, wait=True)  # another may just be looking
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return True


class Daemon:
    """A daemon that lives, seen from another process; to be closed.

    Attributes:
        pid: Its process; 0 if it is just ending by itself.
    """

    def __init__(self, file: int, pid: int) -> None:
        """Take its open pidfile."""
        self._file = file
        self.pid = pid

    def has_ended(self) -> bool:
        """Return whether its process is gone."""
        return _lock(self._file, 1, shared=True)

    def close(self) -> None:
        """Close the pidfile."""
        os.close(self._file)


def find(path: str) -> Daemon | None:
    """Return the daemon of a pidfile, or `None` if there is none.

    Raises:
        OSError: If the file cannot be read.
        Occupied: If the file names another process than the one that holds it.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _lock(file, 1, shared=True):
            os.close(file)
            return None
        text = os.read(file, 32).strip()
        if text and (not text.isdigit() or _holder(file) not in (None, int(text))):
            raise Occupied(f"{path} names {text!r}, which is not the process that holds it; look into it yourself")
    except BaseException:
        os.close(file)
        raise
    return Daemon(file, int(text or 0))


def remove(path: str) -> None:
    """Remove the pidfile of a daemon that is dead, if this process may."""
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if _lock(file, 0) and _is_at(file, path) and _is_pid(os.read(file, 32)):
            os.unlink(path)
    except OSError:
        return
    finally:
        os.close(file)


def _lock(file: int, byte: int, *, shared: bool = False, wait: bool = False) -> bool:
    import fcntl

    kind = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    try:
        fcntl.lockf(file, kind, 1, byte)
    except (BlockingIOError, PermissionError):  # POSIX leaves it to the system which
        return False
    return True


def _holder(file: int) -> int | None:
    """Return who holds the second byte, where the system's answer can be read; 0 is a process of another namespace.

    The daemon can write into its pidfile, and must not have others ended by it.
    """
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return None
    import fcntl

    layout = "hhqqi4x"  # struct flock
    question = struct.pack(layout, fcntl.F_WRLCK, os.SEEK_SET, 1, 1, 0)
    kind, _, _, _, pid = struct.unpack(layout, fcntl.fcntl(file, fcntl.F_GETLK, question))
    return None if kind == fcntl.F_UNLCK else int(pid)


def _is_pid(text: bytes) -> bool:
    """Return whether a pidfile may hold this; it is empty after a daemon that could not remove it."""
    return not text.strip() or text.strip().isdigit()


def _is_at(file: int, path: str) -> bool:
    """Return whether a path still leads to the open file."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False
