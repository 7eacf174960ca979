"""Celery's tasks, in whatever pool they run, eager ones included."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable

from .. import scopes
from ..fence import note_error

#: The scope of each task that runs, by its id: the signals say when one begins and ends.
_running: dict[str, Any] = {}


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("celery.signals", watch_tasks)


def watch_tasks(module: ModuleType) -> None:
    module.task_prerun.connect(begin, weak=False, dispatch_uid="luthier")
    module.task_postrun.connect(end, weak=False, dispatch_uid="luthier")


def begin(sender: Any = None, task_id: str = "", **_: Any) -> None:
    try:
        scope = scopes.begin("task", str(getattr(sender, "name", sender)))
        _running[task_id] = (scope, scopes.enter(scope))
    except Exception:
        note_error("task")


def end(task_id: str = "", state: Any = None, **_: Any) -> None:
    try:
        scope, token = _running.pop(task_id, (None, None))
        scopes.leave(token)
        scopes.end(scope, {"outcome": str(state)} if state else {})
    except Exception:
        note_error("task")
