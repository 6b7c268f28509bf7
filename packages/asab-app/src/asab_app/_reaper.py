"""PID 1 of a container: the kernel gives it no default signal actions, and every orphan as a child.

The rule: the application is never PID 1 itself. The process that is stands by as the init of the container: it hands
signals on to the application, reaps every orphan, and exits as the application does. The application's own children
are the application's alone, so nobody takes an exit status away from it.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from typing import Final, NoReturn

L = logging.getLogger(__name__)

_FROM_TERMINAL: Final = 0x80  # SI_KERNEL: the terminal has sent it to the application as well


def stand_in() -> None:
    """Go on as a child of PID 1, if this process is PID 1; called before there is a loop, a thread or an open file.

    It is not done where it would hurt: in another thread than the main one, or beside one, which the child would lack.
    """
    if os.name != "posix" or os.getpid() != 1:
        return
    if threading.active_count() > 1:
        L.warning("PID 1 has started threads before its Application: it cannot reap orphans. Run it under an init.")
        return
    # Nothing gets lost on the way: what comes in from here on waits until it can be handed on.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    application = os.fork()
    if application:
        _be_init(application)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_init(application: int) -> NoReturn:
    # The sockets and files are the application's: as long as they are open here, they cannot be closed there.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    while True:
        received = signal.sigwaitinfo(signal.valid_signals())
        if received.si_signo == signal.SIGCHLD:
            for pid, status in _ended():
                if pid == application:
                    code = os.waitstatus_to_exitcode(status)
                    os._exit(code if code >= 0 else 128 - code)  # as a shell tells of a signal
        elif received.si_code != _FROM_TERMINAL:
            os.kill(application, received.si_signo)


def _ended() -> Iterator[tuple[int, int]]:
    """Reap what has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status
