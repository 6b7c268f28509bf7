"""JSON answers and JSON errors."""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from asab_web.rest import JsonExceptionMiddleware, json_response
from asab_web.session import ServiceWebSession
from tests.support.web import WebApplication, serve

UTC = datetime.UTC


class Resource:
    """A thing with a representation of its own."""

    def rest_get(self) -> dict[str, Any]:
        return {"id": 7, "made": datetime.date(2018, 3, 25)}


DATA = {
    "text": "žluťoučký",
    "at": datetime.datetime(2018, 3, 25, 23, 33, 58, 44595, UTC),
    "day": datetime.date(2018, 3, 25),
    "time": datetime.time(23, 33),
    "raw": b"\x00\xff",
    "list": [Resource()],
}

JSON = {
    "text": "žluťoučký",
    "at": "2018-03-25T23:33:58.044595+00:00",
    "day": "2018-03-25",
    "time": "23:33:00",
    "raw": "00ff",
    "list": [{"id": 7, "made": "2018-03-25"}],
}


async def data(request: web.Request) -> web.Response:
    return json_response(request, DATA, status=201, headers={"X-Answer": "yes"})


def answers(handler: Any, *paths: str, sessions_inside: bool | None = None) -> list[Answer]:
    """What a server with the error middleware answers to each path."""
    found: list[Answer] = []

    def setup(app: WebApplication) -> None:
        if sessions_inside is False:
            ServiceWebSession(app, "sessions", app.WebApp)
        app.WebApp.middlewares.append(JsonExceptionMiddleware)
        if sessions_inside is True:
            ServiceWebSession(app, "sessions", app.WebApp)
        app.WebApp.router.add_get("/", handler)

    async def scenario(_app: WebApplication, session: aiohttp.ClientSession) -> None:
        for path in paths or ("/",):
            async with session.get(path, allow_redirects=False) as response:
                found.append(Answer(response, await response.text()))

    serve(scenario, setup)
    return found


class Answer:
    """A response that has been read."""

    def __init__(self, response: aiohttp.ClientResponse, text: str) -> None:
        self.status = response.status
        self.headers = response.headers
        self.cookies = response.cookies
        self.content_type = response.content_type
        self.text = text

    @property
    def json(self) -> Any:
        assert self.content_type in ("application/json", "application/problem+json")
        return json.loads(self.text)


def test_dates_bytes_and_objects_become_json() -> None:
    """Handlers return what they have, and clients read what they expect."""
    [answer] = answers(data)
    assert (answer.status, answer.headers["X-Answer"], answer.json) == (201, "yes", JSON)
    assert "\n" not in answer.text


def test_pretty_is_for_people_and_holds_the_same() -> None:
    """A developer with curl reads the answer of the production system."""
    plain, pretty, other = answers(data, "/?pretty=false", "/?pretty=true", "/?pretty=")
    assert plain.text == other.text
    assert len(pretty.text.splitlines()) > 10
    assert pretty.json == plain.json


def test_pretty_and_dumps_of_the_handler_win() -> None:
    """A handler that knows better is not overruled by a URL."""

    async def handler(request: web.Request) -> web.Response:
        if "own" in request.query:
            return json_response(request, [1], dumps=lambda value: f"own {value}")
        return json_response(request, [1], pretty="yes" in request.query)

    own, yes, no = answers(handler, "/?own&pretty=true", "/?yes", "/?pretty=true")
    assert (own.text, yes.text, no.text) == ("own [1]", "[\n    1\n]\n", "[1]")


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_what_json_cannot_say_is_an_error_and_no_broken_answer(value: object) -> None:
    """A client never has to parse what no parser takes."""

    async def handler(request: web.Request) -> web.Response:
        return json_response(request, value)

    [answer] = answers(handler)
    assert (answer.status, answer.json["message"]) == (500, "Internal Server Error")


def test_an_http_error_is_json_with_its_text_and_headers(caplog: pytest.LogCaptureFixture) -> None:
    """Clients of an API get one kind of answer, and support finds it in the log by its uuid."""
    caplog.set_level("INFO", "asab_web.rest")

    async def handler(request: web.Request) -> web.Response:
        if "reason" in request.query:
            raise web.HTTPConflict(reason="Already There")
        raise web.HTTPUnauthorized(text="Who are you?", headers={"WWW-Authenticate": "Basic"})

    unauthorized, conflict, missing = answers(handler, "/", "/?reason", "/missing")
    assert unauthorized.headers["WWW-Authenticate"] == "Basic"
    found = [(a.status, a.json["status"], a.json["message"]) for a in (unauthorized, conflict, missing)]
    assert found == [(401, 401, "Who are you?"), (409, 409, "Already There"), (404, 404, "Not Found")]
    logged = [r._struct_data["uuid"] for r in caplog.records if r.name.startswith("asab_web.rest")]  # type: ignore[attr-defined]
    assert logged == [a.json["uuid"] for a in (unauthorized, conflict, missing)]
    assert len({uuid.UUID(text) for text in logged}) == 3


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyError("customer 42"), 404, "Not Found"),
        (RuntimeError("the password is 1234"), 500, "Internal Server Error"),
    ],
)
def test_an_exception_is_json_without_what_it_says(
    error: Exception, status: int, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The inside stays inside; the log has the traceback under the uuid that the client can tell."""

    async def handler(_request: web.Request) -> web.Response:
        raise error

    [answer] = answers(handler)
    assert answer.status == status
    error_id = answer.json["uuid"]
    assert answer.json == {
        "type": "about:blank",
        "title": message,
        "status": status,
        "detail": message,
        "instance": f"urn:uuid:{error_id}",
        "message": message,
        "uuid": error_id,
    }
    [record] = [r for r in caplog.records if r.name.startswith("asab_web.rest")]
    assert record._struct_data["uuid"] == answer.json["uuid"]  # type: ignore[attr-defined]
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_redirects_and_bodies_of_the_handlers_own_kind_pass() -> None:
    """The login page still redirects, and a handler's own error document is not taken apart."""

    async def handler(request: web.Request) -> web.Response:
        if "own" in request.query:
            raise web.HTTPBadRequest(text='{"own": true}', content_type="application/json")
        raise web.HTTPFound("/elsewhere")

    redirect, own = answers(handler, "/", "/?own")
    assert (redirect.status, redirect.headers["Location"]) == (302, "/elsewhere")
    assert (own.status, own.json) == (400, {"own": True})


@pytest.mark.parametrize("sessions_inside", [True, False])
def test_an_error_does_not_lose_the_session_cookie(sessions_inside: bool) -> None:
    """The two middlewares can be added in any order."""

    async def handler(request: web.Request) -> web.Response:
        request["Session"]["failed_logins"] = 1
        raise web.HTTPForbidden

    [answer] = answers(handler, sessions_inside=sessions_inside)
    assert answer.json["message"] == "Forbidden"
    assert len(answer.cookies) == 1


def test_an_error_in_the_middle_of_an_answer_does_not_start_a_second_one() -> None:
    """The client notices that the answer is cut off, instead of taking an error for data."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half of it")
        raise KeyError("the other half")

    with pytest.raises(aiohttp.ClientPayloadError):
        answers(handler)
