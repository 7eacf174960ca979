"""
Reads and writes of the bookshop's genres in many random orders: how many leave a wrong answer in the cache when nothing happens any more?

    python race.py generated|generated-signals|generated-without-guard|removed-in-transaction|removed-after-commit SCHEDULES SEED

Prints one line of JSON. The generated code is what stands in marketing/caching.py and generations.py of the copy that this runs in.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from catalog.models import Genre  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from stepping import Schedule, step_before_commits  # noqa: E402

KEY = "genre-tree"
ROWS = 3


class Undo(Exception):
    pass


def fresh():
    return [genre.name for genre in Genre.objects.select_related("parent").order_by("name")]


def naive_tree():
    tree = cache.get(KEY)
    if tree is None:
        tree = list(Genre.objects.select_related("parent").order_by("name"))
        cache.set(KEY, tree, 3600)
    return tree


def rename(pk, name):
    Genre.objects.filter(pk=pk).update(name=name)


def generated(pk, name):
    from generations import changed

    rename(pk, name)
    changed("catalog_genre")


def generated_signals(pk, name):
    genre = Genre.objects.get(pk=pk)
    genre.name = name
    genre.save()


def removed_in_transaction(pk, name):
    cache.delete(KEY)
    rename(pk, name)


def removed_after_commit(pk, name):
    rename(pk, name)
    transaction.on_commit(lambda: cache.delete(KEY))


def variant(name):
    if name.startswith("generated"):
        import generations
        from marketing.caching import genre_tree

        generations.STEP_SECONDS = 0
        if name == "generated-without-guard":
            generations._is_changing = lambda tables, using: False
        if name == "generated-signals":
            import cache_signals  # noqa: F401

            return genre_tree, generated_signals
        return genre_tree, generated
    return naive_tree, {"removed-in-transaction": removed_in_transaction, "removed-after-commit": removed_after_commit}[name]


def writer(write, read, pk, name, chance):
    def act():
        step_before_commits()
        try:
            with transaction.atomic():
                write(pk, name)
                if chance < 0.4:
                    read()  # of its own uncommitted rows
                if chance < 0.2:
                    raise Undo
        except Undo:
            pass

    return act


def main(name, schedules, seed):
    read, write = variant(name)
    Genre.objects.all().delete()
    keys = [Genre.objects.create(name=f"start-{row}", slug=f"start-{row}").pk for row in range(ROWS)]
    wrong, steps, started = [], 0, time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        for number in range(schedules):
            cache.clear()
            schedule = Schedule(seed + number)
            chance = schedule.random.random
            actors = [read, read, read, *(writer(write, read, pk, f"{number}-{pk}", chance()) for pk in keys[:2])]
            schedule.run(pool, actors)
            steps += schedule.steps
            if [genre.name for genre in read()] != fresh():
                wrong.append(seed + number)
        list(pool.map(lambda _: (time.sleep(0.05), connection.close()), range(5)))
    print(json.dumps({"variant": name, "schedules": schedules, "steps": steps, "wrong": len(wrong), "first": wrong[:3], "seconds": round(time.monotonic() - started, 2)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
