"""Statements, transactions and connections."""

from __future__ import annotations

import sys
from hashlib import blake2b
from time import perf_counter_ns
from types import ModuleType
from typing import Any, Callable, Optional

from .. import scopes
from ..causes import intern_cause
from ..fence import fenced, note_error
from ..fetches import expecting
from ..recording import recording
from ..stack import STOP, cause_of_queryset, code_of, stacks
from ..writer import encode
from .wrap import wrap

LONGEST_PARAMETERS = 10_000
MOST_KEYS = 20_000
_keys_of_numbers: dict[int, int] = {}
#: How many connections of this process are in a transaction; calls out of the process ask it first.
open_transactions = {"count": 0}
_backends_seen: set[int] = set()


class ConnectionWatch:
    """The execute wrapper of one connection object, and what is known of that connection."""

    __slots__ = ("connection", "id", "generation", "is_in_transaction")

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.id = 0
        self.generation = 0
        self.is_in_transaction = False

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        fetch = expecting.get()
        start = perf_counter_ns()
        try:
            result = execute(sql, params, many, context)
        except BaseException as error:
            self.note(start, sql, params, many, context, None, type(error).__name__)
            raise
        self.note(start, sql, params, many, context, fetch, None)
        return result

    def note(
        self, start: int, sql: Any, params: Any, many: bool, context: dict[str, Any], fetch: Any, error: Optional[str]
    ) -> None:
        """Writes the statement's line, or leaves it with the fetch that waits for its rows."""
        try:
            duration = (perf_counter_ns() - start) // 1000
            writer = recording.writer
            generation = writer.generation
            scope = scopes.current.get()
            if scope is None or scope.generation != generation or scope.has_ended:
                scope = scopes.of_statement()
            if not scope.is_sampled:
                return
            if writer.fd < 0 and not writer.open():
                writer.lost += 1
                return
            if writer.is_full:
                scope.dropped += 1
                return
            if self.generation != writer.generation:
                self.introduce()
            text = sql if sql.__class__ is str else as_text(sql, self.connection)
            statement = writer.statements.ids.get(text) or writer.statement(text)
            if fetch is not None:
                expecting.set(None)
                stack, found = stacks.capture(fetch.frame, cause_of_queryset(fetch.queryset))
                fetch.frame = fetch.queryset = None
            else:
                # Outside of this, the wrapper's call, and two of the cursor's own.
                stack, found = stacks.capture(sys._getframe(4), None)
            cause, instance = (0, 0) if found is None else intern_cause(found)
            config = recording.config
            if error is not None or many or config.literals:
                end = end_of(error, params, many)
            elif params and config.key and text.startswith("SELECT"):
                end = f",null,{key_of(params)}]\n"
            else:
                end = "]\n"
            time = (start - writer.base) // 1000
            if fetch is not None:
                fetch.statement = (
                    time, duration, statement, stack, scope.id, self.id, self.state(), cause, instance, end, writer.generation,
                )
                return
            rows = -1 if error is not None else row_count(context)
            writer.write_bytes(
                f'["x",{time},{duration},{statement},{stack},{scope.id},{self.id},{self.state()},{rows},{cause},{instance}{end}'.encode()
            )
        except Exception:
            note_error("statement")

    def state(self) -> int:
        """0 autocommit, 1 in a transaction, 2 in one that ATOMIC_REQUESTS or a test opened."""
        connection = self.connection
        if not connection.in_atomic_block:
            return 0 if connection.autocommit else 1
        blocks = getattr(connection, "atomic_blocks", None)
        if not blocks:
            return 1
        last = blocks[-1]
        return 2 if getattr(last, "_from_testcase", False) or getattr(last, "_luthier_implicit", False) else 1

    def introduce(self) -> None:
        """Writes the line of an open connection, in this file."""
        writer = recording.writer
        connection = self.connection
        if not writer.is_ready():
            return
        self.id = next(writer.connection_ids)
        facts = {} if connection.connection is None else facts_of(connection)
        if writer.write(["o", self.id, connection.alias, connection.vendor, writer.now(), facts]):
            self.generation = writer.generation

    def opened(self) -> None:
        if scopes.of_statement().is_sampled or self.generation != recording.writer.generation:
            self.introduce()

    def closed(self) -> None:
        writer = recording.writer
        self.left_transaction()
        if self.generation == writer.generation and writer.fd >= 0:
            writer.write(["z", self.id, writer.now()])
        self.generation = 0

    def transaction(self, what: str) -> None:
        if what == "begin" and not self.is_in_transaction:
            self.is_in_transaction = True
            open_transactions["count"] += 1
        elif what != "begin":
            self.left_transaction()
        scope = scopes.of_statement()
        writer = recording.writer
        if not scope.is_sampled or not writer.is_ready() or writer.is_full:
            return
        if self.generation != writer.generation:
            self.introduce()
        writer.write(["t", self.id, what, writer.now(), scope.id])

    def left_transaction(self) -> None:
        if self.is_in_transaction:
            self.is_in_transaction = False
            open_transactions["count"] -= 1


def end_of(error: Optional[str], params: Any, many: bool) -> str:
    count = len(params) if many and hasattr(params, "__len__") else 1
    literals = repr(params)[:LONGEST_PARAMETERS] if recording.config.literals and params is not None else None
    return f",{encode(error)},{encode(literals)},{count}]\n"


def key_of(params: Any) -> int:
    """The same number for the same parameters in this recording, and in no other: the key is in no file."""
    if params.__class__ is tuple and len(params) == 1 and params[0].__class__ is int:
        return _keys_of_numbers.get(params[0]) or key_of_number(params)
    return hashed(params)


