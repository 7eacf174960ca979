"""The one recording of this process: its settings and its writer, shared by all hooks."""

from __future__ import annotations

import atexit
import os
from typing import Any, Callable

from .config import Config
from .fence import fenced
from .writer import Writer


class Recording:
    """Holds the writer, and what must happen when the process forks or ends."""

    config: Config
    writer: Writer

    def __init__(self) -> None:
        self.at_end: list[Callable[[], None]] = []
        self.at_fork: list[Callable[[], None]] = []

    def configure(self, config: Config) -> None:
        self.config = config
        self.writer = Writer(config)
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self.after_fork)
        self.watch_exit()

    def watch_exit(self) -> None:
        """Workers of multiprocessing and of Celery end by os._exit, which runs no atexit function."""
        original = os._exit

        def _exit(status: int) -> Any:
            self.close()
            return original(status)

        os._exit = _exit

    @property
    def close(self) -> Callable[[], None]:
        return fenced(self._close)

    @property
    def after_fork(self) -> Callable[[], None]:
        return fenced(self._after_fork)

    def _close(self) -> None:
        if self.writer.closed or self.writer.pid != os.getpid():
            return
        for act in self.at_end:
            fenced(act)()
        self.writer.close()

    def _after_fork(self) -> None:
        self.writer.after_fork()
        for act in self.at_fork:
            fenced(act)()


recording = Recording()
