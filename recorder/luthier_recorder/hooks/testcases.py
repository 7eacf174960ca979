"""What unittest and pytest share: a test, and the setup below it that its fixtures run in."""

from __future__ import annotations

from typing import Any, Optional

from .. import scopes
from ..fence import fenced


class Running:
    """A test that runs: its own scope and the one of its fixtures."""

    __slots__ = ("test", "setup")

    def __init__(self, test: scopes.Scope, setup: scopes.Scope) -> None:
        self.test = test
        self.setup = setup


@fenced
def begin(name: str) -> Optional[Running]:
    test = scopes.begin("test", name)
    setup = scopes.begin("setup", name, test) if test is not None else None
    return Running(test, setup) if test is not None and setup is not None else None


@fenced
def enter_setup(running: Optional[Running]) -> Any:
    return None if running is None else scopes.enter(running.setup)


@fenced
def enter_test(running: Optional[Running]) -> Any:
    return None if running is None else scopes.enter(running.test)


@fenced
def end(running: Optional[Running], outcome: Optional[str]) -> None:
    if running is not None:
        scopes.end(running.setup)
        scopes.end(running.test, {"outcome": outcome} if outcome else {})


def current_test() -> Optional[scopes.Scope]:
    """The test that runs in this context, be it in its setup."""
    scope = scopes.current.get()
    if scope is not None and scope.kind == "setup":
        scope = scope.parent
    return scope if scope is not None and scope.kind == "test" and not scope.has_ended else None
