"""Every documented name is where the documentation says, takes what it says, and is the layer's own."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.facade import companions, manifest
from tests.facade.companions import COMPANIONS, OURS
from tests.facade.manifest import ARGUMENTS, DOCUMENTED, Name
from tests.facade.resolving import documented_parameters, mismatch, parameters, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = [*DOCUMENTED, *COMPANIONS, *OURS]
MODULES = (
    "asab",
    "asab.abc.module",
    "asab.abc.service",
    "asab.abc.singleton",
    "asab.config",
    "asab.log",
    "asab.metrics",
    "asab.mom",
    "asab.mom.amqp",
    "asab.mom.broker",
    "asab.mom.service",
    "asab.pdict",
    "asab.proactor",
    "asab.pubsub",
    "asab.socket",
    "asab.testing",
    "asab.timer",
    "asab.web",
    "asab.web.rest",
    "asab.web.service",
    "asab.web.session",
)


def those_with(field: str) -> pytest.MarkDecorator:
    names = [name for name in NAMES if getattr(name, field)]
    return pytest.mark.parametrize("name", names, ids=lambda name: name.place)


@those_with("place")
def test_a_name_is_at_its_place(name: Name) -> None:
    """An application written by the documentation imports it from there."""
    resolve(name.place)


@those_with("signature")
def test_a_callable_takes_what_is_documented(name: Name) -> None:
    """A call by the documentation, by position or by name, means here what it means there."""
    assert name.signature
    wrong = mismatch(documented_parameters(name.signature), parameters(name.place))
    assert not wrong, f"{name.place}{name.signature}: {wrong}"


@those_with("coroutine")
def test_what_is_awaited_is_a_coroutine_function(name: Name) -> None:
    """`await` on it works, and an override of it is awaited."""
    assert inspect.iscoroutinefunction(resolve(name.place))


@those_with("layer")
def test_a_name_is_the_very_object_of_its_layer(name: Name) -> None:
    """`isinstance` and `except` hold between code that uses `asab` and code that uses a layer."""
    assert name.layer
    assert resolve(name.place) is resolve(name.layer)


@those_with("base")
def test_a_class_derives_from_what_is_documented(name: Name) -> None:
    """A user's `isinstance` and `super()` rely on the documented bases."""
    assert name.base
    assert issubclass(resolve(name.place), resolve(name.base))


@pytest.mark.parametrize("module", MODULES)
def test_the_facade_hands_on_what_the_manifest_names_and_nothing_else(module: str) -> None:
    """Each public name of `asab` is promised somewhere, and type checkers see it as exported."""
    promised = {
        name.place.rpartition(".")[2] for name in NAMES if name.place.rpartition(".")[0] == module and name.layer
    }
    assert set(resolve(module).__all__) - {"__version__"} == promised


def test_constants_have_their_documented_values() -> None:
    """Numbers and texts that applications compare with or print."""
    assert resolve("asab.LOG_NOTICE") == 25
    assert resolve("asab.Application.Description") == ""
    assert resolve("asab.log.StructuredDataFormatter.empty_sd") == ""
    assert resolve("asab.log.SyslogRFC5424Formatter.empty_sd") == " "
    assert isinstance(resolve("asab.__version__"), str)


@pytest.fixture(scope="module")
def survey() -> dict[str, Any]:
    """What a whole application has met, from its start to its end."""
    environment = {key: value for key, value in os.environ.items() if key != "ASAB_CONFIG"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.facade.survey"],
        env=environment, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def expected(*names: Iterable[str]) -> set[str]:
    return {name for group in names for name in group}


def places(table: dict[str, tuple[str, ...]]) -> set[str]:
    return {f"{place}.{name}" for place, names in table.items() for name in names}


def test_a_whole_application_meets_every_attribute_service_message_and_option(survey: dict[str, Any]) -> None:
    """What the documentation tells of living objects is true of living objects."""
    told = expected(
        places(manifest.ATTRIBUTES),
        places(companions.ATTRIBUTES),
        manifest.SERVICES,
        companions.SERVICES,
        manifest.MESSAGES,
        manifest.OPTIONS,
    )
    assert told == set(survey["met"])
    assert survey["webapps are one"]
    assert survey["exit code"] == 0


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_every_application_has_the_documented_arguments(argument: str, survey: dict[str, Any]) -> None:
    """Start scripts and unit files use them."""
    for option in argument.split(", "):
        assert re.search(rf"(?<!\S){option}\b", survey["help"])
