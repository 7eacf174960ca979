"""Keeps the recorder's own errors away from the app."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

#: Errors of the recorder's own, counted by what failed; the recording says so at its end.
errors: dict[str, int] = {}


def note_error(what: str) -> None:
    """Counts the exception that is being handled. Its message may hold values of the user's, so only its class is kept."""
    kind, _, _ = sys.exc_info()
    reason = f"{what}: {kind.__name__ if kind else 'error'}"
    errors[reason] = errors.get(reason, 0) + 1


def fenced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function that never raises: when it fails, the failure is counted and the result is None."""

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception:
            note_error(function.__name__)
            return None

    call.__name__ = function.__name__
    return call
