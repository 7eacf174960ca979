"""Evaluated querysets: their statement learns its rows, their instances learn where they came from."""

from __future__ import annotations

from sys import _getframe
from types import FrameType, ModuleType
from typing import Any, Callable, Optional

from ..fence import note_error
from ..fetches import WAITS, Fetch, loading, mark, waiting, watch_code
from ..stack import code_of
from ..statements import codes, write_fetch, write_load
from .wrap import wrap

#: Filled in with `--fields`: called when the rows of a fetch are there, prefetched ones included.
on_fetched: list[Callable[[Fetch, Any, Any], None]] = []


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("django.db.models.query", watch_querysets)
    register("django.db.models.sql.compiler", lambda module: watch_code(None, code_of(module.SQLCompiler.as_sql)))
    register("django.db.models.fields.related_descriptors", watch_descriptors)
    register("django.template.base", watch_templates)


def watch_querysets(module: ModuleType) -> None:
    queryset, iterable = module.QuerySet, module.ModelIterable
    codes.length, codes.iteration = code_of(queryset.__len__), code_of(queryset.__iter__)
    watch_code(code_of(iterable.__iter__), code_of(queryset.db.fget))
    wrap(queryset, "_fetch_all", lambda original: _around_fetch_all(original, queryset, iterable))
    wrap(queryset, "_prefetch_related_objects", _before_prefetch)
    wrap(queryset, "_iterator", lambda original: _around_iterator(original, iterable))


def watch_templates(module: ModuleType) -> None:
    codes.lookup = code_of(module.Variable._resolve_lookup)
    codes.variable = code_of(module.VariableNode.render)


def watch_descriptors(module: ModuleType) -> None:
    codes.forward = code_of(module.ForwardManyToOneDescriptor.__get__)
    wrap(module.ForwardManyToOneDescriptor, "get_object", _around_get_object)


def _around_get_object(original: Callable[..., Any]) -> Callable[..., Any]:
    """Only called when there is something to load. The queryset below learns of which descriptor it is."""

    def get_object(self: Any, instance: Any) -> Any:
        fetch = Fetch()
        fetch.descriptor = self
        key = id(_getframe())
        loading[key] = fetch
        try:
            return original(self, instance)
        finally:
            loading.pop(key, None)

    return get_object


def _around_fetch_all(original: Callable[..., Any], plain: type, iterable: type) -> Callable[..., Any]:
    def _fetch_all(self: Any) -> Any:
        if self._result_cache is not None or self._iterable_class is not iterable:
            return original(self)
        if self._prefetch_related_lookups:
            return fetch_with_prefetch(self, original, _getframe(1))
        if loading and type(self) is plain:
            try:
                # Outside of this: `__len__`, `get`, Django's `get_object`, and ours.
                loader = _getframe(4)
                fetch = loading.get(id(loader))
            except ValueError:
                fetch = None
            if fetch is not None:
                fetch.statement = WAITS
                try:
                    result = original(self)
                except BaseException:
                    finish_without_rows(self, fetch, loader.f_back)
                    raise
                if fetch.statement:
                    try:
                        write_load(fetch, self, self._result_cache, loader.f_back)
                    except Exception:
                        note_error("fetch")
                if on_fetched:
                    tell(fetch, self, self._result_cache)
                return result
        fetch = Fetch()
        key = id(_getframe())
        waiting[key] = fetch
        try:
            result = original(self)
        except BaseException:
            waiting.pop(key, None)
            finish_without_rows(self, fetch, _getframe(1))
            raise
        if fetch.statement is None:
            waiting.pop(key, None)
        else:
            try:
                write_load(fetch, self, self._result_cache, _getframe(1))
            except Exception:
                note_error("fetch")
        if on_fetched:
            tell(fetch, self, self._result_cache)
        return result

    return _fetch_all


def fetch_with_prefetch(queryset: Any, original: Callable[..., Any], frame: FrameType) -> Any:
    """What is prefetched knows the fetch of the rows that it is for: that is written first."""
    fetch = Fetch()
    key = id(_getframe())
    waiting[key] = fetch
    queryset.__dict__["_luthier"] = (fetch, frame)
    try:
        result = original(queryset)
        if fetch.statement is not None:
            finish(queryset, fetch, frame)
        if on_fetched:
            tell(fetch, queryset, queryset._result_cache)
        return result
    finally:
        waiting.pop(key, None)
        queryset.__dict__.pop("_luthier", None)
        finish_without_rows(queryset, fetch, frame)


def _before_prefetch(original: Callable[..., Any]) -> Callable[..., Any]:
    def _prefetch_related_objects(self: Any) -> Any:
        begun = self.__dict__.get("_luthier")
        if begun is not None:
            finish(self, *begun)
        return original(self)

    return _prefetch_related_objects


def finish(queryset: Any, fetch: Fetch, frame: FrameType) -> None:
    """The rows are there: writes the statement with the fetch, and marks them."""
    try:
        rows = queryset._result_cache
        if not fetch.statement or rows is None:
            return
        write_fetch(fetch, queryset, len(rows), frame)
        mark(fetch, queryset, rows)
    except Exception:
        note_error("fetch")


def tell(fetch: Fetch, queryset: Any, rows: Any) -> None:
    try:
        for act in on_fetched:
            act(fetch, queryset, rows)
    except Exception:
        note_error("fields")


def finish_without_rows(queryset: Any, fetch: Fetch, frame: Optional[FrameType]) -> None:
    """The rows could not be read; the statement ran all the same."""
    try:
        if fetch.statement:
            write_fetch(fetch, queryset, None, frame)
    except Exception:
        note_error("fetch")


def _around_iterator(original: Callable[..., Any], iterable: type) -> Callable[..., Any]:
    def _iterator(self: Any, *args: Any, **kwargs: Any) -> Any:
        rows = original(self, *args, **kwargs)
        return rows if self._iterable_class is not iterable else marked(self, rows)

    return _iterator


def marked(queryset: Any, rows: Any) -> Any:
    """The rows of `iterator()`, marked one by one. Their number is known at the end; the statement's line does not wait."""
    fetch: Optional[Fetch] = None
    count = 0
    try:
        while True:
            if fetch is None:
                fetch, key = Fetch(), id(_getframe())
                waiting[key] = fetch
                try:
                    row = next(rows, _END)
                finally:
                    waiting.pop(key, None)
                    open_fetch(queryset, fetch, _getframe(1))
            else:
                row = next(rows, _END)
            if row is _END:
                return
            count += 1
            try:
                mark(fetch, queryset, (row,))  # type: ignore[arg-type]
            except Exception:
                note_error("iterator")
            if on_fetched:
                tell(fetch, queryset, (row,))
            yield row
    finally:
        rows.close()


_END = object()


def open_fetch(queryset: Any, fetch: Fetch, frame: FrameType) -> None:
    try:
        if fetch.statement:
            write_fetch(fetch, queryset, -1, frame)
    except Exception:
        note_error("iterator")
