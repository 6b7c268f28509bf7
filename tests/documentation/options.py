"""Prints all options of ASAB with their defaults, by section, as JSON: `python -m tests.documentation.options`."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator

from asab_config import Config, ConfigObject

LAYERS = ("asab_config", "asab_log", "asab_app", "asab_web", "asab_mom")
# Of classes whose constructor names no section; those that are only derived from have none.
SECTIONS = {"WebContainer": "asab:web", "Broker": "", "Metrics": "asab:metrics"}


def options() -> dict[str, dict[str, str]]:
    """Every section that the code has defaults for."""
    for layer in LAYERS:
        package = importlib.import_module(layer)
        for module in pkgutil.walk_packages(package.__path__, f"{layer}."):
            importlib.import_module(module.name)
    found = {section: dict(Config.items(section, raw=True)) for section in Config.sections()}
    for cls in subclasses(ConfigObject):
        if "._" in cls.__module__:
            continue
        section = SECTIONS.get(cls.__name__)
        if section is None:
            section = inspect.signature(cls).parameters["config_section_name"].default
            assert isinstance(section, str), f"{cls} names no section: add it to SECTIONS"
        if section:
            values = {name: value for base in reversed(cls.__mro__) for name, value in defaults(base).items()}
            found.setdefault(section, {}).update(values)
    return found


def subclasses(cls: type[object]) -> Iterator[type[object]]:
    subclass: type[object]
    for subclass in cls.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def defaults(cls: type) -> dict[str, str]:
    return {name: str(value) for name, value in vars(cls).get("ConfigDefaults", {}).items()}


if __name__ == "__main__":
    print(json.dumps(options()))
