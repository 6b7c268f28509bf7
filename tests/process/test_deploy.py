"""The ready-made files of `deploy/`, each checked by the tool that will read it, where that is at hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "deploy"

UNITS = ("asab.service", "app@.service", "asab@.service", "asab.socket")


def test_nothing_is_left_unchecked() -> None:
    """A file that nobody checks rots."""
    checked = {*UNITS, "asab-openrc", "Dockerfile", "compose.yaml", "README.md"}
    assert {path.name for path in FOLDER.iterdir()} == checked
    for name in checked - {"README.md"}:
        assert f"]({name})" in (FOLDER / "README.md").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_the_unit(tmp_path: Path, unit: str) -> None:
    """A misspelt option is only a warning in the journal, and what it was meant for does not happen."""
    for name in UNITS:
        # The interpreter is looked for, and this machine's may be elsewhere.
        text = (FOLDER / name).read_text().replace("/usr/bin/python3", sys.executable)
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    about_us = [line for line in done.stderr.splitlines() if unit.partition(".")[0].rstrip("@") in line]
    assert (done.returncode, about_us) == (0, []), done.stderr


def test_the_template_is_the_unit_for_many() -> None:
    """The two differ in the name alone, so that what one learns the other knows."""
    unit = (FOLDER / "asab.service").read_text()
    template = (FOLDER / "app@.service").read_text()
    for path in ("/opt/{}/", "/etc/{}.conf", "Directory={}"):
        unit = unit.replace(path.format("asab"), path.format("%i"))
    assert unit.replace("Description=ASAB application", "Description=ASAB application %i") == template


def test_the_instances_of_one_application_are_its_unit_with_a_name_each() -> None:
    """All run as one user, who is not made anew for each: only one user's processes may share a port."""
    unit = (FOLDER / "asab.service").read_text()
    for before, after in (
        ("Description=ASAB application", "Description=ASAB application, instance %i"),
        ("ExecStart=", "Environment=INSTANCE=%i\nSyslogIdentifier=asab-%i\nExecStart="),
        ("DynamicUser=yes", "DynamicUser=yes\nUser=asab"),
        ("RuntimeDirectory=asab", "RuntimeDirectory=asab-%i"),
    ):
        unit = unit.replace(before, after)
    assert unit == (FOLDER / "asab@.service").read_text()


def test_the_shell_understands_the_openrc_script(tmp_path: Path) -> None:
    """OpenRC sources it with a POSIX shell; what it defines is there, and nothing runs by itself."""
    script = FOLDER / "asab-openrc"
    assert script.read_text().startswith("#!/sbin/openrc-run\n")
    subprocess.run(["sh", "-n", str(script)], check=True, timeout=60)
    asked = 'RC_SVCNAME=x; . "$1" && type depend start_pre reload && echo "$command|$command_args|$pidfile|$retry"'
    done = subprocess.run(
        ["sh", "-uc", asked, "sh", str(script)], check=True, capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == (
        "/usr/bin/python3|/opt/asab/app.py -c /etc/asab.conf|/run/x.pid|TERM/30/KILL/5"
    )


def test_the_container_runs_the_application_itself_and_not_as_root() -> None:
    """Behind a shell it would not get SIGTERM; as root it would have rights that it does not need."""
    lines = (FOLDER / "Dockerfile").read_text().splitlines()
    instructions = [line.split(" ", 1) for line in lines if line and not line.startswith("#")]
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in instructions} <= known
    assert instructions[0][0] == "FROM"
    arguments = dict(instructions)
    assert json.loads(arguments["ENTRYPOINT"]) + json.loads(arguments["CMD"]) == ["python3", "app.py", "-c", "app.conf"]
    assert arguments["USER"].split(":")[0] not in ("", "0", "root")


def test_the_compose_file_gives_the_stop_its_time() -> None:
    """Ten seconds, the default, is what a single service may take."""
    yaml = pytest.importorskip("yaml", reason="PyYAML reads the compose file")
    composed = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    app = composed["services"]["app"]
    assert app["stop_grace_period"] == "30s"
    assert app["build"] == "."
    assert app["ports"] == ["8080:8080"]
    assert "EXPOSE 8080" in (FOLDER / "Dockerfile").read_text()
