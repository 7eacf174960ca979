"""Tells the walk of the stack which of Django's functions mean what. No descriptor is replaced."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable

from ..evidence import DESCRIPTOR, MANAGER, PREFETCH, QUERYSET, REFRESH
from ..fence import fenced
from ..stack import EDGE, LOOP, NODE, code_of, nested_codes, stacks
from .wrap import wrap

MANAGER_METHODS = frozenset(("count", "exists"))
#: Not `_fetch_all` and `_iterator`: what they evaluate is known without looking at their frames.
EVALUATIONS = ("count", "exists", "aggregate")


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("django.db.models.query", watch_querysets)
    register("django.db.models.query_utils", lambda module: _mark(module.DeferredAttribute, "__get__", DESCRIPTOR))
    register("django.db.models.base", lambda module: _mark(module.Model, "refresh_from_db", REFRESH))
    register("django.db.models.fields.related_descriptors", watch_descriptors)
    register("django.contrib.contenttypes.fields", watch_generic)
    register("taggit.managers", watch_taggit)
    register("django.template.base", watch_templates)
    register("django.template.defaulttags", lambda module: _mark(module.ForNode, "render", LOOP))
    register("django.template.loader_tags", watch_template_edges)
    register("django.template.library", lambda module: _mark(module.InclusionNode, "render", EDGE))
    register("rest_framework.serializers", lambda module: _mark(module.ListSerializer, "to_representation", LOOP))


def _mark(owner: Any, name: str, kind: int) -> None:
    stacks.mark(code_of(getattr(owner, name, None)), kind)


def watch_querysets(module: ModuleType) -> None:
    for name in EVALUATIONS:
        _mark(module.QuerySet, name, QUERYSET)
    stacks.mark(code_of(module.prefetch_one_level), PREFETCH)


def watch_descriptors(module: ModuleType) -> None:
    _mark(module.ForwardManyToOneDescriptor, "__get__", DESCRIPTOR)
    _mark(module.ReverseOneToOneDescriptor, "__get__", DESCRIPTOR)
    for code in nested_codes(module.create_forward_many_to_many_manager, MANAGER_METHODS):
        stacks.mark(code, MANAGER)


def watch_generic(module: ModuleType) -> None:
    for name in ("GenericForeignKey", "GenericForeignKeyDescriptor"):
        owner = getattr(module, name, None)
        if owner is not None and "__get__" in owner.__dict__:
            _mark(owner, "__get__", DESCRIPTOR)
    wrap(module, "create_generic_related_manager", _around_factory)


class Owner:
    """The instance and the attribute that a queryset came from, kept on its query, whose clones keep it too."""

    __slots__ = ("instance", "field")

    def __init__(self, instance: Any, field: str) -> None:
        self.instance = instance
        self.field = field

    def __reduce__(self) -> Any:
        return (int, ())

    def __deepcopy__(self, memo: Any) -> Owner:
        return self


def _remember_owner(original: Callable[..., Any]) -> Callable[..., Any]:
    """Managers of generic relations, unlike the others, leave no hint of their instance on the queryset."""

    @fenced
    def remember(manager: Any, queryset: Any) -> None:
        queryset.query._luthier = Owner(manager.instance, manager.prefetch_cache_name)

    def _apply_rel_filters(self: Any, queryset: Any) -> Any:
        result = original(self, queryset)
        remember(self, result)
        return result

    return _apply_rel_filters


def watch_taggit(module: ModuleType) -> None:
    """Its manager is no related manager of Django's, and builds its querysets itself."""
    wrap(module._TaggableManager, "get_queryset", _remember_tagged)


def _remember_tagged(original: Callable[..., Any]) -> Callable[..., Any]:
    @fenced
    def remember(manager: Any, queryset: Any) -> None:
        # `Model.tags` is a manager as well, of no instance.
        if manager.instance is not None:
            queryset.query._luthier = Owner(manager.instance, manager.prefetch_cache_name)

    def get_queryset(self: Any, extra_filters: Any = None) -> Any:
        result = original(self, extra_filters)
        # With filters, it is for a prefetch: of many instances.
        if not extra_filters:
            remember(self, result)
        return result

    return get_queryset


def _around_factory(original: Callable[..., Any]) -> Callable[..., Any]:
    @fenced
    def extend(manager: Any) -> None:
        wrap(manager, "_apply_rel_filters", _remember_owner)

    def create_generic_related_manager(*args: Any, **kwargs: Any) -> Any:
        manager = original(*args, **kwargs)
        extend(manager)
        return manager

    return create_generic_related_manager


def watch_templates(module: ModuleType) -> None:
    _mark(module.Node, "render_annotated", NODE)
    _mark(module.VariableNode, "render", NODE)
    # Django's own tests replace `_render`; a parent template is rendered by nothing else.
    _mark(module.Template, "_render", EDGE)
    _mark(module.Template, "render", EDGE)


def watch_template_edges(module: ModuleType) -> None:
    for owner in (module.BlockNode, module.ExtendsNode, module.IncludeNode):
        _mark(owner, "render", EDGE)
