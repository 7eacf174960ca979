"""The recorder that `luthier record` puts into the user's processes. Standard library only, Python 3.9 or newer.

inject      runs a function once a module of Django, Celery or pytest was imported
hooks       those functions, one module for each thing that is watched
scopes      the request, task, command or test that a statement belongs to
stack       the user's lines that led to a statement, and the lazy load that caused it
places      what running frames remember of the stacks through them
evidence    what frames and querysets of Django's tell about a cause
causes      which relation or column a lazy load was for
fetches     which queryset an instance came from
statements  the lines of statements and of fetches
keys        numbers that stand for parameters
writer      the file: append only, one line at a time
fields      with --fields: which columns and relations were read
"""

from __future__ import annotations

from . import inject

#: Until one of these is imported, all that a Python pays is a finder that looks names up in a dict.
TRIGGERS = ("django", "_pytest.config", "celery")


def start(settings: str) -> None:
    """Waits for Django to be imported in this process. `settings` is the JSON of LUTHIER_RECORDING."""
    started = []

    def load(_module: object) -> None:
        if started:
            return
        started.append(True)
        import json

        from .config import Config
        from .recording import recording

        recording.configure(Config.read(json.loads(settings)))
        from . import hooks

        hooks.install(recording.config)

    for name in TRIGGERS:
        inject.watcher.watch(name, load)
    inject.install()
