"""A certificate of `localhost` and 127.0.0.1 that vouches for itself, good from 2020 to 2120, and its keys.

It protects nothing: the key is public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def tls_section(folder: Path) -> dict[str, str]:
    """The options of a section `[ssl:…]`, with the files written to the folder."""
    (folder / "cert.pem").write_text(CERTIFICATE)
    (folder / "key.pem").write_text(KEY)
    return {"cert": f"{folder}/cert.pem", "key": f"{folder}/key.pem"}


def client_section(folder: Path) -> dict[str, str]:
    """The options of a client with a certificate that the other one vouches for, written to the folder."""
    (folder / "client.pem").write_text(CLIENT_CERTIFICATE + KEY)
    return {"ca": tls_section(folder)["cert"], "cert": f"{folder}/client.pem"}


CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABK/Yc1C1hgzBK8g3
HMhBL2vYZkWumF9pvNcJ0uFWWhOtrNWPW0vy1+fvMk2lyKssbviVTcZx9WjhEf8K
b0DL1CCjTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBSvOsjDGIaNrVPvQ3smBwJ9/Ad7DDAKBggqhkjOPQQD
AgNIADBFAiEA9C4fyd116DA8ggaJy/am/Ctpey6RZVlkRjmeGt7sL7wCIApn4gBG
ZmUinKCR4WFVRbgaA5xHxhn5ykMLt34jS9UD
-----END CERTIFICATE-----
"""

CLIENT_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIBAjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBExDzANBgNVBAMM
BmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABK/Yc1C1hgzBK8g3HMhB
L2vYZkWumF9pvNcJ0uFWWhOtrNWPW0vy1+fvMk2lyKssbviVTcZx9WjhEf8Kb0DL
1CCjZTBjMAwGA1UdEwEB/wQCMAAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0O
BBYEFK86yMMYho2tU+9DeyYHAn38B3sMMB8GA1UdIwQYMBaAFK86yMMYho2tU+9D
eyYHAn38B3sMMAoGCCqGSM49BAMCA0gAMEUCIBi4/HtIRaxf21BxH2NVpHDFFZPp
XxU6zrl04eQbuYALAiEAqOT+S3JTFvHj2tdcPPLAnn7RV5aEspZTam/DelqeqbE=
-----END CERTIFICATE-----
"""

KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmP4uXuE7syIEsIWu
K5tHr849zX9UoZXp2bkqC3xK67ehRANCAASv2HNQtYYMwSvINxzIQS9r2GZFrphf
abzXCdLhVloTrazVj1tL8tfn7zJNpcirLG74lU3GcfVo4RH/Cm9Ay9Qg
-----END PRIVATE KEY-----
"""

PASSWORD = "only for the test"

ENCRYPTED_KEY = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgBUYeOHmUSGwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJZ4s/5dyBrfgWURnJwbV6oEgZD2
GcgYcfWbAA++nNBThE8Z2MO3E3s4w/Q4cqtLG6nyffqmcTLWmF9r1U/cL6q3UrrS
OGCpFQt5ba3duGzBzfYhbl+It2oS7L5Sg+ghfXwgJnqdgexrMefUSpQNq5xGLB4x
MeSbGG6nlk0C4FG92HsT98sut2Z2QLQT2IU9Sf73bZ9ZxUhpI8Z9az4NBto17Eg=
-----END ENCRYPTED PRIVATE KEY-----
"""
"""The same key, encrypted with `PASSWORD`."""

OTHER_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBAjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMGr2IoYYp6STxYz
qToKifvUY2JSbGkmsZefQO1CZoeSlJREq10goSDTzKfYzSVdgvI/S4UVAWBsx0RW
tZQ64lejTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBSRejjIxzy2KfHFyX5l9XKrRRcmeTAKBggqhkjOPQQD
AgNIADBFAiAzLaUdOedm6g4KMPLrde7JRR/RKWfVmz8h6D7jdZ3deQIhAIxa/w6+
x/tfWNHMQ5ud1A9VaZu6m3GaNPA9WEJ/DYsT
-----END CERTIFICATE-----
"""

OTHER_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5rxcXQggAA+9ILu6
bp1WPl//MkAUsoHunAh8DkW3mtChRANCAATBq9iKGGKekk8WM6k6Con71GNiUmxp
JrGXn0DtQmaHkpSURKtdIKEg08yn2M0lXYLyP0uFFQFgbMdEVrWUOuJX
-----END PRIVATE KEY-----
"""
