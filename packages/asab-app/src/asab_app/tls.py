"""TLS of a listening address: the section `[ssl:<name>]` that its `ssl:<name>` points at."""

from __future__ import annotations

import ssl

from asab_config import Config, ConfigError


def server_context(section: str) -> ssl.SSLContext:
    """Make the context of a server, with Python's own defaults (TLS 1.2 and newer).

    Args:
        section: The section; `cert` is the path of the certificate (with its chain), `key` that of its private key,
            which may be left out when it is in the file of the certificate.

    Raises:
        ConfigError: If the section or a file is missing or cannot be used; it names section and file.
    """
    if not Config.has_section(section):
        raise ConfigError(f"[{section}] is missing: an address to listen on points at it; it needs cert= and key=")
    cert = Config.get(section, "cert", fallback="")
    key = Config.get(section, "key", fallback="") or None
    if not cert:
        raise ConfigError(f"[{section}] cert is missing: expected the path of a certificate file")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # A key with a passphrase would make OpenSSL ask on the terminal; an empty answer makes it an error.
        context.load_cert_chain(cert, key, password=lambda: b"")
    except OSError as e:  # ssl.SSLError is one
        raise ConfigError(f"[{section}] cert = {cert!r}, key = {key!r}: {e.strerror or e}") from None
    return context
