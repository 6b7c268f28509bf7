"""An error as an answer: problem details (RFC 9457), JSON, or plain text, with an id that the log has too."""

from __future__ import annotations

import http
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiohttp import hdrs, web

from asab_web.rest._accept import JSON, PROBLEM, TEXT, preferred
from asab_web.rest._json import json_response

if TYPE_CHECKING:
    from asab_web.rest._invalid import Mistake

# What is answered to who has no preference is the first.
JSON_FIRST: Final = (PROBLEM, JSON, TEXT)
TEXT_FIRST: Final = (TEXT, PROBLEM, JSON)


class Problem:
    """An error that a client is told.

    Attributes:
        status: The status of the answer.
        message: What is said about it; nothing that is secret.
        mistakes: What is wrong in the request, where that is known.
        uuid: The id, for the answer and for the log.
    """

    def __init__(self, status: int, message: str, mistakes: Sequence[Mistake] = ()) -> None:
        """Take what is said, and make the id."""
        self.status = status
        self.message = message
        self.mistakes = mistakes
        self.uuid = str(uuid.uuid4())

    def answer(self, request: web.BaseRequest, offers: Sequence[str]) -> web.Response:
        """Return the answer, of the kind of `offers` that the client prefers."""
        kind = preferred(request, offers)
        if kind == TEXT:
            text = f"{self.status} {self._title}\n\n{self.message}\nid: {self.uuid}\n"
            answer = web.Response(status=self.status, text=text)
        else:
            answer = json_response(request, self._members(), status=self.status)
            answer.content_type = kind
        answer.headers[hdrs.VARY] = hdrs.ACCEPT  # a cache must not hand one client's kind to another
        return answer

    def struct_data(self, request: web.BaseRequest) -> dict[str, Any]:
        """Return what the log says about it; places in the request, and no values from there: these may be secrets."""
        data = {"uuid": self.uuid, "status": self.status, "method": request.method, "path": request.rel_url.raw_path}
        if self.mistakes:
            data["invalid"] = ", ".join(mistake.place for mistake in self.mistakes)
        return data

    def _members(self) -> Mapping[str, Any]:
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": self._title,
            "status": self.status,
            "detail": self.message,
            "instance": f"urn:uuid:{self.uuid}",
            "message": self.message,
            "uuid": self.uuid,
        }
        if self.mistakes:
            members["errors"] = [mistake.rest_get() for mistake in self.mistakes]
        return members

    @property
    def _title(self) -> str:
        try:
            return http.HTTPStatus(self.status).phrase
        except ValueError:
            return "Error"
