"""Fetches: which evaluated queryset an instance came from.

An instance's `_state` carries its fetch, so that a lazy load can say which queryset should have loaded it. The statement
of a fetch waits for its rows to be there, and both lines are written at once.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Callable, Optional

from .recording import recording

Pending = Callable[[int], str]


class Fetch:
    """One evaluation of a queryset. Pickles as 0, so that a pickled instance does not need the recorder."""

    __slots__ = ("id", "generation", "numbered", "statement", "model", "reads", "__weakref__")

    def __init__(self, model: Any) -> None:
        self.id = 0
        self.generation = 0
        self.numbered = 0
        self.model = model
        self.statement: Optional[Statement] = None
        self.reads: Optional[dict[Any, int]] = None

    def __reduce__(self) -> Any:
        return (int, ())

    def __copy__(self) -> Fetch:
        return self

    def __deepcopy__(self, memo: Any) -> Fetch:
        return self


class Statement:
    """A statement whose line is not written yet: its rows are still being read."""

    __slots__ = ("time", "head", "stack", "scope", "tail", "rows", "cause", "generation")

    def __init__(self, time: int, head: str, stack: int, scope: int, tail: str, rows: int, cause: int, generation: int) -> None:
        self.time = time
        self.head = head
        self.stack = stack
        self.scope = scope
        self.tail = tail
        self.rows = rows
        self.cause = cause
        self.generation = generation


#: The fetch whose first statement has not run yet.
expecting: ContextVar[Optional[Fetch]] = ContextVar("luthier_fetch", default=None)


def write_statement(fetch: Fetch, rows: Optional[int]) -> None:
    """Writes the statement of a fetch and, when its rows are known, the fetch itself."""
    statement, fetch.statement = fetch.statement, None
    writer = recording.writer
    if statement is None or statement.generation != writer.generation or writer.fd < 0:
        return
    counted = rows if rows is not None and statement.rows < 0 else statement.rows
    text = f"{statement.head}{counted}{statement.tail}"
    if rows is not None:
        model = writer.name(fetch.model._meta.label)
        fetch.id = writer.next("fetch")
        fetch.generation = writer.generation
        text = f'{text}["r",{fetch.id},{model},{statement.stack},{statement.scope},{rows},{statement.time},{statement.cause}]\n'
    writer.write_bytes(text.encode())


def mark(fetch: Fetch, queryset: Any, rows: list[Any]) -> None:
    """Tells instances, and those that a join brought along, which fetch they came from."""
    for row in rows:
        row._state._luthier = fetch
    select_related = queryset.query.select_related
    if not select_related:
        return
    known = {_cache_name(field) for field in queryset._known_related_objects}
    for row in rows:
        _mark_joined(fetch, row, known)


def _cache_name(field: Any) -> str:
    name = getattr(field, "cache_name", None)
    return name if name is not None else field.get_cache_name()


def _mark_joined(fetch: Fetch, row: Any, known: Any) -> None:
    for name, related in row._state.fields_cache.items():
        if related is None or name in known:
            continue
        state = related._state
        if not hasattr(state, "_luthier"):
            state._luthier = fetch
            _mark_joined(fetch, related, ())
