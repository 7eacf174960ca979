"""Numbers that stand for parameters: the same for the same parameters in one recording, and in no other."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from .recording import recording

MOST_KEYS = 20_000
#: The keys of one number alone, in their text. Most statements of a loop ask for one, and pages ask for the same again.
of_numbers: dict[int, bytes] = {}


def key_of(params: Any) -> bytes:
    """A hash under a key that is in no file."""
    if not is_number(params):
        return _hash(params)
    number = params[0]
    known = of_numbers.get(number)
    if known is None:
        if len(of_numbers) >= MOST_KEYS:
            of_numbers.clear()
        known = of_numbers[number] = _hash(params)
    return known


def is_number(params: Any) -> bool:
    return type(params) is tuple and len(params) == 1 and type(params[0]) is int


def _hash(params: Any) -> bytes:
    try:
        return b"%d" % int.from_bytes(blake2b(repr(params).encode(), digest_size=6, key=recording.config.key).digest(), "big")
    except Exception:
        return b"0"
