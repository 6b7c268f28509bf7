"""TLS of a listening address: the section `[ssl:<name>]` that its `ssl:<name>` points at.

The rule: TLS 1.2 and newer, with forward secrecy and authenticated encryption only; a client that can only do less does
not get in.
"""

from __future__ import annotations

import ssl
from typing import Final

from asab_config import Config, ConfigError

# What TLS 1.2 may use; TLS 1.3 has nothing else. All browsers since 2014 know them.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


def server_context(section: str) -> ssl.SSLContext:
    """Make the context of a server.

    Args:
        section: The section; `cert` is the path of the certificate (with its chain), `key` that of its private key,
            which may be left out when it is in the file of the certificate, `password` what decrypts the key
            (`${file:/run/secrets/tls}` reads it from a file), `client_ca` the path of the certificates of which a
            client must have one's signature.

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
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    password = Config.get(section, "password", fallback="")
    try:
        # A key with a passphrase would make OpenSSL ask on the terminal; an empty answer makes it an error.
        context.load_cert_chain(cert, key, password=lambda: password)
    except OSError as e:  # ssl.SSLError is one
        raise ConfigError(f"[{section}] cert = {cert!r}, key = {key!r}: {e.strerror or e}") from None
    if client_ca := Config.get(section, "client_ca", fallback=""):
        _ask_for_client(context, section, client_ca)
    return context


def _ask_for_client(context: ssl.SSLContext, section: str, client_ca: str) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(client_ca)
    except OSError as e:
        raise ConfigError(f"[{section}] client_ca = {client_ca!r}: {e.strerror or e}") from None
