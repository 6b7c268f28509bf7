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

KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmP4uXuE7syIEsIWu
K5tHr849zX9UoZXp2bkqC3xK67ehRANCAASv2HNQtYYMwSvINxzIQS9r2GZFrphf
abzXCdLhVloTrazVj1tL8tfn7zJNpcirLG74lU3GcfVo4RH/Cm9Ay9Qg
-----END PRIVATE KEY-----
"""

ENCRYPTED_KEY = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjEnhdHo/Kc1AICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEELeOtVlvpdpmLicDUeET8kAEgZD+
3NzN6QmnxOh9/MBtt534t9KVK48oWEbKoIas5mNLVzhmRyDbSy+1VnoNXBKSbHR1
v+koMrjLXxEwBxKrmUFc+1IZUQVfkAOmyTK+bFSWAiXpmG5+Bs0jA3nh/Lj9nu+N
aImeP8bqKh/GtriutJuRrXcr8BXKvSDoYAurXHl01xOFupr+x09VvFENZLav2IQ=
-----END ENCRYPTED PRIVATE KEY-----
"""
