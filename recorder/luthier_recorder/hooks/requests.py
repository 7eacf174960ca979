"""Requests, sync and async, with their streaming bodies."""

from __future__ import annotations

import hashlib
import re
from types import ModuleType
from typing import Any, Callable, Optional

from .. import scopes
from ..fence import fenced
from ..recording import recording
from .wrap import wrap


_FORGERY_TOKEN = re.compile(rb"""<input[^>]*name=["']csrfmiddlewaretoken["'][^>]*>""")


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("django.core.handlers.base", watch_handlers)


def watch_handlers(module: ModuleType) -> None:
    wrap(module.BaseHandler, "get_response", _around)
    wrap(module.BaseHandler, "get_response_async", _around_async)


def _around(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_response(self: Any, request: Any) -> Any:
        scope = begin(request)
        token = scopes.enter(scope)
        response = None
        error: Optional[str] = None
        try:
            response = original(self, request)
            return response
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            scopes.leave(token)
            finish(scope, request, response, error)

    return get_response


def _around_async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def get_response_async(self: Any, request: Any) -> Any:
        scope = begin(request)
        token = scopes.enter(scope)
        response = None
        error: Optional[str] = None
        try:
            response = await original(self, request)
            return response
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            scopes.leave(token)
            finish(scope, request, response, error)

    return get_response_async


@fenced
def begin(request: Any) -> Optional[scopes.Scope]:
    return scopes.begin("request", str(request.method))


@fenced
def finish(scope: Optional[scopes.Scope], request: Any, response: Any, error: Optional[str]) -> None:
    """Ends the scope, or leaves that to the end of the body when it is produced while it is sent."""
    if scope is None:
        return
    facts = describe(request, response, error)
    if response is None or not getattr(response, "streaming", False):
        scopes.end(scope, facts)
        return
    wrapper = AsyncBody if getattr(response, "is_async", False) else Body
    response._iterator = wrapper(response._iterator, scope, facts)
    response._resource_closers.append(lambda: scopes.end(scope, facts))


def describe(request: Any, response: Any, error: Optional[str]) -> dict[str, Any]:
    """The route, never the path: that may hold names and keys."""
    match = getattr(request, "resolver_match", None)
    facts: dict[str, Any] = {}
    if match is not None:
        facts["route"] = match.route
        facts["view"] = view_of(match)
    if response is not None:
        facts["status"] = response.status_code
        if recording.config.bodies:
            facts["body"] = body_hash(response)
    if error is not None:
        facts["error"] = error
    return facts


def view_of(match: Any) -> str:
    """A view that is a method of an object, as the admin's are, belongs to the object's class, which the project wrote."""
    view = match.func
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    owner = getattr(view, "__self__", None)
    if owner is None or isinstance(owner, type):
        return str(match._func_path)
    return f"{type(owner).__module__}.{type(owner).__qualname__}"


def body_hash(response: Any) -> Optional[str]:
    """Tells two answers apart without keeping either; the token against forgery is another in each."""
    if getattr(response, "streaming", False) or not getattr(response, "is_rendered", True):
        return None
    return hashlib.blake2b(_FORGERY_TOKEN.sub(b"", response.content), digest_size=8).hexdigest()


class Body:
    """A streaming body: each piece is produced within the request's scope."""

    def __init__(self, pieces: Any, scope: scopes.Scope, facts: dict[str, Any]) -> None:
        self.pieces = pieces
        self.scope = scope
        self.facts = facts

    def __iter__(self) -> Body:
        return self

    def __next__(self) -> Any:
        token = scopes.enter(self.scope)
        try:
            return next(self.pieces)
        except StopIteration:
            scopes.end(self.scope, self.facts)
            raise
        finally:
            scopes.leave(token)


class AsyncBody:
    """The same for an async iterator."""

    def __init__(self, pieces: Any, scope: scopes.Scope, facts: dict[str, Any]) -> None:
        self.pieces = pieces
        self.scope = scope
        self.facts = facts

    def __aiter__(self) -> AsyncBody:
        return self

    async def __anext__(self) -> Any:
        token = scopes.enter(self.scope)
        try:
            return await self.pieces.__anext__()
        except StopAsyncIteration:
            scopes.end(self.scope, self.facts)
            raise
        finally:
            scopes.leave(token)
