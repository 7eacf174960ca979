"""Statements, transactions and connections."""

from __future__ import annotations

from sys import _getframe
from time import perf_counter_ns
from types import ModuleType
from typing import Any, Callable, Optional

from .. import scopes
from ..fence import fenced, note_error
from ..fetches import WAITS, loading, take_waiting, waiting, watch_code
from ..recording import recording
from ..stack import STOP, code_of, stacks
from ..statements import prepare, write_statement
from .wrap import wrap

#: How many connections of this process are in a transaction; calls out of the process ask it first.
open_transactions = {"count": 0}
_backends_seen: set[int] = set()


class ConnectionWatch:
    """What is known of one connection object."""

    __slots__ = ("connection", "id", "generation", "is_in_transaction")

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.id = 0
        #: Of the file that has its line.
        self.generation = 0
        self.is_in_transaction = False

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


def state_in_atomic(connection: Any) -> int:
    """1 in a transaction of the code's, 2 in one that ATOMIC_REQUESTS or a test opened."""
    blocks = getattr(connection, "atomic_blocks", None)
    if not blocks:
        return 1
    last = blocks[-1]
    return 2 if last._luthier_implicit or getattr(last, "_from_testcase", False) else 1


def _around_execute(original: Callable[..., Any], plain: type) -> Callable[..., Any]:
    """All that runs statements comes through here, outside of the app's own wrappers.

    It is one long function for the sake of its speed.
    """

    current = scopes.current.get
    writer = recording.writer

    def _execute_with_wrappers(self: Any, sql: Any, params: Any, many: bool, executor: Any) -> Any:
        start = perf_counter_ns()
        try:
            result = original(self, sql, params, many, executor)
        except BaseException as error:
            note_failure(self, (start, perf_counter_ns() - start, sql, params), many, type(error).__name__)
            raise
        duration = perf_counter_ns() - start
        try:
            connection = self.db
            watch = connection._luthier
            scope = current()
            ready = writer.ready
            if scope is None or scope.ready != ready or watch.generation != ready:
                scope = prepare(watch)
                if scope is None:
                    return result
                ready = scope.ready
            if connection.in_atomic_block:
                state = state_in_atomic(connection)
            else:
                state = 0 if connection.autocommit else 1
            text = sql if type(sql) is str else as_text(sql, connection)
            if loading:
                # Outside of this: the cursor's, the compiler's, the rows' iterator's, `_fetch_all`, ours, `__len__`, `get`,
                # Django's `get_object`, and ours. Cursors of DEBUG have one more.
                try:
                    fetch = loading.get(id(_getframe(9 if type(self) is plain else 10)))
                    if fetch is not None and fetch.statement is WAITS:
                        fetch.statement = (start, duration, params, (ready, text, scope, watch, state))
                        return result
                except ValueError:
                    pass
            if waiting or loading:
                # The first five of these.
                try:
                    fetch = waiting.pop(id(_getframe(5 if type(self) is plain else 6)), None)
                except ValueError:
                    fetch = None
                if fetch is None:
                    fetch = take_waiting(_getframe(2))
                if fetch is not None:
                    fetch.statement = (start, duration, params, (ready, text, scope, watch, state))
                    return result
            ran = (start, duration, params, (ready, text, scope, watch, state))
            write_statement(ran, row_count(self), _getframe(2), many, None)
        except Exception:
            note_error("statement")
        return result

    return _execute_with_wrappers


def note_failure(cursor: Any, statement: tuple[int, int, Any, Any], many: bool, error: str) -> None:
    start, duration, sql, params = statement
    try:
        connection = cursor.db
        watch = connection._luthier
        scope = prepare(watch)
        if scope is None:
            return
        state = state_in_atomic(connection) if connection.in_atomic_block else 0 if connection.autocommit else 1
        text = sql if type(sql) is str else as_text(sql, connection)
        ran = (start, duration, params, (scope.ready, text, scope, watch, state))
        write_statement(ran, -1, _getframe(3), many, error)
    except Exception:
        note_error("statement")


def row_count(cursor: Any) -> int:
    """What the driver says; other tools put cursors of their own in between, and some drivers say nothing."""
    try:
        count = cursor.cursor.rowcount
    except Exception:
        return -1
    return count if type(count) is int else -1


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
    register("django.db.backends.utils", watch_cursors)
    register("django.db.transaction", watch_transactions)
    register("django.core.handlers.base", watch_implicit_transactions)


def watch_connections(module: ModuleType) -> None:
    base = module.BaseDatabaseWrapper
    wrap(base, "__init__", _after_init)
    watch_code(None, code_of(base.connect))
    wrap(base, "connect", lambda original: _after(original, ConnectionWatch.opened))
    wrap(base, "close", _around_close)
    wrap(base, "set_autocommit", _around_set_autocommit)
    wrap(base, "commit", lambda original: _after(original, lambda watch: watch.transaction("commit")))
    wrap(base, "rollback", lambda original: _after(original, lambda watch: watch.transaction("rollback")))


def watch_cursors(module: ModuleType) -> None:
    plain = module.CursorWrapper
    wrap(plain, "_execute_with_wrappers", lambda original: _around_execute(original, plain))


def watch_transactions(module: ModuleType) -> None:
    module.Atomic._luthier_implicit = False


def _after_init(original: Callable[..., None]) -> Callable[..., None]:
    @fenced
    def add(connection: Any) -> None:
        connection._luthier = ConnectionWatch(connection)

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
