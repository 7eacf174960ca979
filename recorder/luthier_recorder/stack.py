"""The user's lines that led to a statement, and the lazy load that caused it.

The interpreter's stack is walked for each statement; that is much of what recording costs. So every code object is
sorted once, a dict lookup by its identity tells what a frame is to us, a stack that was seen before is found by a tuple
of code identities and instruction offsets without computing a line number, and a frame that had two statements below it
remembers the stacks through it (`places`): as long as it runs, what lies outside of it does not change.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any, Callable, Optional

from .evidence import Cause, look_for_cause
from .paths import LIBRARY as LIBRARY_FILE
from .paths import Paths
from .places import HAS_PLACES, Place, remember, seen_once
from .recording import recording

# What a frame is to the walk. Frames of kind SKIP are the ORM's own, ours, and the standard library's. A LOOP is a call
# of Django's that has many statements below it. PASSING is the project's, but who called it can change, or matters.
SKIP, LIBRARY, PROJECT, PASSING, NODE, EDGE, STOP, LOOP = 0, 1, 2, 3, 4, 5, 6, 7

#: Overrides of these in the user's querysets and descriptors stand between a lazy load and its statement.
PASSED_THROUGH = frozenset(
    ("get", "_fetch_all", "iterator", "__iter__", "first", "exists", "count", "__get__", "refresh_from_db", "get_object", "get_queryset")
)
MOST_CODES = 20_000
#: A generator or a coroutine is resumed by another frame each time: CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR.
IS_RESUMED = 0x20 | 0x80 | 0x200

PYTHON_FRAME, DJANGO_FRAME, JINJA_FRAME = 0, 1, 2


class Stacks:
    """Walks and interns stacks."""

    def __init__(self) -> None:
        self.kinds: dict[int, int] = {}
        self.codes: dict[int, CodeType] = {}
        self.special: dict[int, int] = {}
        self.kept: list[CodeType] = []
        self.categories: dict[str, int] = {}
        self.paths = Paths(recording.config.root)

    def mark(self, code: Optional[CodeType], kind: int) -> None:
        """Gives the code of one of Django's functions a meaning for the walk."""
        if code is None:
            return
        self.kept.append(code)
        self.special[id(code)] = kind
        self.kinds[id(code)] = kind

    def capture(
        self, start: Optional[FrameType], cause: Optional[Cause], is_searching: bool = True
    ) -> tuple[int, Optional[Cause]]:
        """The id of the stack from `start` outwards, and what caused the statement: a frame may know better than `cause`."""
        kinds = self.kinds
        writer = recording.writer
        epoch = writer.epoch
        key: tuple[Any, ...] = ()
        known = writer.stack_keys
        is_edge = True
        is_planting = False
        frame = start
        while frame is not None:
            try:
                kind = kinds[id(frame.f_code)]
            except KeyError:
                kind = self.classify(frame)
                kinds, epoch = self.kinds, writer.epoch
            # Most frames are Django's own or a library's.
            if not kind:
                frame = frame.f_back
                continue
            if kind == PROJECT:
                place = frame.f_trace
                if place is None:
                    if HAS_PLACES:
                        frame.f_trace = seen_once
                elif type(place) is Place:
                    if place.epoch == epoch:
                        known = place.known
                        key = (frame.f_lasti, key)
                        break
                    is_planting = True
                key = (frame.f_lasti, id(frame.f_code), key)
                is_searching = False
            elif kind == PASSING:
                key = (frame.f_lasti, id(frame.f_code), key)
                if is_searching and (cause is not None or frame.f_code.co_name not in PASSED_THROUGH):
                    is_searching = False
            elif kind == NODE:
                if is_edge:
                    line = _line_of_node(frame)
                    if line is not None:
                        key = (line, key)
                        is_edge = False
            elif kind == EDGE:
                is_edge = True
            elif kind == LOOP:
                place = frame.f_trace
                if place is None:
                    if HAS_PLACES:
                        frame.f_trace = seen_once
                elif type(place) is Place:
                    if place.epoch != epoch:
                        is_planting = True
                    elif key:
                        known = place.known
                        break
            elif kind == STOP:
                break
            elif is_searching:
                cause, is_searching = look_for_cause(kind, frame, cause)
            frame = frame.f_back
        if not key:
            library = self.innermost_library(start)
            if library is not None:
                key = (library.f_lasti, id(library.f_code), key)
        number = known.get((is_edge, key))
        if number is None or is_planting:
            number = self.define(start)
        return number, cause

    def define(self, start: Optional[FrameType]) -> int:
        """Interns a stack, and keeps its number with the frames that had a statement before, or else for all to find.

        Several keys can be one stack, one line having many instructions.
        """
        writer = recording.writer
        epoch = writer.epoch
        places: list[tuple[FrameType, tuple[Any, ...]]] = []
        key, numbers, is_placed = self.look(start, True, places)
        library = None if numbers else self.innermost_library(start)
        if library is not None:
            key, numbers = (key[0], (library.f_lasti, id(library.f_code), ())), (self.python_frame_id(library),)
        number = writer.intern(writer.stacks, numbers, lambda number: ["k", number, list(numbers)])
        if not number or writer.epoch != epoch:
            return number
        for frame, key_here in places:
            remember(frame, epoch, key_here, number)
        if not is_placed:
            if len(writer.stack_keys) > MOST_CODES:
                writer.stack_keys.clear()
            writer.stack_keys[key] = number
        return number

    def look(
        self, frame: Optional[FrameType], is_edge: bool, places: list[tuple[FrameType, tuple[Any, ...]]]
    ) -> tuple[tuple[Any, ...], tuple[int, ...], bool]:
        """The same walk, of each new stack: its key, the ids of its frames, and whether a frame knew what lies outside.

        `places` receives the frames that had a statement below them, with the key as they see it.
        """
        epoch = recording.writer.epoch
        key: tuple[Any, ...] = ()
        numbers: list[int] = []
        while frame is not None:
            kind = self.kind_of(frame)
            if kind == STOP:
                break
            if kind == PROJECT or kind == LOOP:
                place = frame.f_trace
                if type(place) is Place:
                    places.append((frame, (is_edge, (frame.f_lasti, key) if kind == PROJECT else key)))
                    if place.epoch == epoch and (key or kind == PROJECT):
                        if kind == PROJECT:
                            numbers.append(self.python_frame_id(frame))
                        return (), (*numbers, *self.outside(place, frame, is_edge)), True
            if kind == PROJECT or kind == PASSING:
                key = (frame.f_lasti, id(frame.f_code), key)
                numbers.append(self.python_frame_id(frame))
            elif kind == EDGE:
                is_edge = True
            elif kind == NODE and is_edge:
                line = _line_of_node(frame)
                if line is not None:
                    key = (line, key)
                    numbers.append(self.frame_id(line))
                    is_edge = False
            frame = frame.f_back
        return (is_edge, key), tuple(numbers), False

    def outside(self, place: Place, frame: FrameType, is_edge: bool) -> tuple[int, ...]:
        known = place.outside.get(is_edge)
        if known is None:
            known = place.outside[is_edge] = self.look(frame.f_back, is_edge, [])[1]
        return known

    def loop_of(self, frame: Optional[FrameType]) -> Optional[tuple[int, Place]]:
        """How far outside the loop is that a node of the same template stands in, and its place."""
        depth = 0
        while frame is not None:
            kind = self.kind_of(frame)
            if kind == LOOP:
                place = frame.f_trace
                return (depth, place) if type(place) is Place and place is not seen_once else None  # type: ignore[return-value]
            if kind != SKIP and kind != NODE:
                return None
            frame = frame.f_back
            depth += 1
        return None

    def innermost_library(self, frame: Optional[FrameType]) -> Optional[FrameType]:
        """Of a stack without a line of the project, the innermost frame of a library stays."""
        while frame is not None:
            code = frame.f_code
            if self.kinds.get(id(code)) == STOP:
                return None
            if self.category(code.co_filename, code.co_name) == LIBRARY:
                return frame
            frame = frame.f_back
        return None

    def kind_of(self, frame: FrameType) -> int:
        kind = self.kinds.get(id(frame.f_code))
        return self.classify(frame) if kind is None else kind

    def classify(self, frame: FrameType) -> int:
        """Sorts a code object, once."""
        code = frame.f_code
        if len(self.codes) >= MOST_CODES:
            self.forget()
        if "__jinja_template__" in frame.f_globals and frame.f_globals.get("__name__") != "jinja2.environment":
            kind = PASSING
        else:
            kind = self.category(code.co_filename, code.co_name)
            if kind == PROJECT and (code.co_flags & IS_RESUMED or code.co_name in PASSED_THROUGH):
                kind = PASSING
        self.codes[id(code)] = code
        # Both are passed by; `innermost_library` asks again which of them it is.
        kind = self.kinds[id(code)] = SKIP if kind == LIBRARY else kind
        return kind

    def forget(self) -> None:
        """Identities are only good while the code object lives, and generated code comes without end."""
        self.codes.clear()
        self.kinds = dict(self.special)
        recording.writer.epoch += 1
        recording.writer.stack_keys.clear()
        recording.writer.frame_keys.clear()

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

    def python_frame_id(self, frame: FrameType) -> int:
        """The same instruction is the same line: what it is called is asked once."""
        known = recording.writer.frame_keys
        key = (id(frame.f_code), frame.f_lasti)
        number = known.get(key)
        if number is None:
            number = self.frame_id(frame)
            if number and len(known) < MOST_CODES:
                known[key] = number
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


def _line_of_node(frame: FrameType) -> Optional[tuple[str, int]]:
    """The template and the line of a node of Django's template language, by the frame of a method of it."""
    node = frame.f_locals.get("self")
    try:
        name = node.origin.name  # type: ignore[union-attr]
        line = node.token.lineno  # type: ignore[union-attr]
    except AttributeError:
        return None
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
