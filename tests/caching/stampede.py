"""
Many readers at the moment that an answer ends: how many ask the database?

    python stampede.py READERS [LOCATION of another Redis]
"""

import json
import sys
import threading
import time

import django
from django.conf import settings

if len(sys.argv) > 2:
    settings.CACHES["default"]["LOCATION"] = sys.argv[2]
django.setup()

from catalog.models import Genre  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from marketing.caching import genre_tree  # noqa: E402


def main(readers):
    Genre.objects.get_or_create(name="Crime", slug="crime")
    if len(sys.argv) <= 2:
        cache.clear()
    asked, failed, ready = [], [], threading.Barrier(readers)

    def count(execute, sql, params, many, context):
        if "catalog_genre" in sql:
            asked.append(sql)
            time.sleep(0.1)
        return execute(sql, params, many, context)

    def read():
        try:
            with connection.execute_wrapper(count):
                connection.ensure_connection()
                ready.wait()
                assert [genre.name for genre in genre_tree()], "no genre"
        except Exception as error:
            failed.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"readers": readers, "asked": len(asked), "failed": len(failed), "errors": failed[:2]}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
