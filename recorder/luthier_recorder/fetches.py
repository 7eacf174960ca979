"""Fetches: which evaluated queryset an instance came from.

An instance's `_state` carries its fetch, so that a lazy load can say which queryset should have loaded it. The statement
of a fetch waits for its rows to be there, and both lines are written at once.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Optional

from .recording import recording

class Fetch:
    """One evaluation of a queryset. Pickles as 0, so that a pickled instance does not need the recorder."""

    __slots__ = ("id", "generation", "numbered", "queryset", "frame", "statement", "causes", "reads", "__weakref__")

    def __init__(self, queryset: Any, frame: Any) -> None:
        self.id = 0
        self.generation = 0
        self.numbered = 0
        #: These two until its first statement has run: what is evaluated, and the frame that asks for it.
        self.queryset = queryset
        self.frame = frame
        self.statement: Optional[Statement] = None
        #: Ids of causes that led from rows of this fetch to other statements, by descriptor.
        self.causes: Optional[dict[Any, int]] = None
        self.reads: Any = None

    def __reduce__(self) -> Any:
        return (int, ())

    def __copy__(self) -> Fetch:
        return self

    def __deepcopy__(self, memo: Any) -> Fetch:
        return self


#: A statement whose line is not written yet, as its rows are still being read: the fields of the line up to the number
#: of rows, cause and instance, the line's end, the file's generation.
Statement = tuple[int, int, int, int, int, int, int, int, int, str, int]

#: The fetch whose first statement has not run yet.
expecting: ContextVar[Optional[Fetch]] = ContextVar("luthier_fetch", default=None)


def write_statement(fetch: Fetch, model: type, rows: Optional[int]) -> None:
    """Writes the statement of a fetch and, when its rows are known, the fetch itself."""
    writer = recording.writer
    if fetch.statement is None:
        return
    time, duration, statement, stack, scope, connection, state, cause, instance, end, generation = fetch.statement
    fetch.statement = None
    if generation != writer.generation or writer.fd < 0:
        return
    if rows is None:
        writer.write_bytes(f'["x",{time},{duration},{statement},{stack},{scope},{connection},{state},-1,{cause},{instance}{end}'.encode())
        return
    number = writer.model_names.get(model) or writer.model_name(model)
    fetch.id = next(writer.fetch_ids)
    fetch.generation = generation
    writer.write_bytes(
        f'["x",{time},{duration},{statement},{stack},{scope},{connection},{state},{rows},{cause},{instance}{end}'
        f'["r",{fetch.id},{number},{stack},{scope},{rows},{time},{cause}]\n'.encode()
    )


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
