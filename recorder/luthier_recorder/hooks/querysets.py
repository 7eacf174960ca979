"""Evaluated querysets: their statement learns its rows, their instances learn where they came from."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Callable, Optional

from ..fence import note_error
from ..fetches import Fetch, expecting, mark, write_statement
from .wrap import wrap

#: Filled in with `--fields`: called when the rows of a fetch are there, prefetched ones included.
on_fetched: list[Callable[[Fetch, Any, Any], None]] = []


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("django.db.models.query", watch_querysets)


def watch_querysets(module: ModuleType) -> None:
    iterable = module.ModelIterable
    wrap(module.QuerySet, "_fetch_all", lambda original: _around_fetch_all(original, iterable))
    wrap(module.QuerySet, "_prefetch_related_objects", _before_prefetch)
    wrap(module.QuerySet, "_iterator", lambda original: _around_iterator(original, iterable))


def _around_fetch_all(original: Callable[..., Any], iterable: type) -> Callable[..., Any]:
    def _fetch_all(self: Any) -> Any:
        if self._result_cache is not None or self._iterable_class is not iterable:
            return original(self)
        fetch = Fetch(self, sys._getframe(1))
        outer = expecting.get()
        expecting.set(fetch)
        if self._prefetch_related_lookups:
            self.__dict__["_luthier"] = fetch
        try:
            result = original(self)
            if fetch.statement is not None:
                finish(self, fetch)
            if on_fetched:
                tell(fetch, self, self._result_cache)
            return result
        finally:
            expecting.set(outer)
            fetch.frame = fetch.queryset = None
            if self._prefetch_related_lookups:
                self.__dict__.pop("_luthier", None)
            if fetch.statement is not None:
                finish_without_rows(self, fetch)

    return _fetch_all


def _before_prefetch(original: Callable[..., Any]) -> Callable[..., Any]:
    def _prefetch_related_objects(self: Any) -> Any:
        fetch = self.__dict__.get("_luthier")
        if fetch is not None:
            finish(self, fetch)
        return original(self)

    return _prefetch_related_objects


def finish(queryset: Any, fetch: Fetch) -> None:
    """The rows are there: writes the statement with the fetch, and marks them."""
    try:
        rows = queryset._result_cache
        if fetch.statement is None or rows is None:
            return
        write_statement(fetch, queryset.model, len(rows))
        mark(fetch, queryset, rows)
    except Exception:
        note_error("fetch")


def tell(fetch: Fetch, queryset: Any, rows: Any) -> None:
    try:
        for act in on_fetched:
            act(fetch, queryset, rows)
    except Exception:
        note_error("fields")


def finish_without_rows(queryset: Any, fetch: Fetch) -> None:
    """The rows could not be read; the statement ran all the same."""
    try:
        write_statement(fetch, queryset.model, None)
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
                fetch, outer = Fetch(queryset, sys._getframe(1)), expecting.get()
                expecting.set(fetch)
                try:
                    row = next(rows, _END)
                finally:
                    expecting.set(outer)
                    fetch.frame = fetch.queryset = None
                    open_fetch(queryset, fetch)
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


def open_fetch(queryset: Any, fetch: Fetch) -> None:
    try:
        if fetch.statement is not None:
            write_statement(fetch, queryset.model, -1)
    except Exception:
        note_error("iterator")
