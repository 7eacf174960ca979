"""Scopes: the request, task, command or test that a statement belongs to.

A ContextVar carries the scope, so that it follows threads of asgiref, asyncio tasks and greenlets by itself. What runs
outside any scope belongs to the process, or to the thread, that runs it.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import weakref
from contextvars import ContextVar, Token
from typing import Any, Optional

from .fence import fenced
from .recording import recording

#: Scopes of these kinds are chosen by `--sample`; the others are always recorded.
SAMPLED_KINDS = frozenset(("request", "task", "test"))
#: These have a line of their own only when a statement ran in them.
LAZY_KINDS = frozenset(("setup",))


class Scope:
    """One unit of work. `generation` tells whether its beginning stands in the current file."""

    __slots__ = (
        "kind", "name", "parent", "perf_start", "thread", "id", "generation", "ready", "is_sampled", "has_ended", "dropped", "after", "pid",
        "__weakref__",
    )

    def __init__(self, kind: str, name: str, parent: Optional[Scope]) -> None:
        self.kind = kind
        self.name = name
        self.parent = parent
        self.perf_start = recording.writer.now() if recording.writer.fd >= 0 else 0
        self.thread = threading.get_native_id()
        self.id = 0
        self.generation = 0
        #: The generation of the file that has its beginning, as long as statements belong to it: see the writer's.
        self.ready = 0
        self.has_ended = False
        self.dropped = 0
        self.after: Optional[Scope] = None
        self.pid = os.getpid()
        self.is_sampled = is_chosen(kind, parent)


current: ContextVar[Optional[Scope]] = ContextVar("luthier_scope", default=None)
_of_process: Optional[Scope] = None
_of_threads: "weakref.WeakKeyDictionary[threading.Thread, Scope]" = weakref.WeakKeyDictionary()
_counts = {"not sampled": 0}


def is_chosen(kind: str, parent: Optional[Scope]) -> bool:
    """One scope in so many is recorded whole, with all that it contains."""
    if recording.config.sample >= 1.0:
        return True
    if parent is not None and (not parent.is_sampled or parent.kind in SAMPLED_KINDS or kind == "setup"):
        return parent.is_sampled
    if kind not in SAMPLED_KINDS:
        return True
    if random.random() < recording.config.sample:
        return True
    _counts["not sampled"] += 1
    return False


@fenced
def begin(kind: str, name: str, parent: Optional[Scope] = None) -> Optional[Scope]:
    """Begins a scope below `parent`, or below the current one. It becomes current with `enter`."""
    if "django" not in sys.modules:
        return None
    if parent is None:
        parent = current.get()
        if parent is not None and parent.pid != os.getpid():
            parent = None
    scope = Scope(kind, name, parent)
    if scope.is_sampled and kind not in LAZY_KINDS:
        write_beginning(scope)
    return scope


def write_beginning(scope: Scope) -> None:
    """Writes the scope's line, after its parent's, unless the current file has it."""
    writer = recording.writer
    if not writer.is_ready() or scope.generation == writer.generation:
        return
    parent = scope.parent
    if parent is not None and parent.is_sampled and parent.generation != writer.generation and parent.pid == writer.pid:
        write_beginning(parent)
    above = parent.id if parent is not None and parent.generation == writer.generation else 0
    scope.id = next(writer.scope_ids)
    scope.generation = scope.ready = writer.generation
    writer.write(["b", scope.id, above, scope.kind, scope.name, scope.perf_start or writer.now(), scope.thread, {}])


@fenced
def enter(scope: Optional[Scope]) -> Optional[Token[Optional[Scope]]]:
    return None if scope is None else current.set(scope)


@fenced
def leave(token: Optional[Token[Optional[Scope]]]) -> None:
    if token is None:
        return
    try:
        current.reset(token)
    except ValueError:
        # An async framework may end a scope in another context than it began in.
        current.set(None if token.old_value is Token.MISSING else token.old_value)


@fenced
def end(scope: Optional[Scope], facts: Optional[dict[str, Any]] = None) -> None:
    """Ends a scope, once."""
    if scope is None or scope.has_ended:
        return
    scope.has_ended = True
    scope.ready = 0
    writer = recording.writer
    if scope.generation != writer.generation or not scope.id or scope.pid != os.getpid() or writer.fd < 0:
        return
    if scope.dropped:
        writer.drop("limit", scope.dropped, scope.id)
        scope.dropped = 0
    writer.write(["e", scope.id, writer.now(), facts or {}])


def of_statement() -> Scope:
    """The scope that a statement of the running code belongs to, with its beginning written."""
    scope = current.get()
    if scope is None or scope.pid != recording.writer.pid:
        scope = of_thread()
    elif scope.has_ended:
        scope = _after(scope)
    if scope.is_sampled and scope.generation != recording.writer.generation:
        write_beginning(scope)
    return scope


def of_thread() -> Scope:
    """Main thread: the process. Another thread: a scope of its own, below the scope that started the thread."""
    global _of_process
    thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
    if thread is None or isinstance(thread, threading._MainThread):  # type: ignore[attr-defined]
        if _of_process is None or _of_process.pid != os.getpid():
            _of_process = Scope("process", process_name(), None)
        return _of_process
    scope = _of_threads.get(thread)
    if scope is None or scope.pid != os.getpid():
        starter = getattr(thread, "_luthier_scope", None)
        parent = starter if starter is not None and not starter.has_ended and starter.pid == os.getpid() else None
        scope = _of_threads[thread] = Scope("process", thread.name, parent)
    return scope


def _after(scope: Scope) -> Scope:
    """Work that a scope left behind, such as an asyncio task that outlives its request."""
    if scope.after is None:
        scope.after = Scope("process", f"after {scope.kind}", scope)
    return scope.after


def process_name() -> str:
    """The program and its first word: `manage.py runserver`."""
    program, *words = [os.path.basename(str(word)) for word in getattr(sys, "argv", [])[:2]] or ["python"]
    return " ".join([program or "python", *(word for word in words if not word.startswith("-"))])


def finish() -> None:
    """At the end of the process: what was not written, and why."""
    writer = recording.writer
    if writer.fd < 0:
        return
    if _of_process is not None:
        end(_of_process)
    for scope in list(_of_threads.values()):
        end(scope)
    writer.drop("scopes not sampled", _counts["not sampled"])


def after_fork() -> None:
    """The child's work is its own, even when it was forked inside a request or a command."""
    global _of_process
    _of_process = None
    _of_threads.clear()
    _counts["not sampled"] = 0
    current.set(None)


recording.at_end.append(finish)
recording.at_fork.append(after_fork)
