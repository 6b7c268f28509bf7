"""`json_schema_handler`: a handler whose request body is checked against a JSON schema."""

from __future__ import annotations

import functools
import itertools
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from asab_web.rest import _body
from asab_web.rest._arguments import request_of
from asab_web.rest._invalid import MISTAKES, InvalidRequest, Mistake

_Handler = Callable[..., Awaitable[web.StreamResponse]]

# A reason may quote the value that is wrong, and that may be the whole body.
_LONGEST_REASON = 200


def json_schema_handler(schema: Mapping[str, Any] | str | os.PathLike[str]) -> Callable[[_Handler], _Handler]:
    """Decorate a handler: the body of the request is checked against a JSON schema, and handed over as `json_data`.

    A body that is no JSON, or does not fit the schema, is answered with 400, which tells the field and the reason; the
    handler is not called then. The type of the body is not looked at.

    Example:
        >>> @json_schema_handler({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})
        ... async def create(request, *, json_data):
        ...     return json_response(request, {"hello": json_data["name"]})

    Args:
        schema: The schema, or the path of a JSON file with it. Its draft is that of `$schema`, by default 2020-12. It
            may refer to itself only: nothing is fetched from elsewhere.

    Raises:
        ValueError: If the schema is wrong, or its file cannot be read; at decoration time, so when the program starts.
        RuntimeError: If jsonschema is not installed.
    """
    name = f"the file {os.fspath(schema)}" if isinstance(schema, str | os.PathLike) else "the dictionary"
    validator = _validator(_read(schema), name)

    def decorate(handler: _Handler) -> _Handler:
        @functools.wraps(handler)
        async def checked(*args: Any, **kwargs: Any) -> web.StreamResponse:
            data = _body.parse(await request_of(args).read())
            found = [
                Mistake("body", error.absolute_path, _shortened(error.message))
                for error in itertools.islice(validator.iter_errors(data), MISTAKES)
            ]
            if found:
                raise InvalidRequest(400, found)
            return await handler(*args, json_data=data, **kwargs)

        return checked

    return decorate


def _read(schema: Mapping[str, Any] | str | os.PathLike[str]) -> Any:
    if isinstance(schema, Mapping):
        return schema
    try:
        return json.loads(Path(schema).read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise ValueError(f"Cannot read the JSON schema {os.fspath(schema)}: {e}") from e


def _validator(schema: Any, name: str) -> Any:
    try:
        import jsonschema
        import referencing.jsonschema
    except ImportError as e:
        raise RuntimeError(f'json_schema_handler needs jsonschema ({e}): pip install "asab-web[jsonschema]"') from e
    nothing = referencing.jsonschema.EMPTY_REGISTRY  # without one, references would be fetched
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
        draft = referencing.jsonschema.specification_with(kind.META_SCHEMA["$schema"])
        root = draft.create_resource(schema)
        _follow(root, nothing.resolver_with_root(root))
    except jsonschema.SchemaError as e:
        raise ValueError(f"The JSON schema in {name} is wrong at {e.json_path}: {_shortened(e.message)}") from e
    except referencing.exceptions.Unresolvable as e:
        raise ValueError(f"The JSON schema in {name} refers to {e.ref!r}, which is not in it") from e
    return kind(schema, registry=nothing)


def _follow(resource: Any, resolver: Any) -> None:
    """Look every reference up, or a mistyped one would be found by the first client."""
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(resource.contents, Mapping) and keyword in resource.contents:
            resolver.lookup(resource.contents[keyword])
    for inner in resource.subresources():
        _follow(inner, resolver.in_subresource(inner))


def _shortened(reason: str) -> str:
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]} …"
