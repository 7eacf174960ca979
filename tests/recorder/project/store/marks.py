"""Statements that carry a mark, so that a test can tell whose they are."""

from django.db import connection


def run(mark, count):
    with connection.cursor() as cursor:
        for number in range(count):
            cursor.execute(f"SELECT 1 AS {mark}_{number}")
