"""Causes: which relation or column of which instance a lazy load was for."""

from __future__ import annotations

from typing import Any, Optional

from .evidence import DESCRIPTOR, MANAGER, PREFETCH, REFRESH, Cause
from .fetches import Fetch
from .recording import recording

#: Which attribute of an instance leads to a queryset's rows, found once for each pair of classes and filter.
_accessors: dict[Any, str] = {}


def intern_cause(cause: Cause) -> tuple[int, int]:
    """The id of a cause, and the number of the instance in its fetch."""
    kind, source, instance = cause
    state = getattr(instance, "_state", None)
    mark = getattr(state, "_luthier", None)
    if type(mark) is tuple:
        fetch, number = mark
    elif type(mark) is Fetch:
        fetch = mark
        number = fetch.numbered = fetch.numbered + 1
        state._luthier = (fetch, number)  # type: ignore[union-attr]
    else:
        return _define(cause, 0), 0
    if fetch.generation != recording.writer.generation:
        return _define(cause, 0), 0
    if kind != DESCRIPTOR:
        return _define(cause, fetch.id), number
    # Most lazy loads of one fetch go through the same descriptor.
    if fetch.causes is None:
        fetch.causes = {}
    known = fetch.causes.get(source)
    if known is None:
        known = fetch.causes[source] = _define(cause, fetch.id)
    return known, number


def _define(cause: Cause, fetch: int) -> int:
    described = _describe(*cause)
    if described is None:
        return 0
    kind, model, field = described
    writer = recording.writer
    key = (kind, model, field, fetch)
    known = writer.causes.ids.get(key)
    if known is not None:
        return known
    model_name, field_name = writer.name(model), writer.name(field)
    return writer.intern(writer.causes, key, lambda number: ["a", number, kind, model_name, field_name, fetch])


def _describe(kind: int, source: Any, instance: Any) -> Optional[tuple[str, str, str]]:
    """The kind of the cause as the format calls it, the model's label, and the attribute."""
    label = getattr(getattr(instance, "_meta", None), "label", None)
    if label is None:
        return None
    if kind == DESCRIPTOR:
        return _descriptor(source, label)
    if kind == PREFETCH:
        lookup, level = source
        return "prefetch", label, lookup.get_current_prefetch_to(level)
    if kind == REFRESH:
        return "refresh", label, ""
    field = _manager_field(source) if kind == MANAGER else _accessor(source, instance)
    return ("manager", label, field) if field else None


def _descriptor(descriptor: Any, label: str) -> Optional[tuple[str, str, str]]:
    kinds = {cls.__name__ for cls in type(descriptor).__mro__}
    if "DeferredAttribute" in kinds:
        return "deferred", label, descriptor.field.attname
    if "ReverseOneToOneDescriptor" in kinds:
        return "reverse-one", label, descriptor.related.get_accessor_name()
    if "GenericForeignKey" in kinds:
        return "generic", label, descriptor.name
    if "GenericForeignKeyDescriptor" in kinds:
        return "generic", label, descriptor.field.name
    return "forward", label, descriptor.field.name


def _manager_field(manager: Any) -> Optional[str]:
    return getattr(manager, "field", None) if hasattr(manager, "__slots__") else getattr(manager, "prefetch_cache_name", None)


def _accessor(queryset: Any, instance: Any) -> Optional[str]:
    """The related manager that a queryset came from, by what the manager left on it."""
    first = next(iter(queryset.query.where.children), None)
    target = getattr(getattr(first, "lhs", None), "target", None)
    key = (type(instance), queryset.model, target)
    known = _accessors.get(key)
    if known is None:
        known = _accessors[key] = _find_accessor(queryset, instance, target) or ""
    return known or None


def _find_accessor(queryset: Any, instance: Any, target: Any) -> Optional[str]:
    for field in queryset._known_related_objects:
        remote = getattr(field, "remote_field", None)
        if remote is not None and isinstance(instance, remote.model):
            return remote.get_accessor_name()
    options = type(instance)._meta
    candidates = [
        *((field.name, field) for field in options.many_to_many),
        *((field.get_accessor_name(), field.field) for field in options.related_objects if field.many_to_many),
    ]
    related = [name for name, field in candidates if name and target is not None and _joins(field, name, options, target)]
    if len(related) == 1:
        return related[0]
    generic = [field.name for field in options.private_fields if getattr(field, "related_model", None) is queryset.model]
    return generic[0] if len(generic) == 1 and not related else None


def _joins(field: Any, name: str, options: Any, target: Any) -> bool:
    """Whether a many-to-many field's own table is filtered by this side's key."""
    through = field.remote_field.through
    if target.model is not through:
        return False
    is_forward = name == field.name and field.model._meta.concrete_model is options.concrete_model
    return target.name == (field.m2m_field_name() if is_forward else field.m2m_reverse_field_name())
