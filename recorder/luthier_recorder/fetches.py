"""Fetches: which evaluated queryset an instance came from.

An instance's `_state` carries its fetch, so that a lazy load can say which queryset should have loaded it. The statement
of a fetch waits for its rows to be there, and both lines are written at once.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any, Optional

from .recording import recording


class Fetch:
    """One evaluation of a queryset. Pickles as 0, so that a pickled instance does not need the recorder.

    Most are of one row and of no further interest: they have no more than they need.
    """

    id = 0
    generation = 0
    #: How many of its rows were told apart so far, because something was loaded lazily from them.
    numbered = 0
    #: What ran for it, until its line is written.
    statement: Any = None
    #: Of a lazy load: what loads the instance of a foreign key.
    descriptor: Any = None
    #: Ids of causes that led from its rows to other statements, by descriptor.
    causes: Optional[dict[Any, int]] = None
    #: What the lines of such statements have in common, by stack and descriptor.
    forms: Optional[dict[int, dict[Any, Any]]] = None
    #: By nodes of templates that asked for such statements in a loop: how far away it is, its place, the stack, and the node.
    loops: Optional[dict[int, Any]] = None
    reads: Any = None

    def __reduce__(self) -> Any:
        return (int, ())

    def __copy__(self) -> Fetch:
        return self

    def __deepcopy__(self, memo: Any) -> Fetch:
        return self


#: A statement: start and duration in nanoseconds, the parameters, and what it often has in common with others: the file's
#: generation, its SQL, scope, connection's watch, and state of the transaction.
Statement = tuple[int, int, Any, tuple[int, str, Any, Any, int]]
#: Stands for the statement of a lazy load whose queryset is being evaluated.
WAITS = False

#: The fetches whose statement has not run yet, by the identity of the frame that evaluates them. No other thread, task or
#: greenlet has that frame, so nothing has to be carried along.
waiting: dict[int, Fetch] = {}
#: The same of lazy loads of foreign keys, by the frame around the queryset's making.
loading: dict[int, Fetch] = {}
recording.at_fork.append(waiting.clear)
recording.at_fork.append(loading.clear)

#: Frames that can stand between a cursor of another tool's and the queryset's own.
MOST_BETWEEN = 24
#: Where rows of models are asked for.
_asking: set[CodeType] = set()
#: What is asked below these is asked by somebody else: a router, a receiver of `connection_created`, an expression.
_elsewhere: set[CodeType] = set()


def watch_code(asking: Optional[CodeType], *elsewhere: Optional[CodeType]) -> None:
    if asking is not None:
        _asking.add(asking)
    _elsewhere.update(code for code in elsewhere if code is not None)


def take_waiting(frame: Optional[FrameType]) -> Optional[Fetch]:
    """The fetch that waits for the statement of a cursor, when it is not where Django alone would have it."""
    for _ in range(MOST_BETWEEN):
        if frame is None or frame.f_code in _elsewhere:
            return None
        if frame.f_code in _asking:
            break
        frame = frame.f_back
    for _ in range(7):
        if frame is None:
            return None
        fetch = waiting.pop(id(frame), None) or loading.get(id(frame))
        if fetch is not None:
            return fetch if fetch.descriptor is None or fetch.statement is WAITS else None
        frame = frame.f_back
    return None


def mark(fetch: Fetch, queryset: Any, rows: Any) -> None:
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
