"""The user's lines that led to a statement, and the lazy load that caused it.

The interpreter's stack is walked once for each statement; that is most of what recording costs. So every code object is
sorted once, a dict lookup by its identity tells what a frame is to us, and a stack that was seen before is found by a
tuple of code identities and instruction offsets without computing a line number.
"""

from __future__ import annotations

import itertools
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any, Callable, Optional

from .paths import LIBRARY as LIBRARY_FILE
from .paths import Paths
from .recording import recording

# What a frame is to the walk. Frames of kind SKIP are the ORM's own, ours, and the standard library's.
SKIP, LIBRARY, PROJECT, JINJA, NODE, EDGE, STOP, LANDMARK = 0, 1, 2, 3, 4, 5, 6, 7
DESCRIPTOR, REFRESH, QUERYSET, MANAGER, PREFETCH = 10, 11, 12, 13, 14

#: Overrides of these in the user's querysets and descriptors stand between a lazy load and its statement.
PASSED_THROUGH = frozenset(("get", "_fetch_all", "iterator", "__iter__", "first", "exists", "count", "__get__", "refresh_from_db", "get_object", "get_queryset"))
MOST_CODES = 20_000

PYTHON_FRAME, DJANGO_FRAME, JINJA_FRAME = 0, 1, 2
#: (kind, what the frame's locals hold): what caused a statement, as `causes` understands it.
Cause = tuple[int, Any, Any]


class Above:
    """What lies outside of a landmark: its frames in the file, and a number that no other has."""

    __slots__ = ("number", "frames", "generation")

    def __init__(self, frames: tuple[int, ...], generation: int) -> None:
        self.number = -next(_numbers)
        self.frames = frames
        self.generation = generation


class Landmark:
    """A call of Django's that has many statements below it, such as a template's loop: the walk is taken up to here, and what
    lies outside is looked at once. As long as the call runs, its frame is this one and the frames outside do not change.
    """

    __slots__ = ("frame", "at_edge", "within")

    def __init__(self, frame: int) -> None:
        #: Its identity; 0 once the call is over, as another frame may have it then.
        self.frame = frame
        self.at_edge: Optional[Above] = None
        self.within: Optional[Above] = None

    def above(self, walker: Stacks, frame: FrameType, is_edge: bool) -> Above:
        """The frames outside, which hold the template's own line when nothing further in did."""
        known = self.at_edge if is_edge else self.within
        if known is None or known.generation != recording.writer.generation:
            known = walker.look_above(frame.f_back, is_edge)
            if is_edge:
                self.at_edge = known
            else:
                self.within = known
        return known


#: The innermost landmark that runs.
landmarks: ContextVar[Optional[Landmark]] = ContextVar("luthier_landmark", default=None)
_numbers = itertools.count(1)


