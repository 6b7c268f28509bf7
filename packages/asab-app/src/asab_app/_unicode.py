"""Text that can leave the process."""

from __future__ import annotations


def encodable(text: str) -> str:
    """Return a text that has a form in UTF-8: lone surrogates, which a stranger may send, have none and become `?`."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
