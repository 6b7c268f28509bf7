"""`Operation`: what a typed handler takes and answers, read from its annotations once. This file needs pydantic."""

from __future__ import annotations

import functools
import inspect
import operator
import sys
import types
import typing
from collections.abc import Callable
from typing import Any, Final

import pydantic
from aiohttp import web

from asab_web.rest import _body
from asab_web.rest._invalid import InvalidRequest
from asab_web.rest._mistakes import mistakes
from asab_web.rest._parameters import Parameters

PARTS: Final = ("path", "query", "headers")


class Operation:
    """What a handler takes and answers.

    Attributes:
        handler: The handler as it was written.
        status: The status of an answer that has a body.
        body: The type of the body, None if it takes none.
        body_is_required: Whether a request without a body is refused.
        parameters: The values outside the body, for each part of the request that it takes.
        result: The type of the answer, None if the annotations do not tell.
        is_empty: Whether it always answers nothing.
    """

    def __init__(self, handler: Callable[..., Any], status: int) -> None:
        """Read the annotations.

        Raises:
            TypeError: If one is missing, or is no type to check a request against.
        """
        self.handler = handler
        self.status = status
        self.body: pydantic.TypeAdapter[Any] | None = None
        self.body_is_required = False
        self.parameters: dict[str, Parameters] = {}
        signature = _signature(handler)
        wanted = [name for name in signature.parameters if name in (*PARTS, "body")]
        annotations = _annotations(handler, signature, wanted)
        for name in wanted:
            required = signature.parameters[name].default is inspect.Parameter.empty
            if name == "body":
                self.body, self.body_is_required = _adapter(handler, name, annotations), required
            else:
                self.parameters[name] = _parameters(handler, name, annotations, required)
        self.result, self.is_empty = _result(handler, annotations)

    async def read(self, request: web.Request) -> dict[str, Any]:
        """Return the values of a request by the names of the handler's arguments.

        Raises:
            InvalidRequest: If the request is not of the types.
        """
        values: dict[str, Any] = {}
        wrong = []
        for name, parameters in self.parameters.items():
            if (data := parameters.read(request)) or parameters.required:
                try:
                    values[name] = parameters.adapter.validate_python(data)
                except pydantic.ValidationError as error:
                    wrong += mistakes(name, error)
        if self.body is not None and (self.body_is_required or request.can_read_body):
            try:
                values["body"] = await self._read_body(request, self.body)
            except pydantic.ValidationError as error:
                wrong += mistakes("body", error)
        if wrong:
            raise InvalidRequest(422, wrong)
        return values

    async def _read_body(self, request: web.Request, adapter: pydantic.TypeAdapter[Any]) -> Any:
        _body.require_json(request)
        body = await request.read()
        if b"NaN" in body or b"Infinity" in body:
            _body.parse(body)  # they may be in a text; elsewhere pydantic would take them
        try:
            return adapter.validate_json(body)
        except pydantic.ValidationError as error:
            if error.error_count() == 1 and (first := error.errors(include_url=False)[0])["type"] == "json_invalid":
                raise _body.not_json(str(first.get("ctx", {}).get("error", first["msg"]))) from None
            raise

    def answer(self, value: Any) -> web.StreamResponse:
        """Return the answer for what the handler has returned.

        Raises:
            pydantic_core.PydanticSerializationError: If it is not what the annotation says.
        """
        if isinstance(value, web.StreamResponse):
            return value
        if value is None and (self.is_empty or self.result is None):
            return web.Response(status=204)
        adapter = self.result or _ANYTHING
        body = adapter.dump_json(value, by_alias=True, warnings="error")
        return web.Response(body=body, status=self.status, content_type="application/json")


_ANYTHING: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(Any)


def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    """Return the signature; its annotations may be names that only type checkers know, as that of the request."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return inspect.signature(handler, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(handler)


def _annotations(handler: Callable[..., Any], signature: inspect.Signature, wanted: list[str]) -> dict[str, Any]:
    """Return the annotations that are wanted, and that of the result, as types."""
    found = {name: signature.parameters[name].annotation for name in wanted}
    found["return"] = signature.return_annotation

    def carrier() -> None: ...

    carrier.__annotations__ = {name: kind for name, kind in found.items() if kind is not inspect.Parameter.empty}
    try:
        return typing.get_type_hints(carrier, getattr(handler, "__globals__", {}), include_extras=True)
    except NameError as e:
        raise TypeError(f"{_name(handler)}: {e}; define it above, at the top level of the module") from e


def _adapter(handler: Callable[..., Any], name: str, annotations: dict[str, Any]) -> pydantic.TypeAdapter[Any]:
    if name not in annotations:
        raise TypeError(f"{_name(handler)}: its argument {name!r} has no annotation, as `{name}: SomeModel`")
    try:
        return pydantic.TypeAdapter(annotations[name])
    except (pydantic.PydanticUserError, pydantic.PydanticUndefinedAnnotation) as e:
        raise TypeError(f"{_name(handler)}: pydantic cannot check {name!r}: {e.message}") from e


def _parameters(handler: Callable[..., Any], name: str, annotations: dict[str, Any], required: bool) -> Parameters:
    model = [kind for kind in _members(annotations.get(name)) if kind is not types.NoneType]  # the default may be None
    if len(model) == 1:
        annotations = annotations | {name: model[0]}
    try:
        return Parameters(name, _adapter(handler, name, annotations), required)
    except ValueError as e:
        raise TypeError(f"{_name(handler)}: {e}") from e


def _result(handler: Callable[..., Any], annotations: dict[str, Any]) -> tuple[pydantic.TypeAdapter[Any] | None, bool]:
    """Return the type of the answers that are not aiohttp's, and whether there is nothing but None."""
    kinds = [kind for kind in _members(annotations.get("return", Any)) if not _is_response(kind)]
    if not kinds or kinds == [Any]:
        return None, False
    if kinds == [types.NoneType]:
        return None, True
    return _adapter(handler, "return", {"return": functools.reduce(operator.or_, kinds)}), False


def _members(kind: Any) -> tuple[Any, ...]:
    """Return what a union is of, or the type alone."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return typing.get_args(kind)
    return (kind,)


def _is_response(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, web.StreamResponse)


def _name(handler: Callable[..., Any]) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"
