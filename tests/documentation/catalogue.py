"""Every example of the documentation: where its text is stored, how it is run, and what was mended in it.

The texts below `examples/` stand to the letter as the documentation prints them, one file each, in a folder a chapter.
What cannot run as printed says here what was changed; a change that no longer applies fails the test that uses it.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

FOLDER = Path(__file__).parent / "examples"


class How(Enum):
    """How an example is proven."""

    PROGRAM = "a whole program, started by itself"
    FRAGMENT = "inside a scaffold that supplies what the text around the example takes for granted"
    CONFIGURATION = "a configuration file that a running application reads"
    SESSION = "what the user types, with the answer that the documentation shows"
    LISTING = "text that is held against what the application really shows or takes"
    ELSEWHERE = "an order to a machine that is not ours to change"


@dataclass(frozen=True)
class Example:
    """One example; `path` is the chapter's folder and the name."""

    path: str
    how: How
    # What is wrong in the printed text: (as printed, as it must be).
    mended: tuple[tuple[str, str], ...] = ()
    # What names a place of the reader's own, not of the test's: (as printed, name of the test's place).
    places: tuple[tuple[str, str], ...] = ()
    # Why it was mended, or why no test runs it.
    why: str = ""

    @property
    def chapter(self) -> str:
        return self.path.partition("/")[0]

    @property
    def written(self) -> str:
        """The text as the documentation prints it."""
        return (FOLDER / self.path).read_text(encoding="utf-8")

    def text(self, **places: object) -> str:
        """The text as it is run: mended, and with the test's own places in it."""
        text = self.written
        for printed, right in self.mended:
            text = self._replaced(text, printed, right)
        for printed, name in self.places:
            text = self._replaced(text, printed, str(places.pop(name)))
        assert not places, f"{self.path} has no such places: {sorted(places)}"
        return text

    def lines(self, **places: object) -> list[str]:
        """The lines of a session or listing, without the `$` before what is typed."""
        return [line.removeprefix("$ ") for line in self.text(**places).splitlines()]

    def _replaced(self, text: str, printed: str, right: str) -> str:
        assert text.count(printed) == 1, f"{self.path} holds {printed!r} {text.count(printed)} times, not once"
        return text.replace(printed, right)


def example(path: str) -> Example:
    """The example with that path."""
    return _BY_PATH[path]


def fill(scaffold: str, **fragments: str) -> str:
    """The scaffold with each line `<name>` replaced by that fragment, at the indentation of the line."""
    lines = []
    used = set()
    for line in textwrap.dedent(scaffold).strip("\n").splitlines():
        bare = line.strip()
        if bare.startswith("<") and bare.endswith(">"):
            used.add(bare[1:-1])
            fragment = textwrap.dedent(fragments[bare[1:-1]]).strip("\n")
            lines.append(textwrap.indent(fragment, line[: len(line) - len(line.lstrip())]))
        else:
            lines.append(line)
    assert used == set(fragments), f"the scaffold has no place for {sorted(set(fragments) - used)}"
    return "\n".join(lines) + "\n"


_INSTALLS = "asks the package index on the internet; the built wheels are installed by the tests of the architecture"
_CONTAINER = "prepares somebody's LXC container on Alpine Linux, as root, over the internet"
_SYSTEMD = "changes the systemd of the whole machine, as root"

