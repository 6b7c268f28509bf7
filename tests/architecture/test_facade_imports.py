"""`import asab` is light: the web server and the message queues come with their own modules."""

from __future__ import annotations

import sys

import pytest

from tests.architecture.fresh import loaded_by

LIGHT = {"asab", "asab_app", "asab_config", "asab_log", "asab_pubsub", "asab_utils"}


def foreign(statement: str) -> set[str]:
    """Return the top names of what a statement loads beyond the standard library and the light layers."""
    tops = {name.partition(".")[0] for name in loaded_by(statement)}
    return tops - set(sys.stdlib_module_names) - LIGHT


def test_import_asab_loads_neither_web_nor_queues_nor_third_parties() -> None:
    """A small daemon starts without paying for aiohttp and aioamqp, and runs where they are not installed."""
    assert not foreign("import asab")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("asab.web", {"asab_mom", "aioamqp", "pamqp"}),
        ("asab.mom", {"asab_web", "aiohttp", "aioamqp", "pamqp"}),
        ("asab.mom.amqp", {"asab_web", "aiohttp"}),
        ("asab.metrics", {"asab_web", "aiohttp", "asab_mom", "aioamqp"}),
    ],
)
def test_one_part_does_not_load_the_other(module: str, absent: set[str]) -> None:
    """A web server needs no message queue and a worker no web server."""
    assert not foreign(f"import {module}") & absent


def test_the_command_of_asab_is_no_part_of_import_asab() -> None:
    """An application does not pay for what makes projects, and the facade hands on names, nothing else."""
    assert not {name for name in loaded_by("import asab") if name.startswith(("asab._new", "asab.__main__"))}