class Stacks:
    """Walks and interns stacks."""

    def __init__(self) -> None:
        self.kinds: dict[int, int] = {}
        self.codes: dict[int, CodeType] = {}
        self.special: dict[int, int] = {}
        self.kept: list[CodeType] = []
        self.categories: dict[str, int] = {}
        self.aboves: dict[tuple[int, ...], Above] = {}
        self.paths = Paths(recording.config.root)

    def mark(self, code: Optional[CodeType], kind: int) -> None:
        """Gives the code of one of Django's functions a meaning for the walk."""
        if code is None:
            return
        self.kept.append(code)
        self.special[id(code)] = kind
        self.kinds[id(code)] = kind

    def capture(self, frame: Optional[FrameType], cause: Optional[Cause]) -> tuple[int, Optional[Cause]]:
        """The id of the stack from `frame` outwards, and what caused the statement: a frame may know better than `cause`."""
        key, frames, cause, above = self.walk(frame, cause, True)
        if above is not None:
            key.append(above.number)
        elif not frames:
            self.keep_innermost(frame, key, frames)
        identity = tuple(key)
        known = recording.writer.stack_keys.get(identity)
        return (self.define(identity, frames, above) if known is None else known), cause

    def walk(
        self, frame: Optional[FrameType], cause: Optional[Cause], is_edge: bool
    ) -> tuple[list[Any], list[Any], Optional[Cause], Optional[Above]]:
        """From `frame` outwards to where a request or test begins, or to a place whose outside is known."""
        kinds = self.kinds
        key: list[Any] = []
        frames: list[Any] = []
        is_searching = True
        while frame is not None:
            try:
                kind = kinds[id(frame.f_code)]
            except KeyError:
                kind = self.classify(frame)
                kinds = self.kinds
            # Most frames are Django's own or a library's.
            if not kind:
                frame = frame.f_back
                continue
            if kind == PROJECT or kind == JINJA:
                code = frame.f_code
                key.append(id(code))
                key.append(frame.f_lasti)
                frames.append(frame)
                if is_searching and (cause is not None or code.co_name not in PASSED_THROUGH):
                    is_searching = False
            elif kind == NODE:
                if is_edge:
                    place = _place_of_node(frame.f_locals.get("self"))
                    if place is not None:
                        key.extend(place)
                        frames.append(place)
                        is_edge = False
            elif kind == EDGE:
                is_edge = True
            elif kind == LANDMARK:
                landmark = landmarks.get()
                if landmark is not None and landmark.frame == id(frame):
                    return key, frames, cause, landmark.above(self, frame, is_edge)
            elif kind == STOP:
                break
            elif is_searching:
                cause, is_searching = _look_for_cause(kind, frame, cause)
            frame = frame.f_back
        return key, frames, cause, None

    def look_above(self, frame: Optional[FrameType], is_edge: bool) -> Above:
        key, frames, _, above = self.walk(frame, None, is_edge)
        if above is None and not frames:
            self.keep_innermost(frame, key, frames)
        outer = () if above is None else above.frames
        return self.intern_above(tuple(self.frame_id(one) for one in frames) + outer)

    def intern_above(self, frames: tuple[int, ...]) -> Above:
        """One number for one way here, so that a stack that comes again by it has one key."""
        generation = recording.writer.generation
        known = self.aboves.get(frames)
        if known is None or known.generation != generation:
            if len(self.aboves) >= MOST_CODES:
                self.aboves.clear()
            known = self.aboves[frames] = Above(frames, generation)
        return known

    def keep_innermost(self, frame: Optional[FrameType], key: list[Any], frames: list[Any]) -> None:
        """Of a stack without a line of the project, the innermost frame of a library stays."""
        while frame is not None:
            code = frame.f_code
            if self.kinds.get(id(code)) == STOP:
                return
            if self.category(code.co_filename, code.co_name) == LIBRARY:
                key.append(id(code))
                key.append(frame.f_lasti)
                frames.append(frame)
                return
            frame = frame.f_back

    def classify(self, frame: FrameType) -> int:
        """Sorts a code object, once."""
        code = frame.f_code
        if len(self.codes) >= MOST_CODES:
            self.forget()
        if "__jinja_template__" in frame.f_globals and frame.f_globals.get("__name__") != "jinja2.environment":
            kind = JINJA
        else:
            kind = self.category(code.co_filename, code.co_name)
        self.codes[id(code)] = code
        # Both are passed by; `keep_innermost` asks again which of them it is.
        kind = self.kinds[id(code)] = SKIP if kind == LIBRARY else kind
        return kind

    def forget(self) -> None:
        """Identities are only good while the code object lives, and generated code comes without end."""
        self.codes.clear()
        self.kinds = dict(self.special)
        recording.writer.stack_keys.clear()

    def category(self, filename: str, function: str) -> int:
        known = self.categories.get(filename)
        if known is None:
            known = self.categories[filename] = self.sort_file(filename)
        return SKIP if filename == "<string>" and function != "<module>" else known

    def sort_file(self, filename: str) -> int:
        path, kind = self.paths.sort(filename)
        if filename.startswith("<"):
            # What was typed into a shell is shown when it is all there is.
            return LIBRARY if filename in _TYPED_IN or filename.startswith("<ipython") else SKIP
        if kind != LIBRARY_FILE:
            return PROJECT
        is_orm = path.startswith(("django/db/", "asgiref/")) or "/django/db/" in path
        is_package = path != filename and not path.startswith("/")
        return SKIP if is_orm or not is_package else LIBRARY

    def define(self, identity: tuple[Any, ...], frames: list[Any], above: Optional[Above]) -> int:
        """A new key: the stack's frames are interned. Several keys can be one stack, one line having many instructions."""
        writer = recording.writer
        numbers = tuple(self.frame_id(frame) for frame in frames) + (() if above is None else above.frames)
        number = writer.intern(writer.stacks, numbers, lambda number: ["k", number, list(numbers)])
        if number:
            if len(writer.stack_keys) > MOST_CODES:
                writer.stack_keys.clear()
            writer.stack_keys[identity] = number
        return number

    def frame_id(self, frame: Any) -> int:
        path, line, name, kind = _describe(frame)
        writer = recording.writer
        file = self.file_id(path)
        return writer.intern(
            writer.frames, (file, line, name, kind), lambda number: ["f", number, file, line, name, kind]
        )

    def file_id(self, path: str) -> int:
        writer = recording.writer
        shown, kind = self.paths.sort(path) if path not in writer.files.ids else ("", 0)
        return writer.intern(writer.files, path, lambda number: ["p", number, shown, kind])


_TYPED_IN = frozenset(("<string>", "<stdin>", "<console>"))


def _place_of_node(node: Any) -> Optional[tuple[str, int]]:
    """The template and the line of a node of Django's template language."""
    origin = getattr(node, "origin", None)
    token = getattr(node, "token", None)
    name = getattr(origin, "name", None)
    line = getattr(token, "lineno", None)
    return (name, line) if isinstance(name, str) and isinstance(line, int) else None


def _describe(frame: Any) -> tuple[str, int, str, int]:
    if isinstance(frame, tuple):
        return frame[0], frame[1], "", DJANGO_FRAME
    code = frame.f_code
    name = getattr(code, "co_qualname", code.co_name)
    template = frame.f_globals.get("__jinja_template__")
    if template is not None:
        try:
            return template.filename or "<template>", template.get_corresponding_lineno(frame.f_lineno), name, JINJA_FRAME
        except Exception:
            pass
    return code.co_filename, frame.f_lineno or 0, name, PYTHON_FRAME


def _look_for_cause(kind: int, frame: FrameType, found: Optional[Cause]) -> tuple[Optional[Cause], bool]:
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
    if left is not None and left.__class__ is not int:
        return MANAGER, left, left.instance
    instance = queryset._hints.get("instance")
    return (QUERYSET, queryset, instance) if instance is not None else None


def code_of(function: Any) -> Optional[CodeType]:
    """The code object of a function or method, through decorators that keep `__wrapped__`."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return getattr(function, "__code__", None)


def nested_codes(function: Callable[..., Any], names: frozenset[str]) -> list[CodeType]:
    """The code of functions that are defined inside another one, such as the methods of related managers."""
    found: list[CodeType] = []
    waiting = [code for code in [code_of(function)] if code is not None]
    while waiting:
        for constant in waiting.pop().co_consts:
            if isinstance(constant, CodeType):
                waiting.append(constant)
                if constant.co_name in names:
                    found.append(constant)
    return found


stacks = Stacks()
