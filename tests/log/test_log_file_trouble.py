"""The log file when the disk is full, the folder gone or the file forbidden: the application does not notice."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.log.log_files import write, write_until
from tests.support.processes import UNMEASURED, environment

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from asab_log._log_file import LogFile

    RunScript = Callable[..., subprocess.CompletedProcess[str]]

# The system's limit for the size of a file acts as a full disk does: of a `write` it takes what still fits.
FULL_DISK = """
import logging, os, resource, sys
import asab_log
from asab_log._log_file import LogFile

path, threads = sys.argv[1], int(sys.argv[2])
if os.geteuid() == 0:
    os.chown(os.path.dirname(path), 65534, 65534)
    os.seteuid(65534)  # root may read every file
file = LogFile(path)
os.chmod(path, int(sys.argv[3], 8))
root = logging.getLogger()
root.addHandler(file)

def log(thread):
    for number in range(200):
        root.warning("record %d-%03d %s", thread, number, "." * (number % 40))

from threading import Thread
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, -1))
workers = [Thread(target=log, args=(thread,)) for thread in range(threads)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
lost = file.lost
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
root.warning("record 9-000 ")
logging.shutdown()
print(lost, file.lost)
"""


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """Give a folder that another user can reach, which those of pytest are not."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="the limits of a process are POSIX")
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("mode", ["600", "200"], ids=["readable", "only writable"])
def test_a_full_disk_is_said_once_counted_and_made_up_for(
    public_folder: Path, run_script: RunScript, threads: int, mode: str
) -> None:
    """Each record is there, whole and once, or among the number of those that the file itself says are missing."""
    path = public_folder / "log"
    done = run_script(FULL_DISK, str(path), str(threads), mode, env=environment(UNMEASURED))
    assert done.returncode == 0, done.stderr
    said = f"asab-log: the log file {str(path)!r} cannot be written: File too large; "
    assert done.stderr == said + "it will tell how many records were lost\n"
    lost, lost_at_the_end = map(int, done.stdout.split())
    assert lost == lost_at_the_end > 0

    path.chmod(0o600)
    whole, reported = [], 0
    *lines, nothing = path.read_text().split("\n")
    assert nothing == ""
    for line in lines:
        if re.fullmatch(r"record \d-(\d{3}) (\.*)", line):
            whole.append(line)
        elif note := re.fullmatch(r"(\d+) records? (?:was|were) lost here: File too large", line):
            reported += int(note[1])
        else:  # a piece that nobody could take back; what comes behind it begins on a line of its own
            assert mode == "200"
            assert "record 0-000 ".startswith(line[:7])
    pieces = [line for line in whole if len(line) != 13 + int(line[9:12]) % 40]
    assert not pieces or mode == "200"
    assert len(set(whole)) == len(whole)
    assert len(whole) - len(pieces) + reported == threads * 200 + 1
    assert reported == lost
    assert whole[-1] == "record 9-000 "


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_disk_that_stays_full_is_said_once(
    opened: Callable[..., LogFile], capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback with every record would fill the next disk."""
    file = opened(Path("/dev/full"))
    write(file, *map(str, range(1000)))
    assert file.lost == 1000
    file.close()
    said = "asab-log: the log file '/dev/full' cannot be written: No space left on device; "
    assert capsys.readouterr().err == said + "it will tell how many records were lost\n"


def test_a_folder_that_was_deleted_is_said_once_counted_and_made_up_for(
    tmp_path: Path, opened: Callable[..., LogFile], capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody cleans up; the application goes on, and so does its log when the folder is back."""
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "log"
    file = opened(path)
    shutil.rmtree(folder)
    write_until(file, lambda: file.lost > 0)
    write(file, "lost, too")
    folder.mkdir()
    write(file, "there")
    lost = file.lost
    assert path.read_text() == f"{lost} records were lost here: No such file or directory\nthere\n"
    assert len(capsys.readouterr().err.splitlines()) == 1
    write(file, "and there")
    assert file.lost == lost
    assert path.read_text().endswith("here: No such file or directory\nthere\nand there\n")


def test_what_is_missing_is_said_at_the_latest_when_the_file_is_closed(
    tmp_path: Path, opened: Callable[..., LogFile]
) -> None:
    """There may be no further record, and the number would be known to nobody."""
    folder = tmp_path / "logs"
    folder.mkdir()
    file = opened(folder / "log")
    shutil.rmtree(folder)
    write_until(file, lambda: file.lost > 0)
    folder.mkdir()
    file.close()
    assert (folder / "log").read_text() == "1 record was lost here: No such file or directory\n"


FORBIDDEN = """
import io, logging, os, sys, time
from asab_log._log_file import LogFile
from tests.log.log_files import lines_of, write_until
from pathlib import Path

folder = Path(sys.argv[1])
path = folder / "log"
if os.geteuid() == 0:
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)  # root may write to every file
file = LogFile(path)
stderr, sys.stderr = sys.stderr, io.StringIO()
path.rename(folder / "log.1")
path.touch(mode=0)
written = write_until(file, sys.stderr.getvalue)
path.chmod(0o600)
for i, text in enumerate(write_until(file, lambda: path.stat().st_size)):
    written.append(text)
said, sys.stderr = sys.stderr.getvalue(), stderr
file.close()
assert lines_of(folder) == written
assert file.lost == 0
print(said, end="")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="users and modes are POSIX")
def test_a_new_file_without_permission_costs_no_record(public_folder: Path, run_script: RunScript) -> None:
    """logrotate has made it for somebody else: the old one is gone on with until that is mended."""
    done = run_script(FORBIDDEN, str(public_folder))
    assert done.returncode == 0, done.stderr
    said = f"asab-log: the log file {str(public_folder / 'log')!r} cannot be opened again, "
    assert done.stdout == said + "records go on to the file that was moved away: Permission denied\n"


def test_a_formatter_that_raises_is_counted(
    tmp_path: Path, opened: Callable[..., LogFile], capsys: pytest.CaptureFixture[str]
) -> None:
    """A formatter of somebody else's fails on a record: that one is missing, and the file says so."""
    path = tmp_path / "log"
    file = opened(path)
    file.handle(logging.makeLogRecord({"msg": "%d", "args": ("text",)}))
    write(file, "next")
    assert file.lost == 1
    first, second = path.read_text().splitlines()
    assert first.startswith("1 record was lost here: its formatter failed: TypeError(")
    assert second == "next"
    assert "Logging error" in capsys.readouterr().err


def test_a_closed_stderr_is_nobodys_problem(
    tmp_path: Path, opened: Callable[..., LogFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some daemons close it; trouble with the log must not become an exception of whoever logs."""
    stderr = (tmp_path / "stderr").open("w")
    stderr.close()
    monkeypatch.setattr(sys, "stderr", stderr)
    file = opened(Path("/dev/full") if Path("/dev/full").exists() else tmp_path / "log")
    write(file, "one")
    file.handle(logging.makeLogRecord({"msg": "%d", "args": ("text",)}))
    assert file.lost > 0


def test_a_descriptor_that_somebody_has_closed_costs_no_record(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """Who becomes a daemon closes all there are, the log's as well."""
    path = tmp_path / "log"
    file = opened(path)
    assert file.stream is not None
    os.close(file.stream.fileno())
    write(file, "one", "two")
    assert path.read_text() == "one\ntwo\n"
    assert file.lost == 0
