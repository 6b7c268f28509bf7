"""The chapter "Configuration"."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.documentation.catalogue import example, fill
from tests.documentation.running import finish, start, write
from tests.support.processes import Process

if TYPE_CHECKING:
    from pathlib import Path

# Reads the session of the page after it as Python's own tool for such sessions does.
SESSION = """
    import doctest
    import asab

    asab.Application()
    failed, tried = doctest.testfile("session.pycon", module_relative=False, globs={"asab": asab})
    print(failed, "of", tried, "failed")
    """
# Prints what it was given, as `section option = value`.
SHOWING = """
    import asab

    class MyApplication(asab.Application):
        async def main(self):
            for section in ("section_name", "other_section"):
                for option, value in asab.Config[section].items():
                    print(section, option, "=", value)
            self.stop()

    <example>
    MyApplication().run()
    """


def test_values_are_there_as_soon_as_the_application_is(tmp_path: Path) -> None:
    """`Config` needs no initialisation of its own."""
    source = example("configuration/access.py").text() + "print(my_conf_value)\n"
    done = finish(start(tmp_path, source, conf="[section_name]\nkey1 = from the file\n"))
    assert done.stdout == "from the file\n"


@pytest.mark.parametrize(
    ("conf", "session"),
    [
        ("configuration/file.conf", "configuration/file.pycon"),
        ("configuration/environment.conf", "configuration/environment.pycon"),
    ],
)
def test_the_session_of_the_page_answers_as_printed(tmp_path: Path, conf: str, session: str) -> None:
    """A reader who types the session sees what the page shows."""
    write(tmp_path, {"session.pycon": example(session).text()})
    done = finish(start(tmp_path, SESSION, conf=example(conf).text(), env={"HOME": "/home/user"}))
    assert done.stdout == "0 of 1 failed\n"


def test_the_configuration_file_is_named_on_the_command_line(tmp_path: Path) -> None:
    """`./sample_app.py -c ./etc/sample.conf` works as typed, and wins over ASAB_CONFIG."""
    conf = "[section_name]\nkey1 = {0}\n[other_section]\nkey3 = {0}\n"
    files = {"etc/sample.conf": conf.format("named by -c"), "other.conf": conf.format("named by ASAB_CONFIG")}
    write(tmp_path, files | {"sample_app.py": "#!/usr/bin/env python3\n" + fill(SHOWING, example="")})
    (tmp_path / "sample_app.py").chmod(0o755)
    (line,) = example("configuration/command_line.sh").lines()
    done = finish(Process(*shlex.split(line), cwd=tmp_path, env={"ASAB_CONFIG": "other.conf"}))
    assert done.stdout.splitlines() == ["section_name key1 = named by -c", "other_section key3 = named by -c"]


def test_included_files_are_merged_in_their_order(tmp_path: Path) -> None:
    """A site overrides what its main file says, by one file and by a folder of them."""
    files = {
        "etc/site.conf": "[section_name]\nkey1 = site\nkey2 = site\n",
        "etc/site.d/10.conf": "[section_name]\nkey2 = 10\n[other_section]\nkey3 = 10\n",
        "etc/site.d/20.conf": "[other_section]\nkey3 = 20\n",
        "etc/site.d/30.txt": "[other_section]\nkey3 = not a .conf\n",
    }
    write(tmp_path, files)
    done = finish(start(tmp_path, fill(SHOWING, example=""), conf=example("configuration/include.conf").text()))
    lines = ["section_name key1 = site", "section_name key2 = 10", "other_section key3 = 20"]
    assert done.stdout.splitlines() == lines


def test_included_files_may_be_missing(tmp_path: Path) -> None:
    """The documentation: this situation is silently ignored."""
    source = "import asab\nasab.Application()\nprint('started')\n"
    done = finish(start(tmp_path, source, conf=example("configuration/include.conf").text()))
    assert (done.stdout, done.stderr) == ("started\n", "")


def test_defaults_of_the_application_are_there_and_a_file_beats_them(tmp_path: Path) -> None:
    """An application works without a file, and obeys the one that it is given."""
    source = fill(SHOWING, example=example("configuration/add_defaults.py").text())
    done = finish(start(tmp_path, source, conf="[section_name]\nkey1 = from the file\n"))
    assert done.stdout.splitlines() == [
        "section_name key1 = from the file",
        "section_name key2 = another value",
        "other_section key3 = value",
    ]
