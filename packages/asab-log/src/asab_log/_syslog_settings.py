"""The section `[logging:syslog]` of the configuration, as a handler (documentation, chapter Logging to syslog)."""

from __future__ import annotations

import socket

from asab_config import Config
from asab_log._address import is_local, parse_address
from asab_log._settings import mistake
from asab_log._syslog_formatters import (
    LocalRFC3164Formatter,
    MacOSXSyslogFormatter,
    SyslogRFC3164Formatter,
    SyslogRFC5424Formatter,
)
from asab_log.handler import LEAST_LENGTH, AsyncIOHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import ssl

    from asab_config import ConfigError
    from asab_log._address import Address
    from asab_log._receiver import Framing
    from asab_log.formatters import StructuredDataFormatter

_SECTION = "logging:syslog"
_FORMATS = "5 (RFC 5424), 3 (RFC 3164) or m (macOS)"
# RFC 5424, table 1; 12 to 15 have no name that all agree on.
_FACILITIES = {
    name: number
    for number, name in enumerate(
        ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp")
    )
} | {f"local{number}": 16 + number for number in range(8)}


def syslog_handler(loop: asyncio.AbstractEventLoop) -> AsyncIOHandler:
    """Return the handler that the section describes.

    Raises:
        ConfigError: If a value of the section cannot be used.
    """
    try:
        address = parse_address(_value("address"))
    except ValueError as e:
        raise _mistake("address", str(e)) from None
    formatter = _formatter(address)
    formatter.facility = _facility()
    handler = AsyncIOHandler(
        loop,
        address.family,
        address.sock_type,
        address.address,
        formatter.facility,
        framing=_framing(address),
        tls=_tls(address),
        max_length=_max_length(),
    )
    handler.setFormatter(formatter)
    return handler


def _formatter(address: Address) -> StructuredDataFormatter:
    bom = Config.getboolean(_SECTION, "bom")
    kind = _value("format").lower()
    if bom and kind in ("3", "m"):
        raise _mistake("bom", "only RFC 5424 knows it, format=5")
    app_name = _value("app_name")
    match kind:
        case "5":
            formatter = SyslogRFC5424Formatter(app_name=app_name)
            formatter.bom = bom
            return formatter
        case "3":
            syslog = LocalRFC3164Formatter if is_local(address.family) else SyslogRFC3164Formatter
            return syslog(app_name=app_name)
        case "m":
            return MacOSXSyslogFormatter(app_name=app_name)
        case _:
            raise _mistake("format", f"expected {_FORMATS}")


def _facility() -> int:
    value = _value("facility").lower()
    if value in _FACILITIES:
        return _FACILITIES[value]
    if value.isascii() and value.isdecimal() and len(value) < 3 and int(value) <= 23:
        return int(value)
    raise _mistake("facility", f"expected 0 to 23 or one of {', '.join(_FACILITIES)}")


def _framing(address: Address) -> Framing | None:
    match _value("framing").lower():
        case "":
            return None
        case "lf":
            return "lf"
        case "octets" if address.sock_type == socket.SOCK_STREAM:
            return "octets"
        case "octets":
            raise _mistake("framing", "a datagram is a record and needs none; leave it out, or use tcp://")
        case _:
            raise _mistake("framing", "expected lf (each record ends in a line feed) or octets (its length precedes)")


def _max_length() -> int:
    length = Config.getint(_SECTION, "max_length")
    if length < LEAST_LENGTH:
        raise _mistake("max_length", f"expected a number of bytes, at least {LEAST_LENGTH}, which all receivers take")
    return length


def _tls(address: Address) -> ssl.SSLContext | None:
    files = {option: _value(option) or None for option in ("ca", "cert", "key")}
    if not address.tls:
        for option, path in files.items():
            if path:
                raise _mistake(option, "only an address tls://host:port/ needs it")
        return None
    if files["key"] and not files["cert"]:
        raise _mistake("key", "its certificate is missing, set cert")

    import ssl  # only those who need TLS pay for it

    try:
        context = ssl.create_default_context(cafile=files["ca"])
    except OSError as e:  # ssl.SSLError is one
        raise _unusable("ca", "a file of certificates of authorities", e) from None
    if files["cert"]:
        try:
            # A key with a passphrase would make OpenSSL ask on the terminal; an empty answer makes it an error.
            context.load_cert_chain(files["cert"], files["key"], password=lambda: b"")
        except OSError as e:
            raise _unusable("cert", f"a certificate whose key is in {files['key'] or 'the same file'}", e) from None
    return context


def _unusable(option: str, what: str, error: OSError) -> ConfigError:
    return _mistake(option, f"expected {what}: {error.strerror or error}")


def _value(option: str) -> str:
    return Config.get(_SECTION, option).strip()


def _mistake(option: str, what: str) -> ConfigError:
    return mistake(_SECTION, option, what)
