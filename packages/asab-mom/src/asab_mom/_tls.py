"""TLS of a broker's lines: whom they trust, and who they say they are."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asab_config import ConfigError, ConfigSection
    from asab_mom._address import Address

OPTIONS = ("ca", "cert", "key")


def client_context(section: ConfigSection, addresses: Sequence[Address]) -> ssl.SSLContext | None:
    """Make the context of a client that checks the server's certificate and name; there is no way to have it not do so.

    Args:
        section: The broker's; `ca` is the path of the certificates to trust in place of the system's, `cert` that of a
            certificate of our own (with its chain), `key` that of its private key, if it is not in the same file.
        addresses: Where to; without TLS in one of them the result is None.

    Raises:
        ConfigError: If a file cannot be used, or if one is given and no address has TLS.
    """
    ca, cert, key = (str(section[option]).strip() or None for option in OPTIONS)
    if not any(address.tls for address in addresses):
        for option, path in zip(OPTIONS, (ca, cert, key), strict=True):
            if path:
                raise section.mistake(option, "only amqps:// needs it; url has amqp://")
        return None
    if key and not cert:
        raise section.mistake("key", "its certificate is missing, set cert")
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise _unusable(section, "ca", "a file of certificates of authorities", error) from None
    if cert:
        try:
            # A key with a passphrase would make OpenSSL ask on the terminal; an empty answer makes it an error.
            context.load_cert_chain(cert, key, password=lambda: b"")
        except OSError as error:
            what = f"a certificate, and its key in {key or 'the same file'}"
            raise _unusable(section, "cert", what, error) from None
    return context


def _unusable(section: ConfigSection, option: str, expected: str, error: OSError) -> ConfigError:
    return section.mistake(option, f"expected {expected}: {error.strerror or error}")
