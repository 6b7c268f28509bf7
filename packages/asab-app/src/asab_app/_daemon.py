"""`-d`, `-k` and the section `[daemon]` (documentation, chapter Command-line interface, Daemon).

The rules: whoever starts a daemon learns how its start went; the privileges are gone before anything of the
application's runs; a process is ended only if it is known to be the daemon.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import os
import stat
import threading
from collections.abc import Callable
from typing import Any

from asab_app._failures import say
from asab_app.errors import EX_UNAVAILABLE
from asab_config import Config, ConfigParser

Config.add_layer_defaults(
    {"daemon": {"pidfile": "", "uid": "", "gid": "", "working_dir": "", "kill_timeout": "60"}},
)


def anchor(arguments: argparse.Namespace) -> None:
    """Make the paths that were given from outside absolute, if the working directory is going to change."""
    if not getattr(arguments, "daemonize", False):
        return
    for name in ("config", "log_file"):
        if path := getattr(arguments, name, None):
            setattr(arguments, name, os.path.abspath(path))
    if path := os.environ.get("ASAB_CONFIG"):
        os.environ["ASAB_CONFIG"] = os.path.abspath(path)


def obey(arguments: argparse.Namespace) -> Callable[[], None]:
    """Do what `-d` or `-k` ask for, if one of them is given.

    After `-d` only the daemon returns from here.

    Args:
        arguments: What was parsed, with the configuration loaded.

    Returns:
        What is to be called at the end of init-time, so that whoever started the daemon learns of it.

    Raises:
        ConfigError: If the section `[daemon]` has a mistake, or asks for what this user may not do.
        SystemExit: After `-k`; and if there can be no daemon.
    """
    if getattr(arguments, "kill", False):
        _require_python_daemon("-k")
        raise SystemExit(_end())
    if getattr(arguments, "daemonize", False):
        return _daemonize(_require_python_daemon("-d"))
    return _nothing


def _end() -> int:
    from asab_app import _kill

    path = os.path.abspath(Config.get("daemon", "pidfile").strip() or _missing_pidfile())
    return _kill.kill(path, Config.getseconds("daemon", "kill_timeout"))


def _missing_pidfile() -> str:
    raise Config.mistake("daemon", "pidfile", "", "expected the path that the daemon was started with")


def _daemonize(context: Any) -> Callable[[], None]:
    from asab_app import _birth, _owner

    owner = _owner.owner(Config)
    owner.require_privilege()
    working_dir = _working_dir()
    pidfile = Config.get("daemon", "pidfile").strip()
    pidfile_path = os.path.abspath(pidfile)
    Config.getseconds("daemon", "kill_timeout")  # a mistake in it must not come out when the daemon has to end
    _refuse_threads()
    try:
        birth = _birth.give_birth()
        with birth.streams():
            context(
                detach_process=False,  # is done: the library's way tells nobody how the start went
                working_directory=working_dir,
                umask=_umask(),
                files_preserve=_open_files(),
                signal_map={},
            ).open()
    except OSError as e:
        say(f"cannot go into the background: {e}")
        raise SystemExit(EX_UNAVAILABLE) from None
    if pidfile:
        _take(pidfile_path)
    owner.become()
    return birth.announce


def _take(path: str) -> None:
    """Make the pidfile this process's, until it ends."""
    from asab_app._pidfile import Occupied, PidFile

    try:
        pidfile = PidFile(path)
    except Occupied as e:
        say(str(e))
        raise SystemExit(EX_UNAVAILABLE) from None
    except OSError as e:
        reason = f"cannot be written by user {os.geteuid()}: {e.strerror}"
        raise Config.mistake("daemon", "pidfile", path, reason) from None
    atexit.register(pidfile.release)


def _require_python_daemon(option: str) -> Any:
    """Return its class `DaemonContext`, or say what to install."""
    try:
        from daemon import DaemonContext
    except ImportError as e:
        if os.name == "posix":
            say(f"{option} needs python-daemon ({e}); pip install 'asab[daemon]', or python-daemon")
        else:
            say(f"{option} needs a POSIX system; run the application as a service of this system instead")
        raise SystemExit(EX_UNAVAILABLE) from None
    return DaemonContext


def _working_dir() -> str:
    path = Config.get("daemon", "working_dir").strip()
    if path and not os.path.isdir(path):
        raise Config.mistake("daemon", "working_dir", path, "is not a folder; make it first")
    return os.path.abspath(path or os.getcwd())


def _refuse_threads() -> None:
    names = [repr(thread.name) for thread in threading.enumerate() if thread is not threading.current_thread()]
    if names:
        say(f"-d cannot take threads along: {', '.join(names)}; start them in initialize()")
        raise SystemExit(EX_UNAVAILABLE)


def _umask() -> int:
    """Return the present umask; the library would make every file of the application writable for everybody."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _open_files() -> list[int]:
    """Return what survives: all that is open, but for pipes and terminals of the starter, who may wait for their end.

    What is inheritable has come from there: Python opens nothing so.
    """
    kept = []
    for file in map(int, os.listdir("/dev/fd")):
        with contextlib.suppress(OSError):  # the folder itself is closed again
            from_starter = os.get_inheritable(file) and (stat.S_ISFIFO(os.fstat(file).st_mode) or os.isatty(file))
            if not from_starter:
                kept.append(file)
    return kept


def _nothing() -> None:
    """Stay in the foreground."""


def _check(config: ConfigParser) -> None:
    config.getseconds("daemon", "kill_timeout")
    if os.name == "posix":
        from asab_app import _owner

        _owner.owner(config)


Config.add_check(_check)
