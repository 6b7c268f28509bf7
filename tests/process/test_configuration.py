"""What every application says of its configuration, and how it takes a new one while it runs."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.processes import python

APPLICATION = """
import asab, asab.config
asab.Config.add_defaults({"shop": {"name": "corner", "api_token": "s3cret"}})

class MyApplication(asab.Application):
    async def initialize(self):
        print("initialize", flush=True)
        self.PubSub.subscribe("Application.reload!", self.on_reload)
        asab.Config.add_check(self.check)
    def check(self, config):
        if config["shop"]["name"] == "bad":
            raise asab.config.ConfigError("a shop must not be bad")
    async def main(self):
        print("main", flush=True)
    def on_reload(self, message_type, changes):
        print(message_type, *changes, asab.Config["shop"]["name"], flush=True)

if __name__ == "__main__":
    app = MyApplication()
    app.run()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APPLICATION)
    (tmp_path / "app.conf").write_text("[shop]\nname = market\nurl = http://me:pass@host/\n")
    return tmp_path


def test_config_explain_tells_where_values_come_from(folder: Path) -> None:
    """On the command line of every application, with secrets masked."""
    with python("app.py", "-c", "app.conf", "--config-explain", "shop", cwd=folder) as process:
        assert process.wait() == 0
        assert process.stdout.splitlines() == [
            "[shop] name = market    (app.conf:2)",
            "    shadows 'corner'    (default of __main__)",
            "[shop] api_token = ***    (default of __main__)",
            "[shop] url = http://me:***@host/    (app.conf:3)",
        ]
    with python("app.py", "-c", "app.conf", "-v", "--config-explain", "logging.verbose", cwd=folder) as process:
        assert process.wait() == 0
        assert process.stdout.startswith("[logging] verbose = yes    (command line)\n    shadows 'no'")
    with python("app.py", "--config-explain", cwd=folder) as process:
        assert process.wait() == 0
        assert "[general] tick_period = 1 " in process.stdout
    with python("app.py", "--config-explain", "shop.window", cwd=folder) as process:
        assert process.wait() == 1
        assert "no section or option 'shop.window'" in process.stderr


def test_config_check_reports_every_mistake_at_once(folder: Path) -> None:
    """Exit code 78 and a line a mistake; nothing is started."""
    (folder / "app.conf").write_text(
        "[general]\ntick_period = soon\nstrict = maybe\n[shop]\nname = bad\n[logging:file]\npath = missing/app.log\n"
    )
    with python("app.py", "-c", "app.conf", "--config-check", cwd=folder) as process:
        assert process.wait() == 78
        lines = process.stderr.splitlines()
        assert len(lines) == 4
        assert "missing/app.log" in lines[0]
        assert "app.conf:2: [general] tick_period = 'soon'" in lines[1]
        assert "app.conf:3: [general] strict = 'maybe'" in lines[2]
        assert "a shop must not be bad" in lines[3]
        assert "main" not in process.stdout


def test_config_check_reports_the_broken_lines_of_all_files(folder: Path) -> None:
    """A broken main file does not hide a broken include."""
    (folder / "app.conf").write_text("[general]\ninclude = one.conf:two.conf\n")
    (folder / "one.conf").write_text("nonsense\n")
    (folder / "two.conf").write_text("[a]\nnonsense\n")
    with python("app.py", "-c", "app.conf", "--config-check", cwd=folder) as process:
        assert process.wait() == 78
        lines = process.stderr.splitlines()
        assert ["one.conf:1:" in lines[0], "two.conf:2:" in lines[1], len(lines)] == [True, True, 2]


def test_config_check_tells_wrong_values_and_wrong_names_together(folder: Path) -> None:
    """One round of mending is enough."""
    (folder / "app.conf").write_text("[general]\ntick_period = soon\nstrict = yes\n[shop]\nnaem = market\n")
    with python("app.py", "-c", "app.conf", "--config-check", cwd=folder) as process:
        assert process.wait() == 78
        lines = process.stderr.splitlines()
        assert ["tick_period" in lines[0], "naem" in lines[1], len(lines)] == [True, True, 2]


def test_config_check_of_a_right_configuration_is_silent(folder: Path) -> None:
    """Exit code 0."""
    with python("app.py", "-c", "app.conf", "--config-check", cwd=folder) as process:
        assert process.wait() == 0
        assert process.stderr == ""


def test_a_name_that_resembles_a_known_one_is_a_warning(folder: Path) -> None:
    """At the end of init-time, once."""
    (folder / "app.conf").write_text("[shop]\nnaem = market\n")
    with python("app.py", "-c", "app.conf", cwd=folder) as process:
        process.wait_for("^main")
        assert process.stop() == 0
        assert process.stderr.count("app.conf:2: [shop] naem is not known; did you mean 'name'?") == 1


def test_strict_refuses_unknown_names(folder: Path) -> None:
    """With exit code 78, and without a traceback."""
    (folder / "app.conf").write_text("[general]\nstrict = yes\n[shop]\ncolour = red\n")
    with python("app.py", "-c", "app.conf", cwd=folder) as process:
        assert process.wait() == 78
        assert "app.conf:4: [shop] colour is not known" in process.stderr
        assert "Traceback" not in process.stderr
        assert "main" not in process.stdout


def test_sighup_reads_the_configuration_again_where_that_is_asked_for(folder: Path) -> None:
    """What changed is published; a veto or a broken file leaves everything as it was."""
    conf = folder / "app.conf"
    conf.write_text("[general]\nreload = yes\n[shop]\nname = market\n")
    with python("app.py", "-c", "app.conf", cwd=folder) as process:
        process.wait_for("^main")
        conf.write_text("[general]\nreload = yes\n[shop]\nname = bad\n")
        process.send(signal.SIGHUP)
        process.wait_for("stays as it was: a shop must not be bad", "stderr")
        conf.write_text("[general]\nreload = yes\n[shop]\nname = stall\n")
        process.send(signal.SIGHUP)
        assert process.wait_for("^Application.reload!") == (
            "Application.reload! [shop] name = stall (was market) stall\n"
        )
        assert process.stop() == 0
