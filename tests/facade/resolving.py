"""Finding a dotted name, and comparing its parameters with the documented ones."""

from __future__ import annotations

import importlib
import inspect
from typing import Any


def resolve(place: str) -> Any:
    """Return the object of a dotted name, importing as many of its parts as are modules.

    Raises:
        AttributeError: If there is none.
    """
    parts = place.split(".")
    found = importlib.import_module(parts[0])
    for i, part in enumerate(parts[1:], 2):
        if not hasattr(found, part) and inspect.ismodule(found):
            try:
                importlib.import_module(".".join(parts[:i]))
            except ModuleNotFoundError as e:
                raise AttributeError(f"{place}: {e}") from None
        found = getattr(found, part)
    return found


def parameters(place: str) -> list[inspect.Parameter]:
    """Return the parameters of a function, method or constructor, without `self`."""
    found = resolve(place)
    owner = resolve(place.rpartition(".")[0])
    if inspect.isclass(found):
        # A metaclass may hide the constructor's own signature.
        return list(inspect.signature(found.__init__).parameters.values())[1:]
    method = inspect.isfunction(found) and inspect.isclass(owner)
    return list(inspect.signature(found).parameters.values())[1 if method else 0 :]


def documented_parameters(signature: str) -> list[inspect.Parameter]:
    """Return the parameters of a signature as it stands in the documentation."""
    scope: dict[str, Any] = {}
    exec(f"def documented{signature}: pass", scope)
    return list(inspect.signature(scope["documented"]).parameters.values())


def mismatch(documented: list[inspect.Parameter], actual: list[inspect.Parameter]) -> str | None:
    """Say why a call that the documentation allows would fail or mean something else.

    What is documented must be there under its name, in its order, with its default; what is more must be optional.
    """
    by_name = {parameter.name: parameter for parameter in actual}
    for i, wanted in enumerate(documented):
        if wanted.kind in (wanted.VAR_POSITIONAL, wanted.VAR_KEYWORD):
            if wanted.kind not in {parameter.kind for parameter in actual}:
                return f"{wanted} is not taken"
            continue
        if wanted.kind is wanted.KEYWORD_ONLY:
            found = by_name.get(wanted.name)
        else:
            found = actual[i] if i < len(actual) else None
        if found is None or (found.name != wanted.name and wanted.kind is not wanted.POSITIONAL_ONLY):
            return f"{wanted} is missing at its place"
        if found.kind is found.POSITIONAL_ONLY and wanted.kind is not wanted.POSITIONAL_ONLY:
            return f"{wanted} cannot be given by name"
        if found.kind is found.KEYWORD_ONLY and wanted.kind is not wanted.KEYWORD_ONLY:
            return f"{wanted} cannot be given by position"
        if wanted.default is not wanted.empty and not same_default(wanted.default, found.default):
            return f"{wanted} has the default {found.default!r}"
    named = {wanted.name for wanted in documented}
    return next((f"{more} is not optional" for more in actual[len(documented) :] if required(more, named)), None)


def same_default(wanted: object, found: object) -> bool:
    """Return whether a default is the documented one; any will do where the documentation names none."""
    return found is not inspect.Parameter.empty if wanted is ... else wanted == found


def required(parameter: inspect.Parameter, named: set[str]) -> bool:
    """Return whether a call that does not give the parameter fails."""
    variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return parameter.name not in named and not variable and parameter.default is parameter.empty