EXAMPLES = (
    # The front page of the documentation prints this program again at its end.
    Example("introduction/hello_world.py", How.PROGRAM),
    Example("getting_started/install.sh", How.ELSEWHERE, why=_INSTALLS),
    Example("getting_started/main.py", How.PROGRAM),
    Example("getting_started/run.sh", How.SESSION),
    Example("application/subclassing.py", How.PROGRAM),
    Example("application/direct_use.py", How.PROGRAM),
    Example("application/event_loop.py", How.FRAGMENT),
    Example("application/initialize.py", How.FRAGMENT),
    Example("application/main.py", How.FRAGMENT),
    Example("application/finalize.py", How.FRAGMENT),
    Example("application/exit_code.py", How.FRAGMENT),
    Example("application/add_module.py", How.FRAGMENT),
    Example("application/get_service.py", How.FRAGMENT),
    Example("configuration/access.py", How.PROGRAM),
    Example("configuration/file.conf", How.CONFIGURATION),
    Example("configuration/file.pycon", How.SESSION),
    Example("configuration/command_line.sh", How.SESSION),
    Example("configuration/include.conf", How.CONFIGURATION),
    Example("configuration/add_defaults.py", How.FRAGMENT),
    Example("configuration/environment.conf", How.CONFIGURATION),
    Example("configuration/environment.pycon", How.SESSION),
    Example("logging/recommended_use.py", How.FRAGMENT),
    Example("logging/console.txt", How.LISTING),
    Example("logging/verbose.py", How.FRAGMENT),
    Example("logging/struct_data.py", How.FRAGMENT),
    Example("logging/file.conf", How.CONFIGURATION, places=(("/var/log/asab.log", "path"),)),
    Example("logging/syslog.conf", How.CONFIGURATION, places=(("syslog.server.lan:1554", "server"),)),
    Example("logging/addresses.txt", How.LISTING),
    Example("publish_subscribe/subscribe.py", How.FRAGMENT),
    Example("publish_subscribe/subscribe_async.py", How.FRAGMENT),
    Example("publish_subscribe/subscribe_all.py", How.FRAGMENT),
    Example("publish_subscribe/subscriber.py", How.FRAGMENT),
    Example("publish_subscribe/subscriber_message.py", How.FRAGMENT),
    Example("publish_subscribe/publish.py", How.FRAGMENT),
    Example("publish_subscribe/publish_asynchronously.py", How.FRAGMENT),
    Example(
        "service/skeleton.py",
        How.FRAGMENT,
        mended=(("        ....", "        ..."),),
        why="four dots are no Python",
    ),
    Example("service/create.py", How.FRAGMENT),
    Example("service/locate.py", How.FRAGMENT),
    Example("module/structure.txt", How.LISTING),
    Example("module/init.py", How.FRAGMENT),
    Example("module/load.py", How.FRAGMENT),
    Example("utilities/singleton.py", How.FRAGMENT),
    Example("utilities/persistent_dict_load.py", How.FRAGMENT),
    Example("utilities/persistent_dict_update.py", How.FRAGMENT),
    Example("utilities/persistent_dict_initialize.py", How.FRAGMENT),
    Example(
        "sockets/server.py",
        How.FRAGMENT,
        mended=(
            ("\thost = asab.Config.get(‘http’, ‘host’)", "\t\thost = asab.Config.get('http', 'host')"),  # noqa: RUF001
            ("port = asab.Config.getint(‘http’, ‘port’)", "\t\tport = asab.Config.getint('http', 'port')"),  # noqa: RUF001
            ("L.debug(“Starting server on {} {} …”.", '\t\tL.debug("Starting server on {} {} …".'),
            ("await self.create_server", "\t\tawait self.create_server"),
        ),
        why="the page has typographic quotes and has lost the indentation of the method's body",
    ),
    Example("web/install.sh", How.ELSEWHERE, why=_INSTALLS),
    Example("web/server.py", How.PROGRAM),
    Example("web/curl.sh", How.SESSION, places=(("localhost:8080", "server"),)),
    Example("web/service.py", How.FRAGMENT),
    Example("web/route.py", How.FRAGMENT),
    Example("mom/service.py", How.FRAGMENT),
    Example("mom/broker.py", How.FRAGMENT),
    Example("mom/publish.py", How.FRAGMENT),
    Example("mom/receive.py", How.FRAGMENT),
    Example("mom/reply.py", How.FRAGMENT),
    Example("installation/pip.sh", How.ELSEWHERE, why=_INSTALLS),
    Example("installation/easy_install.sh", How.ELSEWHERE, why="easy_install has been removed from setuptools"),
    Example("installation/git.sh", How.ELSEWHERE, why=_INSTALLS),
    Example("command_line/options.txt", How.LISTING),
    Example("command_line/install_daemon.sh", How.ELSEWHERE, why=_INSTALLS),
    Example("command_line/daemon.conf", How.CONFIGURATION, places=(("/var/run/myapp.pid", "pidfile"),)),
    Example("containerisation/launch.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/enter.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/inittab.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/python.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/asab.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/daemon.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/aiohttp.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/openrc_edit.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/openrc_enable.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/build_tools.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("containerisation/build_tools_removal.sh", How.ELSEWHERE, why=_CONTAINER),
    Example("systemd/unit.sh", How.ELSEWHERE, why=_SYSTEMD),
    Example("systemd/enable.sh", How.ELSEWHERE, why=_SYSTEMD),
    Example("systemd/reload.sh", How.ELSEWHERE, why=_SYSTEMD),
    Example("systemd/start.sh", How.ELSEWHERE, why=_SYSTEMD),
    Example("systemd/stop.sh", How.ELSEWHERE, why=_SYSTEMD),
)

_BY_PATH = {one.path: one for one in EXAMPLES}
