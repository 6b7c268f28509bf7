"""The one table of the layers: each wheel, what it may import, and the tests that it passes alone.

Everything else that knows the layers (the packages' requirements, the linter's contract, Hatch's environments) is held
against this table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layer:
    """A wheel and the import package in it.

    Attributes:
        wheel: The name of the distribution.
        below: The wheels of this repository that it may import.
        third_parties: The distributions of others that it may import; their import names are the same.
        extras: What it may import of others when an extra was asked for: import name to distribution.
        pinned: Distributions that it does not import, and declares to keep their versions in a range that is known to
            work under a third party.
        tests: The tests that are run where nothing but this wheel and what it declares is installed.
    """

    wheel: str
    below: frozenset[str] = frozenset()
    third_parties: frozenset[str] = frozenset()
    extras: Mapping[str, str] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()
    tests: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The name under which it is imported."""
        return self.wheel.replace("-", "_")

    @property
    def folder(self) -> Path:
        """The folder of the distribution."""
        return ROOT / "packages" / self.wheel

    @property
    def source(self) -> Path:
        """The folder of the import package."""
        return self.folder / "src" / self.package

    @property
    def project(self) -> dict[str, Any]:
        """The `[project]` table of its pyproject.toml."""
        table: dict[str, Any] = tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))["project"]
        return table


GROUND = frozenset({"asab-config", "asab-pubsub", "asab-utils"})
SERVER = GROUND | {"asab-log", "asab-app"}

LAYERS = (
    Layer("asab-config", tests=("tests/config",)),
    Layer("asab-pubsub", tests=("tests/pubsub",)),
    Layer("asab-utils", tests=("tests/utils",)),
    Layer("asab-log", below=frozenset({"asab-config"}), tests=("tests/log",)),
    Layer(
        "asab-app",
        below=GROUND | {"asab-log"},
        extras={"daemon": "python-daemon", "opentelemetry": "opentelemetry-api", "uvloop": "uvloop"},
        tests=("tests/app",),
    ),
    Layer(
        "asab-web",
        below=SERVER,
        third_parties=frozenset({"aiohttp"}),
        extras={name: name for name in ("cryptography", "jsonschema", "pydantic", "redis", "referencing")}
        | {"prometheus_client": "prometheus-client"},
        tests=("tests/web",),
    ),
    Layer(
        "asab-mom",
        below=SERVER,
        third_parties=frozenset({"aioamqp"}),
        pinned=frozenset({"pamqp"}),
        tests=("tests/mom", "tests/contract"),
    ),
    Layer(
        "asab", below=SERVER | {"asab-web", "asab-mom"}, tests=("tests/facade", "tests/documentation", "tests/process")
    ),
)
