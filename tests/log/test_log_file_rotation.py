"""The rotation of the log file by time and by size."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asab_log._log_file import LogFile
from asab_log._rotation import next_boundary
from tests.log.log_files import lines_of, write, write_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800
BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


@pytest.fixture(scope="module", autouse=True)
def berlin() -> Iterator[None]:
    """Let the local time be one whose clocks are changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", BERLIN)
        time.tzset()
        yield
    time.tzset()


def moment(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M"))


@pytest.mark.parametrize(
    ("now", "every", "boundary"),
    [
        ("2025-07-02 10:17", HOUR, "2025-07-02 11:00"),
        ("2025-07-02 10:17", 12 * HOUR, "2025-07-02 12:00"),
        ("2025-07-02 12:00", 12 * HOUR, "2025-07-03 00:00"),
        ("2025-07-02 10:17", DAY, "2025-07-03 00:00"),
        ("2025-07-02 10:17", WEEK, "2025-07-07 00:00"),  # a Monday
        ("2025-07-02 10:17", 15 * MINUTE, "2025-07-02 10:30"),
        ("2025-03-30 00:30", DAY, "2025-03-31 00:00"),  # the day of 23 hours
        ("2025-10-26 00:30", DAY, "2025-10-27 00:00"),  # the day of 25 hours
        ("2025-10-25 12:00", WEEK, "2025-10-27 00:00"),
        ("2025-03-30 01:30", HOUR, "2025-03-30 03:00"),  # there is no 2 o'clock
    ],
)
def test_a_period_ends_where_the_clock_on_the_wall_says(now: str, every: int, boundary: str) -> None:
    """`1d` is a day of the calendar, whenever the process was started and whatever is done to the clocks."""
    assert next_boundary(moment(now), every) == moment(boundary)


@given(st.integers(0, 2**32), st.integers(MINUTE, 60 * DAY))
def test_a_period_ends_later_but_not_much_later_than_it_should(now: int, every: int) -> None:
    """A boundary that lies behind would rotate with every record, one that is far off never."""
    boundary = next_boundary(now, every)
    assert 0 < boundary - now <= every + HOUR


def test_the_first_record_of_a_new_period_begins_a_new_file(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """Also when the process was restarted in between, and although nothing was logged for days."""
    path = tmp_path / "log"
    path.write_text("of last week\n")
    os.utime(path, (time.time() - 5 * DAY,) * 2)
    file = opened(path, 3, rotate_every=DAY)
    write(file, "of today")
    write(file, "of today, too")
    assert path.read_text() == "of today\nof today, too\n"
    assert (tmp_path / "log.1").read_text() == "of last week\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_restart_within_the_period_goes_on_with_the_file(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """A service that is restarted ten times a day still has one file a day."""
    path = tmp_path / "log"
    path.write_text("before\n")
    write(opened(path, 3, rotate_every=10_000 * DAY), "after")
    assert path.read_text() == "before\nafter\n"


def test_an_empty_file_does_not_push_out_a_full_one(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """Of seven files after a quiet week the last entries should be among them."""
    path = tmp_path / "log"
    path.touch()
    os.utime(path, (time.time() - 5 * DAY,) * 2)
    write(opened(path, 1, rotate_every=DAY), "hello")
    assert list(tmp_path.iterdir()) == [path]


def test_a_running_process_rotates_when_the_time_has_come(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """With the real clock, and a period as short as a test should be."""
    file = opened(tmp_path / "log", 100, rotate_every=0.5)
    written = write_until(file, (tmp_path / "log.2").exists)
    assert lines_of(tmp_path) == written


def test_no_file_becomes_larger_than_it_may(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """The disk is planned with it: (backup_count + 1) times rotate_size, in bytes of UTF-8."""
    file = opened(tmp_path / "log", 100, rotate_size=100)
    texts = [f"žluťoučký kůň {i}" for i in range(50)]
    write(file, *texts)
    assert lines_of(tmp_path) == texts
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert max(sizes) <= 100
    assert min(sizes) > 0


def test_a_record_that_is_too_long_is_alone_in_its_file(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """It must not be lost, and rotating for ever would not make it shorter."""
    file = opened(tmp_path / "log", 100, rotate_size=100)
    texts = ["one", "x" * 1000, "two", "three"]
    write(file, *texts)
    assert lines_of(tmp_path) == texts
    assert [len(path.read_text().splitlines()) for path in sorted(tmp_path.iterdir())] == [2, 1, 1]


def test_what_is_there_at_the_start_counts(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """Or a process that is restarted often would write one file without end."""
    path = tmp_path / "log"
    path.write_text("x" * 99 + "\n")
    write(opened(path, 1, rotate_size=100), "hello")
    assert path.read_text() == "hello\n"


def test_only_as_many_older_files_are_kept_as_wanted(tmp_path: Path, opened: Callable[..., LogFile]) -> None:
    """That is what `backup_count` is for."""
    write(opened(tmp_path / "log", 2, rotate_size=10), *[f"record {i}" for i in range(10)])
    assert lines_of(tmp_path) == ["record 7", "record 8", "record 9"]


def test_a_file_that_cannot_be_rotated_grows(
    tmp_path: Path, opened: Callable[..., LogFile], capsys: pytest.CaptureFixture[str]
) -> None:
    """Better too large than lost. It is said once, there and on stderr, and made up for."""
    obstacle = tmp_path / "log.1"
    obstacle.mkdir()
    path = tmp_path / "log"
    file = opened(path, 1, rotate_size=100)
    texts = [f"record number {i}" for i in range(100)]
    write(file, *texts)
    lines = path.read_text().splitlines()
    notes = [line for line in lines if line not in texts]
    assert [line for line in lines if line in texts] == texts
    assert notes == [f"The log file cannot be rotated: Is a directory: {str(obstacle)!r}"]
    assert capsys.readouterr().err.count("cannot be rotated") == 1
    obstacle.rmdir()
    write_until(file, obstacle.exists)
    assert obstacle.read_text().startswith(texts[0])
    assert file.lost == 0


def test_without_older_files_there_is_no_rotation(tmp_path: Path) -> None:
    """It would delete the log."""
    with pytest.raises(ValueError, match="backup_count"):
        LogFile(tmp_path / "log", 0, rotate_size=100)
    assert not list(tmp_path.iterdir())
