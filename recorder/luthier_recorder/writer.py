"""One process's file: lines are appended, each by one write, so that a killed process loses nothing but its last line."""

from __future__ import annotations

import errno
import itertools
import json
import os
import re
import sys
import threading
import time
from typing import Any, Callable, Hashable, Optional

from . import fence
from .config import Config

VERSION = 1
RETRY_AFTER_NS = 1_000_000_000
#: Interned keys are forgotten, not kept without bound: what comes again gets a new id.
MOST_INTERNED = 50_000
LONGEST_SQL = 200_000
#: Django gives each savepoint a name of its own, so that no text of one would come a second time.
SAVEPOINT = re.compile(r"((?:RELEASE |ROLLBACK TO )?SAVEPOINT \W?)s\d+_x\d+")

encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Table:
    """Ids of one sort of thing, given out in the order of their definition."""

    __slots__ = ("ids", "last")

    def __init__(self) -> None:
        self.ids: dict[Hashable, int] = {}
        self.last = 0


class Writer:
    """Appends lines to this process's file, opens it with the first of them, and starts a new one after a fork."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.limit = config.max_size or sys.maxsize
        self.fd = -1
        self.generation = 0
        self.lost = 0
        self.retry_at = 0
        self.failure: Optional[str] = None
        self.closed = False
        #: Grows whenever ids, or what is known of code objects, are forgotten.
        self.epoch = 0
        self.new_tables()

    def new_tables(self) -> None:
        """Forgets all ids: they hold within one file."""
        self.generation += 1
        self.epoch += 1
        #: The generation while statements can be written, else -1: what is equal to it needs no other check.
        self.ready = -1
        self.size = 0
        self.is_full = False
        self.lock = threading.RLock()
        self.pid = os.getpid()
        self.statements = Table()
        self.files = Table()
        self.frames = Table()
        self.stacks = Table()
        self.stack_keys: dict[Hashable, int] = {}
        #: Ids of Python's frames, by the identity of the code and the instruction.
        self.frame_keys: dict[tuple[int, int], int] = {}
        self.names = Table()
        self.causes = Table()
        self.model_names: dict[type, int] = {}
        #: `next()` of these is atomic.
        self.scope_ids = itertools.count(1)
        self.connection_ids = itertools.count(1)
        self.fetch_ids = itertools.count(1)

    def is_ready(self) -> bool:
        """Whether a line can be written: the file is open, or could be opened now."""
        return self.fd >= 0 or self.open()

    def now(self) -> int:
        """Microseconds since the epoch that the header names."""
        return (time.perf_counter_ns() - self.base) // 1000

    def open(self) -> bool:
        with self.lock:
            if self.fd >= 0:
                return True
            if self.closed or time.perf_counter_ns() < self.retry_at:
                return False
            try:
                descriptor = self.create_file()
            except OSError as error:
                self.give_up(error)
                return False
            self.base = time.perf_counter_ns()
            header = self.header(time.time_ns() // 1000)
            self.fd = descriptor
            if not self.write(["h", VERSION, header]):
                return False
            self.ready = -1 if self.is_full else self.generation
            if self.lost:
                self.write(["d", 0, self.failure or "unwritable", self.lost])
                self.lost = 0
            return self.fd >= 0

    def create_file(self) -> int:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        for number in range(100_000):
            try:
                return os.open(os.path.join(self.config.folder, f"{self.pid}-{number}.jsonl"), flags, 0o644)
            except FileExistsError:
                continue
        raise OSError(errno.EEXIST, "no free name")

    def header(self, epoch: int) -> dict[str, Any]:
        django = sys.modules.get("django")
        config = self.config
        return {
            "epoch": epoch,
            "pid": self.pid,
            "ppid": os.getppid(),
            "argv": [str(word) for word in getattr(sys, "orig_argv", None) or getattr(sys, "argv", [])[:1]][:8]
            if config.literals
            else [os.path.basename(str(word)) for word in getattr(sys, "argv", [])[:2]],
            "python": "%d.%d.%d" % sys.version_info[:3],
            "django": django.get_version() if django and hasattr(django, "get_version") else None,
            "root": config.root,
            "recorder": config.recorder,
            "literals": config.literals,
            "fields": config.fields,
            "keys": bool(config.key),
            "sample": config.sample,
            "maxSize": config.max_size,
        }

    def write(self, line: list[Any]) -> bool:
        """Appends one line. False when it could not be written; the file is given up then."""
        return self.write_bytes((encode(line) + "\n").encode())

    def write_bytes(self, data: bytes) -> bool:
        if self.fd < 0:
            return False
        try:
            written = os.write(self.fd, data)
        except OSError as error:
            self.give_up(error)
            return False
        self.size = size = self.size + written
        if size < self.limit and written == len(data):
            return True
        if written != len(data):
            self.give_up(OSError(errno.ENOSPC, "short write"))
            return False
        self.is_full = True
        self.ready = -1
        return True

    def give_up(self, error: OSError) -> None:
        """Closes the file after a failed write and tries a new one later: this one may end in half a line."""
        with self.lock:
            descriptor, self.fd, self.ready = self.fd, -1, -1
            if descriptor >= 0:
                _close_quietly(descriptor)
                self.new_tables()
                self.lost += 1
            self.retry_at = time.perf_counter_ns() + RETRY_AFTER_NS
            reason = errno.errorcode.get(error.errno or 0, "EIO")
            if self.failure != reason:
                self.failure = reason
                self.leave_mark(reason)

    def leave_mark(self, reason: str) -> None:
        """An empty file needs no room: its name says what went wrong even on a full disk."""
        try:
            name = os.path.join(self.config.folder, f"{self.pid}.lost.{reason}")
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644))
        except OSError:
            pass

    def intern(self, table: Table, key: Hashable, line: Callable[[int], list[Any]]) -> int:
        """The id of a key; the first time, its definition is written before the id can be used."""
        known = table.ids.get(key)
        if known is not None:
            return known
        with self.lock:
            known = table.ids.get(key)
            if known is not None:
                return known
            if len(table.ids) >= MOST_INTERNED:
                table.ids.clear()
            table.last += 1
            number = table.last
            if not self.write(line(number)):
                return 0
            table.ids[key] = number
            return number

    def name(self, text: str) -> int:
        return self.intern(self.names, text, lambda number: ["n", number, text])

    def model_name(self, model: type) -> int:
        """The id of a model's label."""
        known = self.model_names.get(model)
        if known is None:
            known = self.name(model._meta.label)  # type: ignore[attr-defined]
            if known:
                self.model_names[model] = known
        return known

    def statement(self, sql: str) -> int:
        savepoint = SAVEPOINT.match(sql)
        if savepoint is not None:
            sql = f"{savepoint[1]}s{sql[savepoint.end():]}"
        text = sql if len(sql) <= LONGEST_SQL else sql[:LONGEST_SQL] + "…"
        return self.intern(self.statements, sql, lambda number: ["s", number, text])

    def drop(self, reason: str, count: int, scope: int = 0) -> None:
        """Says that statements were not written."""
        if count and self.fd >= 0:
            self.write(["d", self.now(), reason, count, scope])

    def close(self) -> None:
        """The process ends: says what was lost, and that this is the end."""
        with self.lock:
            if self.closed or self.pid != os.getpid():
                return
            self.retry_at = 0
            if self.lost and self.fd < 0:
                self.open()
            for reason, count in fence.errors.items():
                self.drop(f"recorder error, {reason}", count)
            if self.fd >= 0:
                self.write(["i", self.now()])
            descriptor, self.fd, self.ready = self.fd, -1, -1
            self.closed = True
            if descriptor >= 0:
                _close_quietly(descriptor)

    def after_fork(self) -> None:
        """The child shares the parent's file for a moment: it leaves it and begins its own with its first line."""
        descriptor, self.fd = self.fd, -1
        if descriptor >= 0:
            _close_quietly(descriptor)
        self.new_tables()
        self.lost, self.retry_at, self.closed, self.failure = 0, 0, False, None
        fence.errors.clear()


def _close_quietly(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        pass
