"""What layers, libraries and the application itself add to the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import free_port, python

LIBRARY = """
import asab
from asab_app.arguments import add_option

asab.Config.add_defaults({"peers": {"names": "nobody"}})
add_option("--peer", section="peers", option="names", metavar="NAME", help="talk to NAME")
"""

APPLICATION = """
import asab, library

class MyApplication(asab.Application):
    async def main(self):
        print(repr(asab.Config["peers"]["names"]))
        self.stop()

MyApplication().run()
"""

OWN = """
import asab, library

class MyApplication(asab.Application):
    def create_argument_parser(self, **options):
        parser = super().create_argument_parser(**options)
        parser.add_argument("--peer", type=int)
        parser.add_argument("-p", action="store_true")
        return parser
    def parse_arguments(self, args=None):
        arguments = super().parse_arguments(args)
        print(repr(arguments.peer), arguments.p)
        return arguments
    async def main(self):
        print(repr(asab.Config["peers"]["names"]))
        self.stop()

MyApplication().run()
"""

WEB = """
import asab, asab.web

class MyApplication(asab.Application):
    async def initialize(self):
        self.add_module(asab.web.Module)
        self.get_service("asab.WebService").WebApp
    async def main(self):
        print("main", flush=True)

MyApplication().run()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "app.conf").write_text("[peers]\nnames = file\n")
    return tmp_path


def said(folder: Path, *arguments: str) -> list[str]:
    with python("app.py", *arguments, cwd=folder) as process:
        assert process.wait() == 0, process.report()
        return process.stdout.splitlines()


def test_a_library_adds_an_option_that_beats_the_configuration_file(folder: Path) -> None:
    """It is imported, and that is all; and a dollar sign in what the shell hands over is one."""
    (folder / "app.py").write_text(APPLICATION)
    assert said(folder) == ["'nobody'"]
    assert said(folder, "-c", "app.conf") == ["'file'"]
    assert said(folder, "-c", "app.conf", "--peer", "$HOME", "--peer=100%") == [r"'$HOME\n100%'"]
    assert "  --peer NAME           talk to NAME" in said(folder, "-h")
    explained = said(folder, "-c", "app.conf", "--peer", "b", "--config-explain", "peers.names")
    assert explained[0] == "[peers] names = b    (command line)"


def test_an_option_of_the_applications_own_beats_one_that_was_added(folder: Path) -> None:
    """What a library takes must not be missing to the application, and means then what the application says."""
    (folder / "app.py").write_text(OWN)
    assert said(folder, "-c", "app.conf", "--peer", "7", "-p") == ["7 True", "'file'"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('add_option("-p", section="s", option="o", metavar="P", help="?")', "'-p' cannot be added"),
        (
            'add_option("--peer", section="s", option="o", metavar="P", help="?")',
            "'--peer' cannot stand for [s] o: it stands for [peers] names",
        ),
    ],
)
def test_nobody_takes_a_letter_or_anothers_name(folder: Path, line: str, words: str) -> None:
    """Letters are the application's, and an option that means two things would surprise whoever types it."""
    (folder / "library.py").write_text(f"{LIBRARY}\n{line}\n")
    (folder / "app.py").write_text(APPLICATION)
    with python("app.py", cwd=folder) as process:
        assert process.wait() == 1
        assert words in process.stderr


def test_the_web_server_listens_where_the_command_line_says(folder: Path) -> None:
    """A second instance for a look needs no configuration of its own."""
    (folder / "app.py").write_text(WEB)
    (folder / "app.conf").write_text("[asab:web]\nlisten = nonsense\n")
    ports = free_port(), free_port()
    listen = [word for port in ports for word in ("--listen", f"127.0.0.1:{port}")]
    with python("app.py", "-c", "app.conf", *listen, cwd=folder) as process:
        process.wait_for("main")
        for port in ports:
            process.wait_for_port(port)
        assert process.stop() == 0, process.report()
    with python("app.py", "--listen", "nowhere", cwd=folder) as process:
        assert process.wait() == 78
        assert "[asab:web] listen: 'nowhere' is no address: expected" in process.stderr
