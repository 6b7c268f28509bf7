"""Every code block of every page is run, parsed or compiled, or says why not."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asab_config import ConfigParser
from tests.documentation.blocks import BLOCKS, PAGES, ROOT, Block, of_language
from tests.documentation.sessions import Shell, commands
from tests.support.processes import free_port, python

REFERENCE = ROOT / "docs" / "reference" / "configuration.md"
TLS = {"cert", "key", "password", "client_ca"}
LANGUAGES = {"python", "ini", "json", "console", "sh", "text"}

PROGRAMS = [block for block in of_language("python") if block.is_program and not block.not_run]
FRAGMENTS = [block for block in of_language("python") if not block.is_program and not block.not_run]
SESSIONS = sorted({block.page for block in of_language("console") if not block.not_run})


def each(found: list[Block]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", found, ids=lambda block: block.name)


def module(name: str, given: str = "") -> object:
    """What a module of this folder prints as JSON, when it is run with that input."""
    command = [sys.executable, "-W", "error", "-m", f"tests.documentation.{name}"]
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def faults() -> object:
    """What is wrong with fragments, by name; they run in one process together, which saves a minute."""
    given = {block.name: (block.text, _raises(block)) for block in FRAGMENTS}
    return module("fragments", json.dumps(given))


def _raises(block: Block) -> str:
    return block.mark.removeprefix("raises: ") if block.mark.startswith("raises: ") else ""


@pytest.fixture(scope="module")
def options() -> object:
    """All options of the code with their defaults, by section."""
    return module("options")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_block_that_nobody_looks_at(page: Path) -> None:
    """Commands for a reader's machine and other languages are allowed, with a reason."""
    silent = [
        block.name
        for block in BLOCKS
        if block.page == page
        and not block.not_run
        and not block.language.startswith("{")
        and (block.language not in LANGUAGES or block.language == "sh")
    ]
    assert not silent, f"put `<!-- not run: why -->` above, or take one of {sorted(LANGUAGES)}: {silent}"


@each(FRAGMENTS)
def test_a_fragment_runs_in_an_application(block: Block, faults: dict[str, str]) -> None:
    """What is copied into one's own application works there."""
    assert block.name not in faults, faults[block.name]


def _is_first(block: Block) -> bool:
    first = next(other for other in BLOCKS if other.page == block.page and other.language == "python")
    return block.page.name == "README.md" and block == first


@each([block for block in PROGRAMS if _is_first(block)])
def test_the_first_program_of_a_readme_runs(block: Block, tmp_path: Path) -> None:
    """It is the first thing that anybody tries."""
    run(block, tmp_path)


@pytest.mark.slow
@each([block for block in PROGRAMS if not _is_first(block)])
def test_a_program_runs(block: Block, tmp_path: Path) -> None:
    """What one copies works, and prints what the page shows."""
    run(block, tmp_path)


def run(block: Block, folder: Path) -> None:
    (folder / "program.py").write_text(block.text, "utf-8")
    (folder / "site.conf").write_text(f"[asab:web]\nlisten = 127.0.0.1:{free_port()}\n", "utf-8")
    with python("program.py", cwd=folder, env={"ASAB_CONFIG": "site.conf"}) as process:
        if "stop()" not in block.text and "Application" in block.text:
            process.wait_for("is ready", "stderr")
            process.send(signal.SIGINT)
        assert process.wait() == 0, process.report()
        assert "Traceback" not in process.stderr, process.report()
        if shown := _output(block):
            assert process.stdout == shown


def _output(block: Block) -> str:
    following = BLOCKS[BLOCKS.index(block) + 1 :][:1]
    return following[0].text if following and following[0].mark == "output" else ""


@each(of_language("ini"))
def test_a_configuration_is_one_that_asab_takes(
    block: Block, options: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    """Options that are misspelt or gone would be silently without effect."""
    (tmp_path / "site.conf").write_text(block.text, "utf-8")
    parser = ConfigParser()
    parser.load(str(tmp_path / "site.conf"))
    defaults = ConfigParser()
    for section in parser.sections():
        known = TLS if section.startswith("ssl:") else set(options.get(section, ()))
        named = {option for option in parser.options(section) if not defaults.has_option(section, option)}
        assert not known or named <= known, f"{block.name}: [{section}] has no {sorted(named - known)}"


@each(of_language("json"))
def test_json_is_json(block: Block) -> None:
    """A reader's parser takes it."""
    assert [json.loads(line) for line in block.text.splitlines()]


def test_what_is_not_run_is_well_formed() -> None:
    """It is no pseudocode: a shell would take it, or Python."""
    for block in BLOCKS:
        if block.language == "python":
            assert compile(block.text, block.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
        if block.language == "sh":
            done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{block.name}: {done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("page", SESSIONS, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_typed_is_answered_as_the_page_shows(page: Path, tmp_path: Path) -> None:
    """A reader who gets another answer has lost the way."""
    _find_tools(page)
    port = str(free_port())
    for file in (*page.parent.glob("*.py"), *page.parent.glob("*.conf")):
        shutil.copy(file, tmp_path)
        (tmp_path / file.name).write_text(file.read_text("utf-8").replace("8080", port), "utf-8")
    with Shell(tmp_path) as shell:
        shell.run("set -m", [])  # jobs, as at a terminal
        for block in BLOCKS:
            if block.page == page and block.language == "console":
                for command, answer in commands(block.text.replace("8080", port)):
                    shell.run(command, answer)


def _find_tools(page: Path) -> None:
    typed = " ".join(block.text for block in BLOCKS if block.page == page and block.language == "console")
    for tool in ("curl", "openssl"):
        if f"$ {tool} " in typed and shutil.which(tool) is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"install {tool} to test what {page.name} shows")


def test_the_reference_has_every_option_with_its_default(options: dict[str, dict[str, str]]) -> None:
    """An option that nobody can find is none, and a wrong default misleads."""
    shown: dict[str, dict[str, str]] = {}
    for part in re.split(r"^## ", REFERENCE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        section = part.splitlines()[0].strip("[]")
        rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|.*\S.*\|$", part, re.MULTILINE)
        shown[section] = dict(rows)
    shown["asab:mom:memory"] = {
        option: shown["asab:mom:amqp"][option] for option in options["asab:mom:memory"] if option != "url"
    } | shown["asab:mom:memory"]
    faults = [
        f"[{section}] {option}: the code has {default!r}, the page {shown.get(section, {}).get(option)!r}"
        for section, values in options.items()
        for option, default in values.items()
        if shown.get(section, {}).get(option) != default
    ]
    gone = [(s, o) for s in shown.keys() & options.keys() for o in shown[s] if o not in options[s]]
    assert not faults, "\n".join([f"in {REFERENCE.name}, by the table of the section:", *faults])
    assert not gone
