"""`[logging] levels`: the levels of single loggers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from asab_config import ConfigError
from asab_log import LOG_NOTICE, Logging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Configure = Callable[[str], None]


class App:
    """All that the log takes from an application."""

    def __init__(self) -> None:
        self.Loop = asyncio.get_running_loop()


NAMES = ("", "levels.a", "levels.b", "levels.c")


def levels() -> list[int]:
    return [logging.getLogger(name).level for name in NAMES]


@pytest.fixture(autouse=True)
def untouched_levels() -> Iterator[None]:
    """Hold the tests to leaving the loggers as they found them."""
    logging.getLogger("levels.b").setLevel(7)
    before = levels()
    yield
    assert levels() == before


async def test_each_line_sets_the_level_of_a_logger_until_the_end(configure: Configure) -> None:
    """One noisy library is quietened, one module looked at closely."""
    configure("[logging]\nlevels=\n  levels.a WARNING\n  levels.b=debug\n  levels.c = LOG_NOTICE\n")
    log = Logging(App())
    assert levels() == [LOG_NOTICE, logging.WARNING, logging.DEBUG, LOG_NOTICE]
    await log.close()


async def test_one_line_will_do_and_numbers_too(configure: Configure) -> None:
    """Levels of a library's own have numbers only."""
    configure("[logging]\nlevels=levels.a 5")
    log = Logging(App())
    assert levels()[1] == 5
    await log.close()


async def test_they_count_more_than_verbose_and_the_last_line_counts(configure: Configure) -> None:
    """The nearer says more, as everywhere in logging."""
    configure("[logging]\nverbose=yes\nlevels=\n  levels.a WARNING\n  levels.a NOTICE\n  root INFO\n")
    log = Logging(App())
    assert levels()[:2] == [logging.INFO, LOG_NOTICE]
    log.close_nowait()
    log.close_nowait()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("levels.a LOUD", ("'LOUD'", "'levels.a LOUD'", "DEBUG, INFO, NOTICE, WARNING")),
        ("levels.a", ("'levels.a'", "aiohttp.access WARNING")),
        ("levels.a: INFO more INFO", ("'levels.a: INFO more INFO'", "aiohttp.access WARNING")),
        ("=INFO", ("'=INFO'", "aiohttp.access WARNING")),
        ("levels.a -1", ("'-1'",)),
        ("levels.a=", ("'levels.a='",)),
    ],
)
async def test_a_mistake_is_one_line_and_leaves_nothing(
    configure: Configure, line: str, words: tuple[str, ...]
) -> None:
    """The operator sees which of many lines is meant, and what would do."""
    configure(f"[logging]\nlevels=\n  levels.b INFO\n  {line}\n")
    with pytest.raises(ConfigError) as caught:
        Logging(App())
    text = str(caught.value)
    assert "[logging] levels" in text
    assert all(word in text for word in words), text
    assert "\n" not in text


async def test_reload_takes_them_from_the_configuration_again(configure: Configure) -> None:
    """A running server is looked at closely, and left alone again, without a restart."""
    configure("[logging]\nlevels=\n  levels.a WARNING\n  levels.b INFO\n")
    log = Logging(App())
    configure("[logging]\nverbose=yes\nlevels=\n  levels.a ERROR\n  levels.c DEBUG\n")
    log.reload()
    assert levels() == [logging.DEBUG, logging.ERROR, 7, logging.DEBUG]
    configure("[logging]\nlevels=levels.a LOUD\n")
    with pytest.raises(ConfigError, match="LOUD"):
        log.reload()
    assert levels() == [logging.DEBUG, logging.ERROR, 7, logging.DEBUG]
    await log.close()
