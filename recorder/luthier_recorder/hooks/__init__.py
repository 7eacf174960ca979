"""What is watched: one module here for each thing, installed when the module that it watches is imported."""

from __future__ import annotations

from .. import inject
from ..config import Config


def install(config: Config) -> None:
    """Arranges for every hook to be put in when its module is imported."""
    from . import calls, celery, commands, connections, lazy_loads, pytests, querysets, requests, threads, unittests

    for module in (connections, querysets, lazy_loads, requests, commands, unittests, pytests, celery, calls, threads):
        module.watch(inject.watcher.watch)
    if config.fields:
        from .. import fields

        fields.watch(inject.watcher.watch)
