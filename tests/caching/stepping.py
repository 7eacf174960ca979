"""Readers and writers that take turns: before each call of the cache, each statement and each commit the next one is chosen at random."""

import random
import threading

from django.core.cache.backends.redis import RedisCache
from django.db import connection

#: An actor that has not come to its next step after this waits for a lock of the database.
BLOCKED_SECONDS = 0.2
_local = threading.local()


class Schedule:
    """One order of events: one actor runs at a time."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.changed = threading.Condition()
        self.waiting = set()
        self.alive = set()
        self.running = None
        self.steps = 0

    def run(self, pool, actors):
        self.alive = set(range(len(actors)))
        done = [pool.submit(self.play, number, actor) for number, actor in enumerate(actors)]
        with self.changed:
            while self.alive:
                self.changed.wait_for(lambda: self.running is None and self.waiting or not self.alive, BLOCKED_SECONDS)
                if self.waiting:
                    self.running = self.random.choice(sorted(self.waiting))
                    self.waiting.discard(self.running)
                    self.steps += 1
                    self.changed.notify_all()
        for one in done:
            one.result()

    def play(self, number, actor):
        _local.schedule, _local.number = self, number
        try:
            with connection.execute_wrapper(_step_before_statement):
                self.turn(number)
                actor()
        finally:
            _local.schedule = None
            with self.changed:
                self.alive.discard(number)
                self.running = None if self.running == number else self.running
                self.changed.notify_all()

    def turn(self, number):
        with self.changed:
            self.waiting.add(number)
            self.running = None if self.running == number else self.running
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.running == number)


def step():
    schedule = getattr(_local, "schedule", None)
    if schedule is not None:
        schedule.turn(_local.number)


def _step_before_statement(execute, sql, params, many, context):
    step()
    return execute(sql, params, many, context)


def step_before_commits():
    """Of this thread's connection; a step after it too, before what on_commit() runs."""
    if not hasattr(connection, "_stepping"):
        original = connection.commit
        connection._stepping = True

        def commit():
            step()
            original()

        connection.commit = commit


def _stepping(name):
    def method(self, *args, **kwargs):
        step()
        return getattr(super(SteppingRedisCache, self), name)(*args, **kwargs)

    method.__name__ = name
    return method


class SteppingRedisCache(RedisCache):
    pass


for _name in ("get", "set", "add", "delete", "get_many", "set_many", "touch"):
    setattr(SteppingRedisCache, _name, _stepping(_name))
