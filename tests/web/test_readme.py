"""The programs of the layer's README, and its tables of options."""

from __future__ import annotations

import ast
import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from asab_web import WebContainer
from asab_web.session import ServiceWebSession
from tests.support.processes import free_port, python

ROOT = Path(__file__).parents[2]
README = ROOT / "packages" / "asab-web" / "README.md"
HOW_TO = ROOT / "docs" / "sessions.md"


def test_the_first_program_runs_as_it_stands(tmp_path: Path) -> None:
    """What one copies from the first page works."""
    programs = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (tmp_path / "main.py").write_text(programs[0])
    for program in programs[1:]:
        ast.parse(program)
    port = free_port()
    (tmp_path / "main.conf").write_text(f"[asab:web]\nlisten = 127.0.0.1:{port}\n")
    with python("main.py", "-c", "main.conf", cwd=tmp_path) as process:
        process.wait_for_port(port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/hello") as answer:
            assert answer.read() == b"Hello!\n"
        assert process.stop() == 0


def test_the_login_of_the_how_to_works_as_it_stands(tmp_path: Path) -> None:
    """Whoever copies a login gets one that logs in, and out."""
    (program,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    (tmp_path / "main.py").write_text(program)
    port = free_port()
    (tmp_path / "main.conf").write_text(f"[asab:web]\nlisten = 127.0.0.1:{port}\n")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with python("main.py", "-c", "main.conf", cwd=tmp_path) as process:
        process.wait_for_port(port)
        pages = [
            browser.open(f"http://127.0.0.1:{port}{path}", body).read().decode()
            for path, body in (("/", None), ("/login", b"user=ann"), ("/", None), ("/logout", b""), ("/", None))
        ]
        actions = [re.findall('action="(.*?)"', page) for page in pages]
        assert actions == [["login"], ["logout"], ["logout"], ["login"], ["login"]]
        assert process.stop() == 0


@pytest.mark.parametrize("defaults", [WebContainer.ConfigDefaults, ServiceWebSession.ConfigDefaults])
def test_every_option_stands_in_a_table_with_its_default(defaults: Mapping[str, str]) -> None:
    """An option that nobody can find is none, and a wrong default misleads."""
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", README.read_text("utf-8"), re.MULTILINE)
    documented = {name: value.strip(" `") for name, value in rows}
    assert {name: documented.get(name) for name in defaults} == dict(defaults)
