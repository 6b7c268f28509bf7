"""The directive `wheel`: everything public of one wheel, from its docstrings.

The rule: what a wheel exports at its top comes first, under that name; then its public modules, with whatever else is
public in them. So a new name or module is on the page as soon as it is there.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

WHEELS = ("asab_config", "asab_pubsub", "asab_utils", "asab_log", "asab_app", "asab_web", "asab_mom")


class Wheel(SphinxDirective):
    """`.. wheel:: asab_app`, in a page that has a title."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a section for each module."""
        top = importlib.import_module(self.arguments[0])
        lines: list[str] = []
        for module, members in _places(top):
            text = inspect.getdoc(module) or ""  # that of the top goes on with a map of the inside
            lines += _section(module, members, text.partition("\n")[0] if module is top else text)
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class Facade(SphinxDirective):
    """`.. facade::`: the names of `asab`, each with the one that it hands on."""

    def run(self) -> list[nodes.Node]:
        """Return a list of all modules of `asab`."""
        top = importlib.import_module("asab")
        lines: list[str] = []
        for module in (top, *_modules(top)):
            if names := [name for name in getattr(module, "__all__", ()) if not name.startswith("_")]:
                lines += _heading(module)
                lines += [f"- ``{name}`` is {_target(name, getattr(module, name))}" for name in names]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


@functools.cache
def _places(top: ModuleType) -> list[tuple[ModuleType, dict[str, Any]]]:
    """Return the public modules of a wheel, each with what is shown there.

    Everything is shown once: at the top, in a module that exports it, or else where it is defined.
    """
    modules = [top, *_modules(top)]
    shown: list[Any] = []
    places: dict[ModuleType, dict[str, Any]] = {}
    for module in sorted(modules, key=lambda each: not hasattr(each, "__all__")):
        places[module] = {name: value for name, value in _members(module).items() if not _holds(shown, value)}
        shown += places[module].values()
    return [(module, places[module]) for module in modules if places[module]]


def _modules(top: ModuleType) -> Iterator[ModuleType]:
    """Yield all public modules below one."""
    for found in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield importlib.import_module(found.name)


def _members(module: ModuleType) -> dict[str, Any]:
    """Return what is public in a module: what it exports, or else what it defines."""
    if hasattr(module, "__all__"):
        return {name: getattr(module, name) for name in module.__all__ if name != "__version__"}
    constants = {name for scope, name in ModuleAnalyzer.for_module(module.__name__).find_attr_docs() if not scope}
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, TypeVar | ParamSpec)
        and (name in constants or getattr(value, "__module__", "") == module.__name__)
    }


def _holds(shown: list[Any], value: object) -> bool:
    return any(value is other for other in shown)  # by identity: some compare by what they hold


def _heading(module: ModuleType) -> tuple[str, ...]:
    name = module.__name__
    return ("", name, "-" * len(name), "", f".. py:module:: {name}", "")


def _section(module: ModuleType, members: dict[str, Any], introduction: str) -> Iterator[str]:
    """Yield a section as reStructuredText."""
    yield from (*_heading(module), introduction)
    for name, value in members.items():
        yield from ("", f".. auto{_kind(value)}:: {module.__name__}.{name}{_signature(value)}")
        if isinstance(value, type):
            foreign = ", ".join(base.__name__ for base in value.__mro__ if not base.__module__.startswith("asab"))
            yield from ("   :members:", f"   :inherited-members: {foreign}", "   :show-inheritance:")


def _kind(value: object) -> str:
    if isinstance(value, type):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if inspect.isroutine(value) else "data"


def _signature(value: object) -> str:
    """Return the signature of a class whose metaclass hides it."""
    if not isinstance(value, type) or "__call__" not in vars(type(value)) or type(value) is type:
        return ""
    _, *parameters = inspect.signature(value.__init__).parameters.values()  # type: ignore[misc]
    return f"({', '.join(map(str, parameters))})".replace("'", "")  # of annotations that are text


def _target(name: str, value: Any) -> str:
    """Return a reference to something, by the name under which this site has it."""
    for top in map(importlib.import_module, WHEELS):
        for module, members in _places(top):
            if members.get(name) is value:
                return f":any:`{module.__name__}.{name}`"
    raise LookupError(f"asab hands on {name!r}, which is shown nowhere")


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directives known."""
    app.add_directive("wheel", Wheel)
    app.add_directive("facade", Facade)
    return {"parallel_read_safe": True}
