"""`SessionCookie`: the name and the attributes of the cookie, and how it is read, set and dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from asab_config import Config, ConfigError

if TYPE_CHECKING:
    from aiohttp import web

    from asab_config.object import ConfigSection
    from asab_web.session.session import Session

SameSite = Literal["Lax", "Strict", "None"]

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DOMAIN: Final = re.compile(r"\.?[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*")
_PATH: Final = re.compile(r"/[!-:<-~]*")

# Browsers drop a cookie of more than 4096 bytes, without a word. The attributes with fixed names take 72 of them.
_LONGEST: Final = 200
MAX_VALUE: Final = 3800
"""The longest value, in bytes, that every browser keeps whatever the name and the attributes are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCookie:
    """What the cookie of the sessions looks like.

    Attributes:
        name: Its name. With `__Host-` in front no other host and no unencrypted page can plant one.
        domain: The domain whose subdomains get it too; None: only the host that sets it.
        path: The path below which it is sent.
        secure: Whether it is sent over TLS only; None: if the request came over TLS.
        httponly: Whether scripts on the page cannot read it.
        samesite: `Lax`, `Strict` or `None`, as browsers know it.
        max_age: Seconds that the browser keeps it for if the session has no `MaxAge`; None: until it is closed.
    """

    name: str = "asab-session"
    domain: str | None = None
    path: str = "/"
    secure: bool | None = None
    httponly: bool = True
    samesite: SameSite = "Lax"
    max_age: float | None = None

    def __post_init__(self) -> None:
        """Refuse what browsers would refuse without a word.

        Raises:
            ValueError: It names the attribute, its value and the remedy.
        """
        self._check("name", _NAME.fullmatch(self.name), "expected letters, digits and signs such as - and _")
        self._check("domain", not self.domain or _DOMAIN.fullmatch(self.domain), "expected one such as example.com")
        self._check("path", _PATH.fullmatch(self.path), "expected / and more, without spaces and semicolons")
        self._check("samesite", self.samesite in ("Lax", "Strict", "None"), "expected Lax, Strict or None")
        length = len(self.name) + len(self.domain or "") + len(self.path)
        self._check("name", length <= _LONGEST, f"has {length} characters with domain and path, more than {_LONGEST}")
        self._check("samesite", self.samesite != "None" or self.secure, "browsers take None only with secure = yes")
        prefix = self.name.lower()
        prefixed = prefix.startswith(("__host-", "__secure-"))
        self._check("name", not prefixed or self.secure, "browsers take this prefix only with secure = yes")
        bare = not self.domain and self.path == "/"
        self._check("name", not prefix.startswith("__host-") or bare, "with __Host- there is no domain, and path is /")

    def _check(self, attribute: str, holds: object, text: str) -> None:
        if not holds:
            raise _MistakeError(attribute, getattr(self, attribute), text)

    @classmethod
    def from_config(cls, config: ConfigSection) -> SessionCookie:
        """Return the cookie that a section describes, by its options `cookie_*`.

        Raises:
            ConfigError: If an option is wrong, or contradicts another.
        """
        samesite: Any = str(config["cookie_samesite"]).capitalize()
        try:
            return cls(
                name=str(config["cookie_name"]),
                domain=str(config["cookie_domain"]) or None,
                path=str(config["cookie_path"]),
                secure=_secure(config),
                httponly=config.getboolean("cookie_httponly"),
                samesite=samesite,
                max_age=config.getseconds("cookie_max_age") if str(config["cookie_max_age"]) else None,
            )
        except _MistakeError as e:
            option = f"cookie_{e.attribute}"
            raise Config.mistake(config.name, option, config[option], f"{e.text}") from None

    def value(self, request: web.Request) -> str | None:
        """Return what the browser has sent, or None."""
        return request.cookies.get(self.name) or None

    def set(self, request: web.Request, response: web.StreamResponse, value: str, session: Session) -> None:
        """Send it with a response."""
        max_age = None
        limit = self.max_age if session.MaxAge is None else session.MaxAge
        if limit is not None:
            end = min(limit, session.Storage.max_age) if session.MaxAge is None else limit
            max_age = max(0, int(session.Created + end - session.Storage.time()))
        response.set_cookie(
            self.name,
            value,
            max_age=max_age,
            domain=self.domain,
            path=self.path,
            secure=self._secure(request),
            httponly=self.httponly,
            samesite=self.samesite,
        )
        # A cache that keeps the answer would hand the session to others.
        if not {"no-store", "private"} & set(re.split(r"[\s,]+", response.headers.get("Cache-Control", "").lower())):
            response.headers["Cache-Control"] = "no-store"

    def drop(self, request: web.Request, response: web.StreamResponse) -> None:
        """Have the browser forget it."""
        response.del_cookie(
            self.name,
            domain=self.domain,
            path=self.path,
            secure=self._secure(request),
            httponly=self.httponly,
            samesite=self.samesite,
        )

    def _secure(self, request: web.Request) -> bool:
        return request.secure if self.secure is None else self.secure


class _MistakeError(ValueError):
    def __init__(self, attribute: str, value: object, text: str) -> None:
        super().__init__(f"{attribute} = {value!r}: {text}")
        self.attribute = attribute
        self.text = text


def _secure(config: ConfigSection) -> bool | None:
    if str(config["cookie_secure"]).lower() == "auto":
        return None
    try:
        return config.getboolean("cookie_secure")
    except ConfigError:
        value = config["cookie_secure"]
        raise Config.mistake(config.name, "cookie_secure", value, "expected auto, yes or no") from None
