"""Management commands."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable, Optional

from .. import scopes
from ..fence import fenced
from .wrap import wrap


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("django.core.management.base", lambda module: wrap(module.BaseCommand, "execute", _around))


def _around(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(self: Any, *args: Any, **options: Any) -> Any:
        scope = begin(self)
        token = scopes.enter(scope)
        error: Optional[str] = None
        try:
            return original(self, *args, **options)
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            scopes.leave(token)
            scopes.end(scope, {} if error is None else {"error": error})

    return execute


@fenced
def begin(command: Any) -> Optional[scopes.Scope]:
    return scopes.begin("command", type(command).__module__.rpartition(".")[2])
