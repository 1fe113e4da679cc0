"""Ids as text in the 36-character form, as they stand in environments, logs and the database."""

from __future__ import annotations

import os

_NIL = "00000000-0000-0000-0000-000000000000"
_DASHES = (8, 13, 18, 23)
_DIGITS = frozenset("0123456789abcdefABCDEF")


def new_id() -> str:
    """Return a random UUID (version 4), without the import of uuid: its beginning is as good as an agent's id's."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def known_id(text: str | None) -> str | None:
    """Return *text* in small letters if it is a UUID and not nil, as tracing.identity.parse_uuid; else None."""
    if not text or len(text) != 36 or text == _NIL or not text.isascii():
        return None
    if any(text[place] != "-" for place in _DASHES):
        return None
    return text.lower() if _DIGITS.issuperset(text.replace("-", "")) and text.count("-") == 4 else None
