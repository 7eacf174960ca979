"""The lines of statements and of fetches."""

from __future__ import annotations

from sys import _getframe
from types import FrameType
from typing import Any, Optional

from . import scopes
from .causes import intern_cause
from .evidence import DESCRIPTOR, QUERYSET, cause_of_queryset
from .fetches import Fetch, Statement, mark
from .keys import is_number, key_of, of_numbers
from .places import Place
from .recording import recording
from .stack import IS_RESUMED, PASSING, stacks
from .writer import encode

LONGEST_PARAMETERS = 10_000
writer = recording.writer
_NO_FORMS: dict[Any, Any] = {}
_LINE = b'["x",%d,%d,%d,%d,%d,%d,%d,%d,%d,%d%b'


class Codes:
    """The code of functions of Django's that most lazy loads come from."""

    forward: Any = None
    length: Any = None
    iteration: Any = None
    lookup: Any = None
    variable: Any = None


codes = Codes()


def prepare(watch: Any) -> Optional[scopes.Scope]:
    """The scope of a statement, with its beginning and its connection in the file; None when it is not to be written."""
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


def write_statement(ran: Statement, rows: int, frame: Optional[FrameType], many: bool, error: Optional[str]) -> None:
    """One that no fetch waits for."""
    start, duration, params, where = ran
    _, text, scope, watch, state = where
    stack, found = stacks.capture(frame, None)
    cause = instance = 0
    if found is not None:
        if error is None and not many:
            form, number = _form_of(found, stack, where)
            if form is not None:
                _, line, _, is_keyed_by_number = form
                key = is_keyed_by_number and of_numbers.get(params[0]) or key_of(params)
                writer.write_bytes(line % ((start - writer.base) // 1000, duration // 1000, rows, number, key))
                return
        cause, instance = intern_cause(found)
    statement = writer.statements.ids.get(text) or writer.statement(text)
    time = (start - writer.base) // 1000
    end = _end(text, params, many, error)
    writer.write_bytes(_LINE % (time, duration // 1000, statement, stack, scope.id, watch.id, state, rows, cause, instance, end))
    if instance and error is None and not many:
        _keep_form(found, stack, params, where, (statement, 0, cause))


def write_fetch(fetch: Fetch, queryset: Any, rows: Optional[int], frame: Optional[FrameType]) -> None:
    """The statement of a fetch and, when its rows are known, the fetch itself. -1 rows: they are read one by one."""
    ran = _take(fetch)
    if ran is None:
        return
    start, duration, params, where = ran
    _, text, scope, watch, state = where
    owner = queryset._hints.get("instance")
    if fetch.descriptor is None or owner is None:
        stack, found = stacks.capture(frame, cause_of_queryset(queryset))
    else:
        found = (DESCRIPTOR, fetch.descriptor, owner)
        stack, _ = stacks.capture(frame, found, False)
    cause, instance = (0, 0) if found is None else intern_cause(found)
    statement = writer.statements.ids.get(text) or writer.statement(text)
    time = (start - writer.base) // 1000
    end = _end(text, params, False, None)
    count = -1 if rows is None else rows
    line = _LINE % (time, duration // 1000, statement, stack, scope.id, watch.id, state, count, cause, instance, end)
    if rows is None:
        writer.write_bytes(line)
        return
    model = writer.model_names.get(queryset.model) or writer.model_name(queryset.model)
    fetch.id = next(writer.fetch_ids)
    fetch.generation = writer.generation
    writer.write_bytes(b'%b["r",%d,%d,%d,%d,%d,%d,%d]\n' % (line, fetch.id, model, stack, scope.id, rows, time, cause))
    if instance and rows >= 0 and not queryset.query.select_related:
        _keep_form(found, stack, params, where, (statement, model, cause))


def write_load(fetch: Fetch, queryset: Any, rows: Any, frame: Any) -> None:
    """The rows of a fetch. What lazy loads from the rows of another in one place have in common is put together once.

    It is one long function for the sake of its speed, and `_fetch_all` alone may call it: it counts frames.
    """
    instance = queryset._hints.get("instance")
    try:
        marked = instance._state
        origin = marked._luthier
        if type(origin) is tuple:
            origin, number = origin
        else:
            number = 0
        forms = origin.forms
    except AttributeError:
        forms = None
    if forms is not None:
        source = fetch.descriptor
        stack = None
        code = frame.f_code
        if source is not None:
            asker = frame.f_back if code is codes.forward else None
        else:
            # Rows of a related manager, that are iterated over or counted.
            source = instance.__class__
            is_plain = (code is codes.length or code is codes.iteration) and queryset.query.__dict__.get("_luthier") is None
            asker = frame.f_back if is_plain else None
        if asker is not None:
            place = asker.f_trace
            if type(place) is Place:
                if place.epoch == writer.epoch:
                    stack = place.own.get(asker.f_lasti)
            elif (code := asker.f_code) is codes.lookup:
                stack = None if fetch.descriptor is None else _stack_in_loop(origin)
            elif code.co_flags & IS_RESUMED and stacks.kinds.get(id(code)) == PASSING:
                outer = asker.f_back
                place = None if outer is None else outer.f_trace
                if type(place) is Place and place.epoch == writer.epoch:
                    stack = place.known.get((True, (outer.f_lasti, (asker.f_lasti, id(code), ()))))
        if stack is None:
            if fetch.descriptor is not None:
                stack = stacks.capture(frame, None, False)[0]
            else:
                stack, found = stacks.capture(frame, cause_of_queryset(queryset))
                source = None if found is None or found[2] is not instance else _source_of(found)
        start, duration, params, where = fetch.statement
        of_stack = forms.get(stack)
        form = None if of_stack is None else of_stack.get(source)
        if form is not None and form[0] == where and form[2]:
            if not number:
                number = origin.numbered = origin.numbered + 1
                marked._luthier = (origin, number)
            _, _, lines, is_keyed_by_number = form
            count = len(rows)
            time = (start - writer.base) // 1000
            key = is_keyed_by_number and of_numbers.get(params[0]) or key_of(params)
            fetch.id = number_of_fetch = next(writer.fetch_ids)
            fetch.generation = writer.generation
            fetch.statement = None
            writer.write_bytes(lines % (time, duration // 1000, count, number, key, number_of_fetch, count, time))
            for row in rows:
                row._state._luthier = fetch
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


def _source_of(found: Any) -> Any:
    """What tells a cause from the others of the same place, SQL and fetch. None: its lines have no common form."""
    kind, source, instance = found
    if kind == DESCRIPTOR:
        return source
    return instance.__class__ if kind == QUERYSET else None


def _form_of(found: Any, stack: int, where: Any) -> tuple[Any, int]:
    """The form of the lines of statements for an instance, and the number of the instance in its fetch."""
    source = _source_of(found)
    state = getattr(found[2], "_state", None)
    origin = getattr(state, "_luthier", None)
    number = 0
    if type(origin) is tuple:
        origin, number = origin
    if source is None or type(origin) is not Fetch or origin.forms is None:
        return None, 0
    form = origin.forms.get(stack, _NO_FORMS).get(source)
    if form is None or form[0] != where:
        return None, 0
    if not number:
        number = origin.numbered = origin.numbered + 1
        state._luthier = (origin, number)  # type: ignore[union-attr]
    return form, number


def _keep_form(found: Any, stack: int, params: Any, where: Any, numbers: tuple[int, int, int]) -> None:
    _, text, scope, watch, state = where
    config = recording.config
    source = _source_of(found)
    if source is None or not params or not config.key or config.literals or not text.startswith("SELECT"):
        return
    origin = found[2]._state._luthier[0]
    if origin.forms is None:
        origin.forms = {}
    statement, model, cause = numbers
    seen_in = b"%d,%d,%d" % (stack, scope.id, watch.id)
    line = b'["x",%%d,%%d,%d,%b,%d,%%d,%d,%%d,null,%%b]\n' % (statement, seen_in, state, cause)
    lines = b'%b["r",%%d,%d,%d,%d,%%d,%%d,%d]\n' % (line, model, stack, scope.id, cause) if model else b""
    origin.forms.setdefault(stack, {})[source] = (where, line, lines, is_number(params))


def _take(fetch: Fetch) -> Any:
    """What ran for a fetch. If the file is another by now, its scope and connection are written there too."""
    taken, fetch.statement = fetch.statement, None
    if not taken:
        return None
    start, duration, params, (ready, text, scope, watch, state) = taken
    if ready == writer.ready:
        return taken
    scope = prepare(watch)
    return None if scope is None else (start, duration, params, (scope.ready, text, scope, watch, state))


def _end(text: str, params: Any, many: bool, error: Optional[str]) -> bytes:
    config = recording.config
    if error is None and not many and not config.literals:
        return b",null,%b]\n" % key_of(params) if params and config.key and text.startswith("SELECT") else b"]\n"
    count = len(params) if many and hasattr(params, "__len__") else 1
    literals = repr(params)[:LONGEST_PARAMETERS] if config.literals and params is not None else None
    return f",{encode(error)},{encode(literals)},{count}]\n".encode()
