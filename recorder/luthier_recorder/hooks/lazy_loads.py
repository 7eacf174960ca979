"""Tells the walk of the stack which of Django's functions mean what. Nothing is replaced here."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable

from ..stack import DESCRIPTOR, EDGE, MANAGER, NODE, PREFETCH, QUERYSET, REFRESH, code_of, nested_codes, stacks

MANAGER_METHODS = frozenset(("count", "exists"))
EVALUATIONS = ("_fetch_all", "count", "exists", "aggregate", "_iterator")


def watch(register: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    register("django.db.models.query", watch_querysets)
    register("django.db.models.query_utils", lambda module: _mark(module.DeferredAttribute, "__get__", DESCRIPTOR))
    register("django.db.models.base", lambda module: _mark(module.Model, "refresh_from_db", REFRESH))
    register("django.db.models.fields.related_descriptors", watch_descriptors)
    register("django.contrib.contenttypes.fields", watch_generic)
    register("django.template.base", watch_templates)
    register("django.template.loader_tags", watch_template_edges)
    register("django.template.library", lambda module: _mark(module.InclusionNode, "render", EDGE))


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


def watch_templates(module: ModuleType) -> None:
    _mark(module.Node, "render_annotated", NODE)
    _mark(module.Template, "_render", EDGE)


def watch_template_edges(module: ModuleType) -> None:
    for owner in (module.BlockNode, module.ExtendsNode, module.IncludeNode):
        _mark(owner, "render", EDGE)
