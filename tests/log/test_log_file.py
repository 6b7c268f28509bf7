"""The log file and its rotation."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.log.log_files import lines_of, write, write_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from asab_log._log_file import LogFile


def test_it_is_there_from_the_start_and_appended_to(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """A path that cannot be used should be found out at once, and a restart must not cost the old log."""
    path = tmp_path / "log"
    path.write_text("before\n")
    file = opened(path)
    write(file, "after ž \ud800")
    assert path.read_text(encoding="utf-8") == "before\nafter ž \\ud800\n"


def test_with_backups_a_rotation_begins_a_new_file(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """`backup_count` older files are kept, as the standard library's handler does."""
    path = tmp_path / "log"
    file = opened(path, backup_count=2)
    for text in ("one", "two", "three", "four"):
        write(file, text)
        file.rotate_now()
    write(file, "five")
    kept = {entry.name: entry.read_text() for entry in tmp_path.iterdir()}
    assert kept == {"log": "five\n", "log.1": "four\n", "log.2": "three\n"}


def test_without_backups_a_rotation_loses_nothing(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """SIGHUP comes for other reasons too; there is no place where the old records could go."""
    path = tmp_path / "log"
    file = opened(path)
    write(file, "one")
    file.rotate_now()
    write(file, "two")
    assert path.read_text() == "one\ntwo\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("backup_count", [0, 3])
def test_a_file_moved_away_is_opened_anew(tmp_path: Path, opened: Callable[..., LogFile], backup_count: int) -> None:
    """That is how logrotate works: rename, then signal; and `log.1` is its file, not ours to move."""
    path = tmp_path / "log"
    file = opened(path, backup_count)
    write(file, "one")
    path.rename(tmp_path / "log.1")
    write(file, "two")  # to either of them: the move may have been noticed by now
    file.rotate_now()
    write(file, "three")
    assert lines_of(tmp_path) == ["one", "two", "three"]
    assert path.read_text().endswith("three\n")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("backup_count", [0, 3])
def test_a_file_moved_away_is_noticed_without_a_signal(
    tmp_path: Path, opened: Callable[..., LogFile], backup_count: int
) -> None:
    """Many a logrotate is set up without one; and if it comes a moment later it is about that file, not the new one."""
    path = tmp_path / "log"
    file = opened(path, backup_count)
    path.rename(tmp_path / "log.1")
    written = write_until(file, path.exists)
    file.rotate_now()
    write(file, "after the signal")
    assert lines_of(tmp_path) == [*written, "after the signal"]
    assert len(list(tmp_path.iterdir())) == 2
    file.rotate_now()
    assert len(list(tmp_path.iterdir())) == (2 if backup_count == 0 else 3)


def test_a_deleted_file_is_made_again(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """Whoever makes room with `rm` should not lose all that is logged until the next restart."""
    path = tmp_path / "log"
    file = opened(path)
    path.unlink()
    write_until(file, path.exists)
    write(file, "seen")
    assert path.read_text().endswith("seen\n")


def test_a_file_that_was_cut_off_is_gone_on_with(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """That is logrotate's `copytruncate`; a gap of NUL bytes would follow if the end were remembered."""
    path = tmp_path / "log"
    file = opened(path)
    write(file, "one")
    os.truncate(path, 0)
    write(file, "two")
    assert path.read_text() == "two\n"


def test_a_file_replaced_by_another_is_opened_anew(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """logrotate's `create` puts a new file at the path before the signal."""
    path = tmp_path / "log"
    file = opened(path)
    write(file, "one")
    path.rename(tmp_path / "log.1")
    path.write_text("")
    file.rotate_now()
    write(file, "two")
    assert path.read_text() == "two\n"


def test_a_folder_that_is_gone_does_not_end_the_log(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """The error is told to whoever asked for the rotation, and the open file goes on."""
    folder = tmp_path / "logs"
    folder.mkdir()
    file = opened(folder / "log")
    moved = tmp_path / "moved"
    folder.rename(moved)
    with pytest.raises(FileNotFoundError):
        file.rotate_now()
    write(file, "still here")
    assert (moved / "log").read_text() == "still here\n"


def test_a_rotation_that_fails_is_made_up_for(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """`log.1` may be a folder; the records after the failure have to be somewhere."""
    path = tmp_path / "log"
    obstacle = tmp_path / "log.1"
    obstacle.mkdir()
    file = opened(path, backup_count=1)
    write(file, "one")
    with pytest.raises(OSError, match=r"log\.1"):
        file.rotate_now()
    write(file, "two")
    assert path.read_text() == "one\ntwo\n"
    obstacle.rmdir()
    file.rotate_now()
    assert obstacle.read_text() == "one\ntwo\n"


def test_no_line_is_lost_or_torn_while_it_rotates(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """Threads do not stop logging for a rotation."""
    file = opened(tmp_path / "log", backup_count=100)
    expected = [f"{thread}-{number}" for thread in range(4) for number in range(500)]
    threads = [threading.Thread(target=write, args=(file, *expected[n * 500 : n * 500 + 500])) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        file.rotate_now()
    for thread in threads:
        thread.join()
    assert sorted(lines_of(tmp_path)) == sorted(expected)


def test_what_is_no_file_stays_as_it_is(opened: Callable[..., LogFile]) -> None:
    """A container's log may be `/dev/stderr`; renaming that would be a surprise."""
    file = opened(Path("/dev/null"), backup_count=3)
    write(file, "hello")
    file.rotate_now()
    assert not Path("/dev/null.1").exists()


def test_a_descriptor_of_the_process_is_not_renamed(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """`/dev/stdout` may lead to a regular file; its name is the system's."""
    target = tmp_path / "target"
    with target.open("wb") as stdout:
        file = opened(Path(f"/dev/fd/{stdout.fileno()}"), backup_count=3)
        file.rotate_now()
        write(file, "hello")
    assert target.read_text() == "hello\n"
