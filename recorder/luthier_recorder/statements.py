"""The lines of statements and of fetches."""

from __future__ import annotations

from types import FrameType
from typing import Any, Optional

from . import scopes
from .causes import intern_cause
from .fetches import Fetch, mark
from .keys import key_of, of_numbers
from .recording import recording
from .stack import DESCRIPTOR, cause_of_queryset, stacks
from .writer import encode

LONGEST_PARAMETERS = 10_000


def prepare(watch: Any) -> Optional[scopes.Scope]:
    """The scope of a statement, with its beginning and its connection in the file; None when it is not to be written."""
    writer = recording.writer
    scope = scopes.of_statement()
    if not scope.is_sampled:
        return None
    if writer.fd < 0 and not writer.open():
        writer.lost += 1
        return None
    if writer.is_full:
        scope.dropped += 1
        return None
    if scope.generation != writer.generation:
        scopes.write_beginning(scope)
    if watch.generation != writer.generation:
        watch.introduce()
    return scope


def write_statement(
    start: int, duration: int, text: str, params: Any, watch: Any, scope: scopes.Scope, state: int,
    rows: int, frame: Optional[FrameType], many: bool, error: Optional[str],
) -> None:
    """One that no fetch waits for."""
    writer = recording.writer
    statement = writer.statements.ids.get(text) or writer.statement(text)
    stack, found = stacks.capture(frame, None)
    cause, instance = (0, 0) if found is None else intern_cause(found)
    writer.write_bytes(
        f'["x",{(start - writer.base) // 1000},{duration // 1000},{statement},{stack},{scope.id},{watch.id},{state},{rows},'
        f"{cause},{instance}{_end(text, params, many, error)}".encode()
    )


def write_fetch(fetch: Fetch, queryset: Any, rows: Optional[int], frame: Optional[FrameType], descriptor: Any) -> None:
    """The statement of a fetch and, when its rows are known, the fetch itself. -1 rows: they are read one by one."""
    taken = _take(fetch)
    if taken is None:
        return
    start, duration, text, params, watch, scope, state = taken
    writer = recording.writer
    statement = writer.statements.ids.get(text) or writer.statement(text)
    if descriptor is None:
        stack, found = stacks.capture(frame, cause_of_queryset(queryset))
    else:
        found = (DESCRIPTOR, descriptor, queryset._hints["instance"])
        stack, _ = stacks.capture(frame, found, False)
    cause, instance = (0, 0) if found is None else intern_cause(found)
    time = (start - writer.base) // 1000
    end = _end(text, params, False, None)
    line = f'["x",{time},{duration // 1000},{statement},{stack},{scope.id},{watch.id},{state},{-1 if rows is None else rows},{cause},{instance}{end}'
    if rows is None:
        writer.write_bytes(line.encode())
        return
    model = writer.model_names.get(queryset.model) or writer.model_name(queryset.model)
    fetch.id = next(writer.fetch_ids)
    fetch.generation = writer.generation
    writer.write_bytes(f'{line}["r",{fetch.id},{model},{stack},{scope.id},{rows},{time},{cause}]\n'.encode())
    if descriptor is not None and rows == 1 and instance and params:
        _keep_form(found, text, stack, scope, watch, state, (statement, model, cause))


def write_load(fetch: Fetch, queryset: Any, row: Any, frame: FrameType, descriptor: Any) -> None:
    """The one row of a lazy load. What loads of one descriptor from one fetch in one place have in common is written once."""
    instance = queryset._hints["instance"]
    origin = getattr(instance._state, "_luthier", None)
    number = 0
    if origin.__class__ is tuple:
        origin, number = origin
    forms = origin.forms if origin.__class__ is Fetch else None
    if forms is None:
        return write_fetch(fetch, queryset, 1, frame, descriptor)
    start, duration, text, params, watch, scope, state = fetch.statement  # type: ignore[misc]
    writer = recording.writer
    stack, _ = stacks.capture(frame, None, False)
    form = forms.get((descriptor, stack))
    if form is None or form[0] != (writer.ready, text, scope, watch, state):
        return write_fetch(fetch, queryset, 1, frame, descriptor)
    fetch.statement = None
    if not number:
        number = origin.numbered = origin.numbered + 1
        instance._state._luthier = (origin, number)
    _, head, middle, tail = form
    if params.__class__ is tuple and len(params) == 1 and params[0].__class__ is int:
        key = of_numbers.get(params[0]) or key_of(params)
    else:
        key = key_of(params)
    time = (start - writer.base) // 1000
    fetch.id = identity = next(writer.fetch_ids)
    fetch.generation = writer.ready
    writer.write_bytes(f'["x",{time},{duration // 1000}{head}{number},null,{key}]\n["r",{identity}{middle}{time}{tail}'.encode())


def _keep_form(found: Any, text: str, stack: int, scope: scopes.Scope, watch: Any, state: int, numbers: tuple[int, int, int]) -> None:
    writer = recording.writer
    config = recording.config
    if not config.key or config.literals or not text.startswith("SELECT"):
        return
    origin = found[2]._state._luthier[0]
    if origin.forms is None:
        origin.forms = {}
    statement, model, cause = numbers
    origin.forms[found[1], stack] = (
        (writer.ready, text, scope, watch, state),
        f",{statement},{stack},{scope.id},{watch.id},{state},1,{cause},",
        f",{model},{stack},{scope.id},1,",
        f",{cause}]\n",
    )


def _take(fetch: Fetch) -> Any:
    """What ran for a fetch. If the file is another by now, its scope and connection are written there too."""
    taken, fetch.statement = fetch.statement, None
    if taken is None:
        return None
    start, duration, text, params, watch, scope, state = taken
    if scope.ready == recording.writer.ready == watch.generation:
        return taken
    scope = prepare(watch)
    return None if scope is None else (start, duration, text, params, watch, scope, state)


def _end(text: str, params: Any, many: bool, error: Optional[str]) -> str:
    config = recording.config
    if error is None and not many and not config.literals:
        return f",null,{key_of(params)}]\n" if params and config.key and text.startswith("SELECT") else "]\n"
    count = len(params) if many and hasattr(params, "__len__") else 1
    literals = repr(params)[:LONGEST_PARAMETERS] if config.literals and params is not None else None
    return f",{encode(error)},{encode(literals)},{count}]\n"
