"""Fetches pages of the bookshop, and prints what each round of them cost this process, as one JSON line."""

import json
import logging
import os
import sys
import time
import warnings

sys.path[:0] = [os.getcwd(), os.path.dirname(os.path.abspath(__file__))]
os.environ["DJANGO_SETTINGS_MODULE"] = "bench_settings"
warnings.simplefilter("ignore")

import django

django.setup()

from django.db import connection
from django.test import Client

logging.disable(logging.CRITICAL)

#: What is measured under which name. The first two are one statement a row and little else.
SUBJECTS = {
    "lazy loads in Python": ["/lazy-in-python/"],
    "lazy loads in a template": ["/lazy-in-template/"],
    "pages": ["/shelf/", "/credits/", "/jinja-shelf/", "/books/", "/captions/", "/houses/", "/by-house/", "/genres/", "/api/books/"],
}


def no_op(execute, sql, params, many, context):
    return execute(sql, params, many, context)


def main(rounds):
    if os.environ.get("BENCH_TOOL") == "no-op wrapper":
        connection.execute_wrappers.append(no_op)
    client = Client()
    print(json.dumps({name: measure(client, pages, rounds) for name, pages in SUBJECTS.items()}))


def measure(client, pages, rounds):
    fetch(client, pages)
    statements = count(client, pages)
    cpu, wall = [], []
    for _ in range(rounds):
        start, begun = time.process_time(), time.perf_counter()
        fetch(client, pages)
        cpu.append(time.process_time() - start)
        wall.append(time.perf_counter() - begun)
    return {"statements": statements, "cpu": cpu, "wall": wall}


def fetch(client, pages):
    for page in pages:
        assert client.get(page).status_code == 200, page


def count(client, pages):
    """One round's statements, those of the tool's own among them."""
    counted = 0

    def note(execute, sql, params, many, context):
        nonlocal counted
        counted += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        fetch(client, pages)
    return counted


main(int(sys.argv[1]))
