"""What the ground layers cost a program that imports them: the modules that they load, not a time.

A budget names modules of the standard library; what these load in turn, in the Python at hand, is within it.
"""

from __future__ import annotations

import pytest

from tests.architecture.fresh import loaded_by

BUDGETS = {
    "asab_config": {"configparser", "glob", "math"},
    "asab_pubsub": {"logging"},
    "asab_utils": {"threading"},
    "asab_utils.pdict": {"contextlib", "datetime", "json", "math", "sqlite3", "threading", "weakref"},
    "asab_log": {"asab_config", "contextvars", "logging"},
}
HEAVY = {"asyncio", "inspect", "typing", "socket", "ssl", "selectors", "concurrent.futures", "dataclasses"}

each_package = pytest.mark.parametrize("package", BUDGETS)


@each_package
def test_a_ground_layer_loads_no_more_than_its_budget(package: str) -> None:
    """A command-line tool that only wants a configuration must not start as slowly as a server."""
    allowed = loaded_by(f"import __future__, {', '.join(BUDGETS[package])}")
    others = {name for name in loaded_by(f"import {package}") if name.partition(".")[0] != package.partition(".")[0]}
    assert others <= allowed, sorted(others - allowed)


@each_package
def test_a_budget_has_no_reserve(package: str) -> None:
    """What is no longer loaded leaves the budget, or it would come back unseen."""
    assert loaded_by(f"import {package}") >= BUDGETS[package]


@each_package
def test_no_ground_layer_loads_what_only_servers_need(package: str) -> None:
    """The event loop, sockets and introspection come when they are first used."""
    assert not loaded_by(f"import {package}") & HEAVY
