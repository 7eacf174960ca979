"""What running frames remember of the stacks that go through them."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

#: Stacks that one frame remembers.
MOST_KNOWN = 2_000
#: Python 3.9 takes the line of a frame that has an `f_trace` from its last trace event, even if there was none.
HAS_PLACES = sys.version_info >= (3, 10)


class Place:
    """What a running frame remembers of the stacks that go through it.

    It lies in the frame's `f_trace`, which only debuggers use, goes with the frame, and holds nothing of the app's. Called by
    Python because lines are being traced, it does nothing.
    """

    __slots__ = ("epoch", "known", "own", "outside")

    def __init__(self, epoch: int) -> None:
        #: The writer's: ids and the identities of code are good in one epoch.
        self.epoch = epoch
        #: Ids of stacks, by what lies further in.
        self.known: dict[tuple[Any, ...], int] = {}
        #: Those of statements with no line to show further in, by the instruction of the frame itself: most are such.
        self.own: dict[int, int] = {}
        #: Ids of the frames outside, by whether the next node of a template is a line to show.
        self.outside: dict[bool, tuple[int, ...]] = {}

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        return None

    def __bool__(self) -> bool:
        """A debugger that steps out into this frame asks whether it is traced."""
        return False


#: Stands in a frame that had one statement below it. Most have no second, and a place of their own would be in vain.
seen_once = Place(-1)


def remember(frame: FrameType, epoch: int, key: tuple[Any, ...], number: int) -> None:
    place = frame.f_trace
    if type(place) is not Place:
        return
    if place.epoch != epoch:  # type: ignore[union-attr]
        place = frame.f_trace = Place(epoch)
    elif len(place.known) >= MOST_KNOWN:  # type: ignore[union-attr]
        place.known.clear()  # type: ignore[union-attr]
    place.known[key] = number  # type: ignore[union-attr]
    if key == (True, (frame.f_lasti, ())):
        place.own[frame.f_lasti] = number  # type: ignore[union-attr]
