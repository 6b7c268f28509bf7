"""`setup`: the log of a script that knows nothing of applications."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

import pytest

import asab_log
from tests.log.log_files import lines_of, write_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

L = asab_log.get_logger("script")
TIME = r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d{6}"


def test_one_call_is_enough(run_script: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The ten-line script of the README."""
    code = (
        "import asab_log\n"
        "asab_log.setup()\n"
        "L = asab_log.get_logger('script')\n"
        "L.info('not seen')\n"
        "L.log(asab_log.LOG_NOTICE, 'Hello world!', struct_data={'key1': 'value1'})\n"
    )
    done = run_script(code)
    assert re.fullmatch(rf'{TIME} NOTICE script \[sd key1="value1"\] : Hello world!\n', done.stderr)


def test_a_second_call_replaces_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook runs its cells again and again, and nobody wants each line twice."""
    asab_log.setup(verbose=True)
    present = asab_log.setup(file=tmp_path / "log")
    L.info("not seen")
    L.warning("Hello")
    present.close()
    present.close()
    L.warning("nobody listens")
    assert capsys.readouterr().err.count("Hello") == 1
    assert re.fullmatch(f"{TIME} WARNING script Hello\n", (tmp_path / "log").read_text())


def test_a_file_that_cannot_be_opened_leaves_the_log_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script may go on without it."""
    present = asab_log.setup()
    with pytest.raises(FileNotFoundError):
        asab_log.setup(file=tmp_path / "missing" / "log")
    L.warning("Hello")
    present.close()
    assert "Hello" in capsys.readouterr().err


def test_a_file_that_was_moved_away_is_opened_again(tmp_path: Path) -> None:
    """A script runs for months, too, and has no SIGHUP."""
    path = tmp_path / "log"
    present = asab_log.setup(file=path)
    path.rename(tmp_path / "log.1")
    handler = next(handler for handler in logging.getLogger().handlers if isinstance(handler, RotatingFileHandler))
    written = write_until(handler, path.exists)
    present.close()
    assert [line.split()[-1] for line in lines_of(tmp_path)] == written
