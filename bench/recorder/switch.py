"""Takes the recorder's wrappers off Django's methods, and puts them back."""

from django.core.handlers.base import BaseHandler
from django.db.backends.utils import CursorWrapper
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.query import QuerySet

METHODS = [
    (CursorWrapper, "_execute_with_wrappers"),
    (ForwardManyToOneDescriptor, "get_object"),
    (QuerySet, "_fetch_all"),
    (QuerySet, "_prefetch_related_objects"),
    (QuerySet, "_iterator"),
    (BaseHandler, "get_response"),
]
WRAPPED = [
    (owner, name, owner.__dict__[name])
    for owner, name in METHODS
    if "luthier_recorder" in owner.__dict__[name].__code__.co_filename
]


def take_off():
    for owner, name, method in WRAPPED:
        setattr(owner, name, method.__wrapped__)


def put_back():
    for owner, name, method in WRAPPED:
        setattr(owner, name, method)
