"""`[daemon] uid` and `gid`: as whom a daemon runs.

The rule: nothing is left of the starter's identity, the groups included. python-daemon would leave the group id.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asab_app._failures import say
from asab_config import Config, ConfigParser

if TYPE_CHECKING:
    import pwd

_LATE_MODULES = (
    "asab_log.handler",
    "concurrent.futures.thread",
    "datetime",
    "difflib",
    "encodings.idna",
    "json",
    "logging.handlers",
    "pathlib",
    "urllib.parse",
)
"""What the layers load when they need it: the new user may not be able to, with a Python in the home of root."""


@dataclass(frozen=True)
class Owner:
    """A user and the groups that the process is in, the first of which is its group id."""

    uid: int
    groups: tuple[int, ...]

    def require_privilege(self) -> None:
        """Refuse what only root can do.

        Raises:
            ConfigError: If this process cannot become that owner.
        """
        if os.geteuid() == 0 or self._is_present():
            return
        for option in ("uid", "gid"):
            if value := Config.get("daemon", option).strip():
                reason = f"only root can change it, and this is user {os.geteuid()}; start as root or leave it out"
                raise Config.mistake("daemon", option, value, reason)

    def become(self) -> None:
        """Make the process that owner's, for good."""
        if self._is_present():
            return
        for name in _LATE_MODULES:
            importlib.import_module(name)
        os.setgroups(self.groups)
        os.setgid(self.groups[0])
        os.setuid(self.uid)
        library = os.path.dirname(os.__file__)
        if not os.access(library, os.R_OK | os.X_OK):
            say(
                f"warning: user {self.uid} of the daemon cannot read {library}; modules that it imports will be missing"
            )

    def _is_present(self) -> bool:
        users, groups = {self.uid}, {self.groups[0]}
        return {os.getuid(), os.geteuid()} == users and {os.getgid(), os.getegid()} == groups


def owner(config: ConfigParser) -> Owner:
    """Return whom the configuration names; by default, the present user and group.

    Raises:
        ConfigError: If there is no such user or group.
    """
    import pwd

    user, group = (config.get("daemon", option).strip() for option in ("uid", "gid"))
    try:
        entry = _user(user) if user else pwd.getpwuid(os.getuid())
    except KeyError:  # a number without a name, as containers give it
        entry = None
    if user and entry is None and not user.isdecimal():
        raise config.mistake("daemon", "uid", user, "there is no such user")
    if group:
        gid = _group(config, group)
    elif not user:
        gid = os.getgid()
    elif entry is None:
        raise config.mistake("daemon", "uid", user, "is a user without a group; set gid too")
    else:
        gid = entry.pw_gid
    if entry is None:
        return Owner(int(user) if user else os.getuid(), (gid,))
    others = (each for each in os.getgrouplist(entry.pw_name, gid) if each != gid)
    return Owner(entry.pw_uid, (gid, *others))


def _user(text: str) -> pwd.struct_passwd:
    import pwd

    return pwd.getpwuid(int(text)) if text.isdecimal() else pwd.getpwnam(text)


def _group(config: ConfigParser, text: str) -> int:
    """Return the id of a group; where `nobody` is only a user, as on Debian, it stands for that user's group."""
    import grp

    if text.isdecimal():
        return int(text)
    try:
        return grp.getgrnam(text).gr_gid
    except KeyError:
        pass
    try:
        return _user(text).pw_gid
    except KeyError:
        raise config.mistake("daemon", "gid", text, "there is no such group") from None
