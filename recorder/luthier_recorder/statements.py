"""The lines of statements and of fetches."""

from __future__ import annotations

from sys import _getframe
from types import FrameType
from typing import Any, Optional

from . import scopes
from .causes import intern_cause
from .fetches import Fetch, mark
from .keys import is_number, key_of, of_numbers
from .recording import recording
from .stack import DESCRIPTOR, Place, cause_of_queryset, stacks
from .writer import encode

LONGEST_PARAMETERS = 10_000


class Codes:
    """The code of functions of Django's that most lazy loads come from."""

    forward: Any = None
    lookup: Any = None
    variable: Any = None


codes = Codes()


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


def write_fetch(fetch: Fetch, queryset: Any, rows: Optional[int], frame: Optional[FrameType]) -> None:
    """The statement of a fetch and, when its rows are known, the fetch itself. -1 rows: they are read one by one."""
    taken = _take(fetch)
    if taken is None:
        return
    start, duration, params, where = taken
    _, text, scope, watch, state = where
    writer = recording.writer
    statement = writer.statements.ids.get(text) or writer.statement(text)
    descriptor = fetch.descriptor
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
    if descriptor is not None and rows == 1 and instance and params and not queryset.query.select_related:
        _keep_form(found, stack, params, where, (statement, model, cause))


def write_load(fetch: Fetch, queryset: Any, rows: Any, frame: Any) -> None:
    """The rows of a lazy load. What loads of one descriptor from one fetch in one place have in common is put together once.

    It is one long function for the sake of its speed, and `_fetch_all` alone may call it: it counts frames.
    """
    instance = queryset._hints["instance"]
    origin = getattr(instance._state, "_luthier", None)
    if origin.__class__ is tuple:
        origin, number = origin
    else:
        number = 0
    forms = origin.forms if origin.__class__ is Fetch else None
    if forms is not None and len(rows) == 1:
        stack = None
        if frame.f_code is codes.forward:
            frame = frame.f_back
            if frame.f_code is codes.lookup:
                stack = _stack_in_loop(origin)
            else:
                place = frame.f_trace
                if place.__class__ is Place and place.epoch == recording.writer.epoch:
                    stack = place.known.get((True, (frame.f_lasti, ())))
        if stack is None:
            stack = stacks.capture(frame, None, False)[0]
        start, duration, params, where = fetch.statement
        form = forms.get((fetch.descriptor, stack))
        if form is not None and form[0] == where:
            writer = recording.writer
            if not number:
                number = origin.numbered = origin.numbered + 1
                instance._state._luthier = (origin, number)
            where, head, middle, tail, is_keyed_by_number = form
            key = is_keyed_by_number and of_numbers.get(params) or key_of(params)
            time = f"{(start - writer.base) // 1000}"
            fetch.id = identity = next(writer.fetch_ids)
            fetch.generation = where[0]
            fetch.statement = None
            writer.write_bytes(f'["x",{time},{duration // 1000}{head}{number},null,{key}]\n["r",{identity}{middle}{time}{tail}'.encode())
            rows[0]._state._luthier = fetch
            return
    write_fetch(fetch, queryset, len(rows), frame)
    mark(fetch, queryset, rows)


def _stack_in_loop(origin: Fetch) -> Optional[int]:
    """The stack of a variable in a template's loop: as long as that runs, a node below it is reached in one way only."""
    try:
        # Outside of this: ours, ours, `__len__`, `get`, `get_object`, ours, `__get__`, the lookup, and two of the expression's.
        frame = _getframe(11)
        if frame.f_code is not codes.variable:
            return None
        node = frame.f_locals["self"]
        known = None if origin.loops is None else origin.loops.get(id(node))
        if known is not None:
            depth, place, stack, _ = known
            if _getframe(depth).f_trace is place:
                return stack
    except ValueError:
        return None
    if origin.loops is None:
        origin.loops = {}
    found = stacks.loop_of(frame)
    if found is None:
        return None
    depth, place = found
    stack = stacks.capture(frame, None, False)[0]
    origin.loops[id(node)] = (depth + 11, place, stack, node)
    return stack


def _keep_form(found: Any, stack: int, params: Any, where: Any, numbers: tuple[int, int, int]) -> None:
    _, text, scope, watch, state = where
    config = recording.config
    if not config.key or config.literals or not text.startswith("SELECT"):
        return
    origin = found[2]._state._luthier[0]
    if origin.forms is None:
        origin.forms = {}
    statement, model, cause = numbers
    origin.forms[found[1], stack] = (
        where,
        f",{statement},{stack},{scope.id},{watch.id},{state},1,{cause},",
        f",{model},{stack},{scope.id},1,",
        f",{cause}]\n",
        is_number(params),
    )


def _take(fetch: Fetch) -> Any:
    """What ran for a fetch. If the file is another by now, its scope and connection are written there too."""
    taken, fetch.statement = fetch.statement, None
    if taken is None:
        return None
    start, duration, params, (ready, text, scope, watch, state) = taken
    if ready == recording.writer.ready:
        return taken
    scope = prepare(watch)
    return None if scope is None else (start, duration, params, (scope.ready, text, scope, watch, state))


def _end(text: str, params: Any, many: bool, error: Optional[str]) -> str:
    config = recording.config
    if error is None and not many and not config.literals:
        return f",null,{key_of(params)}]\n" if params and config.key and text.startswith("SELECT") else "]\n"
    count = len(params) if many and hasattr(params, "__len__") else 1
    literals = repr(params)[:LONGEST_PARAMETERS] if config.literals and params is not None else None
    return f",{encode(error)},{encode(literals)},{count}]\n"
