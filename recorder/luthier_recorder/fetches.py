"""Fetches: which evaluated queryset an instance came from.

An instance's `_state` carries its fetch, so that a lazy load can say which queryset should have loaded it. The statement
of a fetch waits for its rows to be there, and both lines are written at once.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any, Optional

from .recording import recording
from .stack import PASSING, PROJECT, stacks


class Fetch:
    """One evaluation of a queryset. Pickles as 0, so that a pickled instance does not need the recorder.

    `begin` makes it: a class with an `__init__` costs more.
    """

    __slots__ = ("id", "generation", "numbered", "statement", "causes", "forms", "reads", "__weakref__")

    id: int
    generation: int
    #: How many of its rows were told apart so far, because something was loaded lazily from them.
    numbered: int
    #: What ran for it, until its line is written.
    statement: Optional[Statement]
    #: Ids of causes that led from its rows to other statements, by descriptor.
    causes: Optional[dict[Any, int]]
    #: What the lines of such statements have in common, by descriptor and stack.
    forms: Optional[dict[Any, Any]]
    reads: Any

    def __reduce__(self) -> Any:
        return (int, ())

    def __copy__(self) -> Fetch:
        return self

    def __deepcopy__(self, memo: Any) -> Fetch:
        return self


#: Start and duration in nanoseconds, SQL, parameters, the connection's watch, scope, and state of the transaction.
Statement = tuple[int, int, str, Any, Any, Any, int]

#: The fetches whose statement has not run yet, by the identity of the frame that evaluates them. No other thread, task or
#: greenlet has that frame, so nothing has to be carried along.
waiting: dict[int, Fetch] = {}
recording.at_fork.append(waiting.clear)

#: Frames that can stand between a cursor of another tool's and the queryset's own.
MOST_BETWEEN = 24
#: Where rows of models are asked for.
_asking: set[CodeType] = set()
#: What is asked below these is asked by somebody else.
_elsewhere: set[CodeType] = set()


def begin() -> Fetch:
    fetch = Fetch()
    fetch.id = fetch.generation = fetch.numbered = 0
    fetch.statement = fetch.causes = fetch.forms = fetch.reads = None
    return fetch


def watch_code(asking: Optional[CodeType], *elsewhere: Optional[CodeType]) -> None:
    if asking is not None:
        _asking.add(asking)
    _elsewhere.update(code for code in elsewhere if code is not None)


def take_waiting(frame: Optional[FrameType]) -> Optional[Fetch]:
    """The fetch that waits for the statement of a cursor, when it is not where Django alone would have it."""
    for _ in range(MOST_BETWEEN):
        if frame is None or frame.f_code in _elsewhere or stacks.kinds.get(id(frame.f_code)) in (PROJECT, PASSING):
            return None
        if frame.f_code in _asking:
            break
        frame = frame.f_back
    for _ in range(4):
        if frame is None:
            return None
        fetch = waiting.pop(id(frame), None)
        if fetch is not None:
            return fetch
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
