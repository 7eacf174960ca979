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
        parser.add_argument("--part", type=_part, default=(1, 1), help="1/2: one half of the tables, for two that fill them at once")

    def handle(self, rows, seed, replace=False, no_analyze=False, part=(1, 1), **options):
        if not FEWEST <= rows <= MOST:
            raise CommandError(f"--rows must lie between {FEWEST} and {MOST}")
        if replace and part[1] > 1:
            raise CommandError("--part fills an empty shop")
        started = time.monotonic()
        shop = Shop(rows, seed, _content_types())
        names = _share(shop, *part)
        with transaction.atomic(), connection.cursor() as cursor:
            self._empty(cursor, replace, names)
            total, checksum = self._fill(cursor, shop, names)
            _reset_sequences(cursor, names)
        if not no_analyze:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE" if part[1] == 1 else f"ANALYZE {', '.join(_to_analyse(names, part[0]))}")
        seconds = time.monotonic() - started
        self.stdout.write(f"{total} rows in {seconds:.1f} s, checksum {checksum:08x}")

    def _empty(self, cursor, replace, names):
        if replace:
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
            return
        cursor.execute(f"SELECT {' OR '.join(f'EXISTS (SELECT 1 FROM {name})' for name in names)}")
        if cursor.fetchone()[0]:
            raise CommandError("the shop has rows already: --replace removes them")

    def _fill(self, cursor, shop, names):
        total, checksum = 0, 0
        for table in shop.tables():
            if table.name not in names:
                continue
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


def _part(text):
    number, parts = (int(one) for one in text.split("/"))
    return number, parts


def _share(shop, number, parts):
    """Names of tables whose rows make up about the same part of all, the largest dealt first."""
    shares = [[0, []] for _ in range(parts)]
    for name, _, _ in sorted(TABLES, key=lambda table: (-shop.size.get(table[0], 0), table[0])):
        least = min(shares, key=lambda share: share[0])
        least[0] += shop.size.get(name, 0)
        least[1].append(name)
    return shares[number - 1][1]


def _to_analyse(names, number):
    """Of several parts, the first one analyses Django's own tables too."""
    own = {name for name, _, _ in TABLES}
    return [*names, *(name for name in connection.introspection.table_names() if name not in own)] if number == 1 else names


def _reset_sequences(cursor, names):
    """COPY with given keys leaves the sequences behind."""
    cursor.execute(
        """
        SELECT c.relname, pg_get_serial_sequence(quote_ident(c.relname), 'id')
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id' AND NOT a.attisdropped
         WHERE c.relkind = 'r' AND c.relname = ANY(%s)
        """,
        [names],
    )
    for table, sequence in cursor.fetchall():
        if sequence:
            cursor.execute(f"SELECT setval('{sequence}', (SELECT max(id) FROM {table}))")
