import time
from itertools import islice
from zlib import crc32

from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from catalog.models import Book
from catalog.sample_data import TABLES, ContentTypes, Shop
from orders.models import Order
from reviews.models import Review

FEWEST, MOST = 1_000, 10_000_000
CHUNK = 5_000


class Command(BaseCommand):
    help = "Fills an empty shop with about N rows; the same N and seed give the same rows"

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--replace", action="store_true", help="empty the tables of the shop first")
        parser.add_argument("--no-analyze", action="store_true", help="leave the planner without statistics")

    def handle(self, rows, seed, replace=False, no_analyze=False, **options):
        if not FEWEST <= rows <= MOST:
            raise CommandError(f"--rows must lie between {FEWEST} and {MOST}")
        started = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            self._empty(cursor, replace)
            total, checksum = self._fill(cursor, Shop(rows, seed, _content_types()))
            _reset_sequences(cursor)
        if not no_analyze:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        seconds = time.monotonic() - started
        self.stdout.write(f"{total} rows in {seconds:.1f} s, checksum {checksum:08x}")

    def _empty(self, cursor, replace):
        if replace:
            cursor.execute(f"TRUNCATE {', '.join(name for name, _, _ in TABLES)} CASCADE")
        elif Book.objects.exists():
            raise CommandError("the shop has rows already: --replace removes them")

    def _fill(self, cursor, shop):
        total, checksum = 0, 0
        for table in shop.tables():
            with cursor.copy(f"COPY {table.name} ({table.columns}) FROM STDIN") as copy:
                while chunk := list(islice(table.lines, CHUNK)):
                    text = "".join(chunk).encode()
                    copy.write(text)
                    checksum = crc32(text, checksum)
                    total += len(chunk)
        return total, checksum


def _content_types():
    return ContentTypes(
        book=ContentType.objects.get_for_model(Book).pk,
        review=ContentType.objects.get_for_model(Review).pk,
        order=ContentType.objects.get_for_model(Order).pk,
    )


def _reset_sequences(cursor):
    """COPY with given keys leaves the sequences behind."""
    cursor.execute(
        """
        SELECT c.relname, pg_get_serial_sequence(quote_ident(c.relname), 'id')
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id' AND NOT a.attisdropped
         WHERE c.relkind = 'r' AND c.relname = ANY(%s)
        """,
        [[name for name, _, _ in TABLES]],
    )
    for table, sequence in cursor.fetchall():
        if sequence:
            cursor.execute(f"SELECT setval('{sequence}', (SELECT max(id) FROM {table}))")
