"""What frames and querysets of Django's tell about the cause of a statement."""

from __future__ import annotations

from types import FrameType
from typing import Any, Optional

# The kinds of frames that tell. `stack` has others, below these.
DESCRIPTOR, REFRESH, QUERYSET, MANAGER, PREFETCH = 10, 11, 12, 13, 14
#: (kind, what the frame's locals hold): what caused a statement, as `causes` understands it.
Cause = tuple[int, Any, Any]


def look_for_cause(kind: int, frame: FrameType, found: Optional[Cause]) -> tuple[Optional[Cause], bool]:
    """What a frame of Django's says about the cause, and whether a frame further out may know better.

    Asking a frame for its locals copies them: only a frame that can tell is asked.
    """
    if kind == DESCRIPTOR:
        values = frame.f_locals
        instance = values.get("instance")
        return ((DESCRIPTOR, values.get("self"), instance), False) if instance is not None else (found, True)
    if kind == PREFETCH:
        values = frame.f_locals
        instances = values.get("instances")
        lookup = values.get("lookup")
        return ((PREFETCH, (lookup, values.get("level", 0)), instances[0]), False) if instances else (found, True)
    if kind != REFRESH and found is not None:
        return found, True
    owner = frame.f_locals.get("self")
    if kind == REFRESH:
        return ((REFRESH, None, owner), True) if found is None or found[2] is owner else (found, True)
    if kind == MANAGER:
        instance = getattr(owner, "instance", None)
        return ((MANAGER, owner, instance), True) if instance is not None else (None, True)
    return cause_of_queryset(owner), True


def cause_of_queryset(queryset: Any) -> Optional[Cause]:
    """What a related manager left on its querysets tells whose they are."""
    left = queryset.query.__dict__.get("_luthier")
    if left is not None and type(left) is not int:
        return MANAGER, left, left.instance
    instance = queryset._hints.get("instance")
    return (QUERYSET, queryset, instance) if instance is not None else None
