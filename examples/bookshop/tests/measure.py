"""Counts what a piece of work asks of the database."""

from django.db import connection, reset_queries, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

NOISE = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")


class _Undo(Exception):
    """Rolls a measured piece of work back."""


def statements(work):
    """The statements that `work` sends, without the bookkeeping of transactions; its writes are rolled back."""
    reset_queries()  # Django keeps the last 9000 statements only
    with CaptureQueriesContext(connection) as captured:
        try:
            with transaction.atomic():
                work()
                raise _Undo
        except _Undo:
            pass
    texts = [query["sql"] for query in captured.captured_queries]
    return [text for text in texts if not text.startswith(NOISE)]


def page(path, method="get", data=None, staff=None, **options):
    """Fetches a page of the site as a browser would and insists on an answer."""
    client = Client()
    if staff is not None:
        client.force_login(staff)
    response = getattr(client, method)(path, data, **options)
    assert response.status_code in (200, 201, 204, 302), (path, response.status_code, response.content[:500])
    if response.streaming:
        b"".join(response.streaming_content)
    return response


