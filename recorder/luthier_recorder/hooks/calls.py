"""Calls out of the process while a transaction is open: the database's locks wait for someone else's answer."""

from __future__ import annotations

import sys
import time
from contextvars import ContextVar
from time import perf_counter_ns
from types import ModuleType
from typing import Any, Callable

from .. import scopes
from ..fence import fenced
from ..recording import recording
from ..stack import stacks
from .connections import open_transactions, watch_of
from .wrap import wrap

#: A call within a call is one call.
_calling: ContextVar[bool] = ContextVar("luthier_calling", default=False)


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("http.client", lambda module: _watch(module.HTTPConnection, "getresponse", "http", _host))
    register("smtplib", watch_mail)
    register("redis.client", lambda module: _watch(module.Redis, "execute_command", "redis", _command))
    register("httpx", lambda module: _watch(module.Client, "send", "http", _httpx_host))
    register("socket", lambda module: _watch(module, "create_connection", "connect", _address))
    register("django.db.backends.base.base", lambda module: watch_sleep())


def watch_mail(module: ModuleType) -> None:
    for name in ("connect", "sendmail", "login"):
        _watch(module.SMTP, name, "smtp", _host)


def watch_sleep() -> None:
    """An object and not a function: a class that has `sleep = time.sleep` must not see it become a method."""
    time.sleep = Sleep(time.sleep)  # type: ignore[assignment]


class Sleep:
    """`time.sleep`, noting how long it took in a transaction."""

    def __init__(self, original: Callable[[float], None]) -> None:
        self.original = original
        self.__name__ = "sleep"
        self.__doc__ = original.__doc__

    def __call__(self, seconds: Any) -> None:
        if open_transactions["count"] <= 0:
            return self.original(seconds)
        start = perf_counter_ns()
        try:
            return self.original(seconds)
        finally:
            note("sleep", start, lambda: "")


def _watch(owner: Any, name: str, kind: str, target: Callable[..., str]) -> None:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if open_transactions["count"] <= 0 or _calling.get():
                return original(*args, **kwargs)
            token = _calling.set(True)
            start = perf_counter_ns()
            try:
                return original(*args, **kwargs)
            finally:
                _calling.reset(token)
                note(kind, start, lambda: target(*args))

        return call

    wrap(owner, name, around)


@fenced
def note(kind: str, start: int, target: Callable[[], str]) -> None:
    """Writes the call if a connection of the running code is in a transaction."""
    duration = (perf_counter_ns() - start) // 1000
    watched = _in_transaction()
    scope = scopes.of_statement()
    writer = recording.writer
    if watched is None or not scope.is_sampled or not writer.is_ready() or writer.is_full:
        return
    stack, _ = stacks.capture(sys._getframe(2), None)
    time_of_start = (start - writer.base) // 1000
    writer.write(["w", time_of_start, duration, kind, target(), stack, scope.id, watched.id])


def _in_transaction() -> Any:
    from django.db import connections

    for alias in connections:
        connection = getattr(connections._connections, alias, None)
        if connection is not None and connection.in_atomic_block:
            known = watch_of(connection)
            if known is not None:
                return known
    return None


def _host(connection: Any, *_: Any) -> str:
    return str(getattr(connection, "host", None) or getattr(connection, "_host", "") or "")


def _httpx_host(client: Any, request: Any = None, *_: Any) -> str:
    return str(request.url.host) if request is not None else ""


def _address(address: Any, *_: Any) -> str:
    return f"{address[0]}:{address[1]}"


def _command(client: Any, command: Any = "", *_: Any) -> str:
    """The command's name; its key and values are the user's."""
    return str(command).split(" ")[0]