def key_of_number(params: Any) -> int:
    """Most statements of a loop ask for one key, and pages ask for the same keys again."""
    if len(_keys_of_numbers) >= MOST_KEYS:
        _keys_of_numbers.clear()
    key = _keys_of_numbers[params[0]] = hashed(params)
    return key


def hashed(params: Any) -> int:
    try:
        return int.from_bytes(blake2b(repr(params).encode(), digest_size=6, key=recording.config.key).digest(), "big")
    except Exception:
        return 0


def row_count(context: dict[str, Any]) -> int:
    """What the driver says; other tools put cursors of their own in between, and some drivers say nothing."""
    try:
        count = context["cursor"].cursor.rowcount
    except Exception:
        return -1
    return count if count.__class__ is int else -1


def as_text(sql: Any, connection: Any) -> str:
    """SQL that was composed of parts, as drivers offer it, in its text."""
    as_string = getattr(sql, "as_string", None)
    try:
        return as_string(connection.connection) if as_string else str(sql)
    except Exception:
        return str(sql)


def facts_of(connection: Any) -> dict[str, Any]:
    """The server's version and the backend's process, where the driver knows them without asking the server."""
    raw = connection.connection
    info = getattr(raw, "info", None)
    facts: dict[str, Any] = {}
    try:
        version = getattr(info, "server_version", None) or getattr(raw, "server_version", None)
        if isinstance(version, int) and version >= 100000:
            facts["server"] = f"{version // 10000}.{version % 10000}"
        pid = getattr(info, "backend_pid", None)
        if isinstance(pid, int):
            facts["pid"] = pid
            facts["reused"] = pid in _backends_seen
            _backends_seen.add(pid)
    except Exception:
        note_error("connection facts")
    return facts


def watch_of(connection: Any) -> Optional[ConnectionWatch]:
    return connection.__dict__.get("_luthier")


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("django.db.backends.base.base", watch_connections)
    register("django.core.handlers.base", watch_implicit_transactions)


def watch_connections(module: ModuleType) -> None:
    base = module.BaseDatabaseWrapper
    wrap(base, "__init__", _after_init)
    wrap(base, "connect", _around_connect)
    wrap(base, "close", _around_close)
    wrap(base, "set_autocommit", _around_set_autocommit)
    wrap(base, "commit", lambda original: _after(original, lambda watch: watch.transaction("commit")))
    wrap(base, "rollback", lambda original: _after(original, lambda watch: watch.transaction("rollback")))


def _after_init(original: Callable[..., None]) -> Callable[..., None]:
    @fenced
    def add(connection: Any) -> None:
        connection._luthier = ConnectionWatch(connection)
        # First in the list is the outermost, and the app's own `execute_wrapper` blocks take theirs off the end.
        connection.execute_wrappers.insert(0, connection._luthier)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        add(self)

    return __init__


def _after(original: Callable[..., Any], act: Callable[[ConnectionWatch], None]) -> Callable[..., Any]:
    @fenced
    def tell(connection: Any) -> None:
        known = watch_of(connection)
        if known is not None:
            act(known)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        tell(self)
        return result

    return method


def _around_connect(original: Callable[..., Any]) -> Callable[..., Any]:
    """What receivers of `connection_created` ask is not the statement that a fetch waits for."""
    opened = _after(original, ConnectionWatch.opened)

    def connect(self: Any, *args: Any, **kwargs: Any) -> Any:
        fetch = expecting.get()
        if fetch is None:
            return opened(self, *args, **kwargs)
        expecting.set(None)
        try:
            return opened(self, *args, **kwargs)
        finally:
            expecting.set(fetch)

    return connect


def _around_close(original: Callable[..., Any]) -> Callable[..., Any]:
    @fenced
    def tell(connection: Any) -> None:
        known = watch_of(connection)
        if known is not None:
            known.closed()

    def close(self: Any, *args: Any, **kwargs: Any) -> Any:
        was_open = self.connection is not None
        try:
            return original(self, *args, **kwargs)
        finally:
            if was_open:
                tell(self)

    return close


def _around_set_autocommit(original: Callable[..., Any]) -> Callable[..., Any]:
    @fenced
    def tell(connection: Any) -> None:
        known = watch_of(connection)
        if known is not None:
            known.transaction("begin")

    def set_autocommit(self: Any, autocommit: bool, *args: Any, **kwargs: Any) -> Any:
        result = original(self, autocommit, *args, **kwargs)
        if not autocommit:
            tell(self)
        return result

    return set_autocommit


def watch_implicit_transactions(module: ModuleType) -> None:
    """The transaction around a view that ATOMIC_REQUESTS opens is told from one that the project's code opens."""
    from django.db.transaction import Atomic

    handler = module.BaseHandler

    @fenced
    def mark(view: Any, wrapped: Any) -> None:
        while wrapped is not view and wrapped is not None:
            for cell in getattr(wrapped, "__closure__", None) or ():
                if isinstance(cell.cell_contents, Atomic):
                    cell.cell_contents._luthier_implicit = True
            wrapped = getattr(wrapped, "__wrapped__", None)

    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def make_view_atomic(self: Any, view: Any) -> Any:
            wrapped = original(self, view)
            mark(view, wrapped)
            return wrapped

        return make_view_atomic

    wrap(handler, "make_view_atomic", around)
    for name in ("_get_response", "_get_response_async"):
        stacks.mark(code_of(getattr(handler, name, None)), STOP)


def forget_connections() -> None:
    """A forked child's connections are its parent's until they are opened anew."""
    open_transactions["count"] = 0
    _backends_seen.clear()


recording.at_fork.append(forget_connections)
