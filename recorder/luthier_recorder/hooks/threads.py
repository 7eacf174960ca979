"""A thread remembers the scope that started it."""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any, Callable

from .. import scopes
from ..fence import fenced
from .wrap import wrap


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    wrap(threading.Thread, "start", _around_start)


def _around_start(original: Callable[..., Any]) -> Callable[..., Any]:
    @fenced
    def remember(thread: Any) -> None:
        scope = scopes.current.get()
        if scope is not None:
            thread._luthier_scope = scope

    def start(self: Any) -> Any:
        remember(self)
        return original(self)

    return start
