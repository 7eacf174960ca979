"""Replaces a method by one that does more. The replacement looks like the original to whoever inspects it."""

from __future__ import annotations

import functools
from typing import Any, Callable


def wrap(owner: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Sets `owner.name` to `around(original)`, if there is such a method."""
    original = owner.__dict__.get(name) if isinstance(owner, type) else getattr(owner, name, None)
    if original is None:
        return
    replacement = around(original)
    setattr(owner, name, functools.wraps(original)(replacement))
