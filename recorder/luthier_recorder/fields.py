"""With `--fields`: which columns and relations of fetched instances are read.

Django's descriptor of a column does nothing once the value is in the instance's `__dict__`, which Python then reads
without asking anybody. So it is put behind one that Python always asks, which gives and takes the same values from the
same place. Reads of loaded relations pass Django's own `__get__` and the cache of prefetched objects, which are extended.
"""

from __future__ import annotations

import weakref
from types import ModuleType
from typing import Any, Callable, Optional

from .fence import note_error
from .fetches import Fetch
from .recording import recording

_live: "weakref.WeakSet[Fetch]" = weakref.WeakSet()


class Reads:
    """What was read of the rows of one fetch: for each model and field, of how many instances."""

    __slots__ = ("fetch_id", "generation", "counts", "__weakref__")

    def __init__(self, fetch: Fetch) -> None:
        self.fetch_id = fetch.id
        self.generation = fetch.generation
        self.counts: dict[tuple[str, str], int] = {}

    def __del__(self) -> None:
        try:
            self.write()
        except Exception:
            note_error("fields")

    def write(self) -> None:
        counts, self.counts = self.counts, {}
        writer = recording.writer
        if not counts or writer.fd < 0 or self.generation != writer.generation or writer.is_full:
            return
        read = [[writer.name(model), writer.name(field), count] for (model, field), count in counts.items()]
        writer.write(["u", self.fetch_id, read])


def note_read(instance: Any, field: str) -> None:
    """Counts a read of an instance that a fetch brought, the first of this field of this instance."""
    state = instance.__dict__.get("_state")
    if state is None:
        return
    mark = state.__dict__.get("_luthier")
    if mark is None:
        return
    seen = state.__dict__.get("_luthier_read")
    if seen is None or type(seen) is int:
        seen = state._luthier_read = Seen()
    elif field in seen:
        return
    seen.add(field)
    fetch = mark[0] if type(mark) is tuple else mark
    reads = getattr(fetch, "reads", None)
    if reads is not None:
        key = (instance._meta.label, field)
        reads.counts[key] = reads.counts.get(key, 0) + 1


class Seen(set):  # type: ignore[type-arg]
    """The fields of an instance that were read. Like a fetch's mark, it is nothing in a pickle."""

    def __reduce__(self) -> Any:
        return (int, ())

    def __copy__(self) -> Seen:
        return Seen(self)

    def __deepcopy__(self, memo: Any) -> Seen:
        return Seen(self)


class WatchedColumn:
    """Stands before a column's descriptor: the value still lies in the instance's `__dict__`, under the same name."""

    def __init__(self, original: Any, name: str) -> None:
        self.original = original
        self.name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def __get__(self, instance: Any, owner: Optional[type] = None) -> Any:
        if instance is None:
            return self.original
        try:
            value = instance.__dict__[self.name]
        except KeyError:
            return self.original.__get__(instance, owner)
        try:
            note_read(instance, self.name)
        except Exception:
            note_error("fields")
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = value

    def __delete__(self, instance: Any) -> None:
        try:
            del instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(self.name) from None


class WatchedForeignKey(WatchedColumn):
    """A foreign key's column forgets the related instance when it changes; Django's descriptor sees to that."""

    def __set__(self, instance: Any, value: Any) -> None:
        self.original.__set__(instance, value)


class WatchedPrefetches(dict):  # type: ignore[type-arg]
    """The prefetched objects of one instance: what is taken out of it was used."""

    __slots__ = ("owner",)

    def __init__(self, objects: dict[str, Any], owner: Any) -> None:
        super().__init__(objects)
        self.owner = weakref.ref(owner)

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        owner = self.owner()
        if owner is not None:
            try:
                note_read(owner, name)
            except Exception:
                note_error("fields")
        return value

    def __reduce__(self) -> Any:
        return (dict, (dict(self),))


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    from .hooks.querysets import on_fetched

    register("django.db.models.fields", watch_columns)
    register("django.db.models.fields.related_descriptors", watch_relations)
    on_fetched.append(begin)


def begin(fetch: Fetch, queryset: Any, rows: Any) -> None:
    """From here on, what is read of these rows is counted."""
    if not fetch.id:
        return
    if fetch.reads is None:
        fetch.reads = Reads(fetch)  # type: ignore[assignment]
        _live.add(fetch)
    for row in rows:
        prefetched = row.__dict__.get("_prefetched_objects_cache")
        if type(prefetched) is dict:
            row._prefetched_objects_cache = WatchedPrefetches(prefetched, row)


def watch_columns(module: ModuleType) -> None:
    """Models are made after this: each column's descriptor is set by `contribute_to_class`, and replaced there."""
    field = module.Field
    original = field.contribute_to_class

    def contribute_to_class(self: Any, cls: type, name: str, *args: Any, **kwargs: Any) -> Any:
        result = original(self, cls, name, *args, **kwargs)
        try:
            watch_column(cls, self.attname if getattr(self, "column", None) else None)
        except Exception:
            note_error("fields")
        return result

    contribute_to_class.__wrapped__ = original  # type: ignore[attr-defined]
    field.contribute_to_class = contribute_to_class


def watch_column(cls: type, name: Optional[str]) -> None:
    descriptor = cls.__dict__.get(name) if name else None
    if descriptor is None or isinstance(descriptor, WatchedColumn):
        return
    from django.db.models.query_utils import DeferredAttribute

    kind = type(descriptor)
    if not isinstance(descriptor, DeferredAttribute) or hasattr(kind, "__delete__"):
        return
    if not hasattr(kind, "__set__"):
        setattr(cls, name, WatchedColumn(descriptor, name))  # type: ignore[arg-type]
    elif kind.__name__ == "ForeignKeyDeferredAttribute":
        setattr(cls, name, WatchedForeignKey(descriptor, name))  # type: ignore[arg-type]


def watch_relations(module: ModuleType) -> None:
    """A relation that is loaded already is read through these too."""
    for owner, name_of in (
        (module.ForwardManyToOneDescriptor, lambda descriptor: descriptor.field.name),
        (module.ReverseOneToOneDescriptor, lambda descriptor: descriptor.related.get_accessor_name()),
    ):
        _note_relation(owner, name_of)


def _note_relation(owner: type, name_of: Callable[[Any], str]) -> None:
    original = owner.__dict__["__get__"]

    def __get__(self: Any, instance: Any, cls: Optional[type] = None) -> Any:
        value = original(self, instance, cls)
        if instance is not None:
            try:
                note_read(instance, name_of(self))
            except Exception:
                note_error("fields")
        return value

    __get__.__wrapped__ = original  # type: ignore[attr-defined]
    owner.__get__ = __get__  # type: ignore[attr-defined]


def finish() -> None:
    """Rows that are still there at the end of the process."""
    for fetch in list(_live):
        reads = fetch.reads
        if reads is not None:
            reads.write()  # type: ignore[attr-defined]


recording.at_end.insert(0, finish)
