/** The module that the project takes over: values under keys with generations. Python, of Django alone; `tests/caching` runs it against a real Redis and PostgreSQL. */

export interface ModuleOptions {
  /** Alias in CACHES. */
  readonly cache: string;
  /** Longest life of a value, in seconds: generations live longer. */
  readonly longest: number;
}

export function generationsModule({ cache, longest }: ModuleOptions): string {
  return `"""Answers of the database in Django's cache, each under a key that holds the generations of its tables.

A writer gives a table a new generation after its commit. A reader takes the generations before it asks the database: an answer that was
on its way while somebody wrote is stored under the old generations, where nobody looks any more. Needs READ COMMITTED, as Django has it by
default, and reads from the server that was written to.
"""

import hashlib
import logging
import random
import time
from uuid import uuid4

from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections, transaction

logger = logging.getLogger(__name__)

CACHE = "${cache}"
#: Longer than any answer lives: a generation that ends early costs a miss, never a wrong answer.
GENERATION_SECONDS = ${longest * 10}
#: How long others wait for the one that asks the database, and after how long its work is taken over.
WAIT_SECONDS, LOCK_SECONDS, STEP_SECONDS = 0.5, 10, 0.02


class _NewGenerations:
    """Runs after the commit. Until then it stands in the connection's list, and is gone from there after a rollback."""

    def __init__(self, tables):
        self.tables = tables

    def __call__(self):
        try:
            caches[CACHE].set_many({_generation_key(table): uuid4().hex for table in self.tables}, GENERATION_SECONDS)
        except Exception:
            # Answers of these tables may be old until their time is over.
            logger.exception("generations of %s could not be changed", ", ".join(self.tables))


def changed(*tables, using=DEFAULT_DB_ALIAS):
    """To be called beside every write of these tables: at once in autocommit, else after the commit."""
    transaction.on_commit(_NewGenerations(tables), using=using)


def cached(name, arguments, *, tables, seconds, make, using=DEFAULT_DB_ALIAS):
    """What make() gives, from the cache where no row of the tables was changed since."""
    if _is_changing(tables, using):
        # This transaction sees rows that nobody else sees, perhaps ever.
        return make()
    cache = caches[CACHE]
    try:
        key = _value_key(cache, name, arguments, tables)
        found = cache.get(key)
        if found is None and not cache.add(f"{key}:lock", 1, LOCK_SECONDS):
            found = _wait(cache, key)
    except Exception:
        logger.exception("%s is read from the database: the cache does not answer", name)
        return make()
    if found is not None:
        return found[0]
    value = make()
    try:
        # A tuple, so that None is an answer too; not all at the same moment, so that they do not end together.
        cache.set(key, (value,), seconds * random.uniform(0.9, 1.1))
        cache.delete(f"{key}:lock")
    except Exception:
        logger.exception("%s could not be kept", name)
    return value


def _is_changing(tables, using):
    """This transaction has written one of the tables: changed() waits for its commit."""
    waiting = (entry[1] for entry in connections[using].run_on_commit)
    return any(isinstance(one, _NewGenerations) and not set(tables).isdisjoint(one.tables) for one in waiting)


def _generation_key(table):
    return f"generation:{table}"


def _value_key(cache, name, arguments, tables):
    keys = [_generation_key(table) for table in sorted(tables)]
    known = cache.get_many(keys)
    for key in keys:
        if key not in known:
            # Of several that find none, one wins.
            cache.add(key, uuid4().hex, GENERATION_SECONDS)
            known[key] = cache.get(key) or uuid4().hex
    text = repr((name, arguments, [known[key] for key in keys]))
    return f"{name}:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def _wait(cache, key):
    """Another one asks the database now; whoever waits too long asks it too."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        time.sleep(STEP_SECONDS)
        found = cache.get(key)
        if found is not None:
            return found
    return None
`;
}
