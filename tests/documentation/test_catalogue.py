"""Nothing of the documentation is silently missing: the table, the stored texts and the tests agree."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.documentation.catalogue import EXAMPLES, FOLDER, Example, How

# Counted by reading: each Python, configuration and shell example, and the listings that an application shows or takes.
IN_CHAPTER = {
    "introduction": 1,
    "getting_started": 3,
    "application": 9,
    "configuration": 8,
    "logging": 7,
    "metrics": 0,
    "publish_subscribe": 7,
    "service": 3,
    "module": 3,
    "utilities": 4,
    "sockets": 1,
    "web": 5,
    "mom": 5,
    "installation": 3,
    "command_line": 3,
    "containerisation": 11,
    "systemd": 5,
}
NOT_RUN = (How.ELSEWHERE,)


def test_the_table_counts_every_example_of_every_chapter() -> None:
    """A user may copy any example, so none may drop out of the table unseen."""
    counted = Counter(one.chapter for one in EXAMPLES)
    assert counted == {chapter: count for chapter, count in IN_CHAPTER.items() if count}


def test_the_table_and_the_folder_hold_the_same_examples() -> None:
    """A text without a row would never run, a row without a text would prove nothing."""
    stored = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()]
    assert sorted(stored) == sorted(one.path for one in EXAMPLES)


@pytest.mark.parametrize("one", [one for one in EXAMPLES if one.how in NOT_RUN], ids=lambda one: one.path)
def test_what_is_not_run_says_why(one: Example) -> None:
    """A reader who misses a test finds the reason instead."""
    assert one.why


@pytest.mark.parametrize("one", [one for one in EXAMPLES if one.mended], ids=lambda one: one.path)
def test_what_was_mended_says_why(one: Example) -> None:
    """The documentation is the contract: nobody changes its text without a reason."""
    assert one.why


def test_every_example_that_can_run_is_used_by_a_test() -> None:
    """A row in the table is only a promise; the tests of the chapters keep it."""
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    unused = [one.path for one in EXAMPLES if one.how not in NOT_RUN and f'"{one.path}"' not in tests]
    assert not unused
