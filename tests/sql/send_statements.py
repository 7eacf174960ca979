"""Sends what Django's PostgreSQL backend can write, then the bookshop's own test suite; records each statement as Django hands it to the driver.

    python send_statements.py FILE

FILE gets one JSON string a line. The working folder is the bookshop, the server is the one that DATABASE_URL names.
"""

import datetime
import json
import os
import sys

sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "bookshop.settings.test"

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Avg, Case, Count, Exists, F, Max, OuterRef, Q, Subquery, Sum, Value, When, Window
from django.db.models.functions import Coalesce, ExtractYear, Lower, Now, Rank, RowNumber, TruncMonth, Upper

from catalog.models import Author, Authorship, Book, Genre, Publisher

seen = open(sys.argv[1], "w", encoding="utf-8")


def recorded(send):
    def execute(self, sql, params=None):
        if isinstance(sql, str):
            seen.write(json.dumps(sql) + "\n")
        return send(self, sql, params)

    return execute


def querysets():
    books = Book.objects.all()
    newest = books.filter(publisher=OuterRef("pk")).order_by("-published_on")
    yield books.select_related("publisher", "series__publisher")[:21]
    yield books.filter(Q(title__icontains="x") | Q(publisher__name__istartswith="y"), ~Q(isbn="1"))
    yield books.exclude(authors__name="a", genres__name="b")
    yield books.exclude(series__isnull=True, publisher__country_code="gb")
    yield books.filter(pk__in=[1, 2, 3], published_on__range=(datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)))
    yield books.filter(published_on__year=2020, created_at__date=datetime.date(2020, 1, 1), created_at__hour__gte=5)
    yield books.filter(facts__contains={"a": 1}, facts__has_key="b", facts__a__b="c", facts__d__isnull=False)
    yield books.filter(title__regex="^a", subtitle__iregex="b$", isbn__endswith="9")
    yield books.filter(publisher__in=Publisher.objects.filter(country_code="gb")).distinct()
    yield books.order_by("publisher_id", "-published_on").distinct("publisher_id")
    yield books.annotate(n=Count("authors", distinct=True), late=Count("editions", filter=Q(editions__printed_on__year=2020))).filter(n__gt=1).order_by("-n")
    yield books.annotate(row=Window(RowNumber(), partition_by=F("publisher"), order_by=F("published_on").desc()))
    yield books.annotate(rank=Window(Rank(), order_by=F("published_on").asc())).filter(rank__lte=3)
    yield Publisher.objects.annotate(title=Subquery(newest.values("title")[:1]), has=Exists(newest)).filter(has=True)
    yield Publisher.objects.filter(~Exists(newest)).annotate(mean=Avg("books__pk"), top=Max("books__published_on"))
    yield books.annotate(size=Case(When(pk__lt=5, then=Value("s")), When(Q(pk__lt=9) & ~Q(title=""), then=Value("m")), default=Value("l")))
    yield books.values("publisher").annotate(n=Count("*"), s=Sum(F("pk") * 2 + 1)).filter(n__gte=2).order_by()
    yield books.annotate(month=TruncMonth("created_at"), year=ExtractYear("published_on")).values("month", "year").annotate(n=Count("pk")).order_by("month")
    yield books.annotate(low=Lower("title"), high=Upper(Coalesce("subtitle", "title")), now=Now()).order_by(F("series").desc(nulls_last=True), "?")
    yield books.values_list("title").union(books.values_list("isbn"), all=True).order_by("title")[:5]
    yield books.values_list("pk").intersection(books.filter(pk__gt=2).values_list("pk"))
    yield books.values_list("pk").difference(books.filter(pk__gt=2).values_list("pk"))
    yield books.only("title").defer("facts")[10:20]
    yield books.filter(title=F("subtitle")).reverse()
    yield books.extra(select={"twice": "catalog_book.id * 2"}, where=["catalog_book.id %% 2 = 0", "title = %s"], params=["x"])
    yield Genre.objects.filter(parent__parent__name="a", children__name="b")
    yield Author.objects.filter(books__genres__name="a").filter(books__genres__name="b")
    yield Author.objects.filter(pk__in=Authorship.objects.filter(role="author").values("author")[:3])
    yield books.none() | books.filter(pk=1)


def send():
    for queryset in querysets():
        list(queryset)
    books = Book.objects.all()
    books.exists(), books.count(), books.distinct().count(), books.values("publisher").annotate(n=Count("pk")).count()
    books[:5].count(), books.first(), books.last(), books.in_bulk([1, 2]), books.aggregate(a=Avg("pk"), b=Count("authors", distinct=True))
    books.filter(pk__in=[1, 2]).explain()
    for _ in books.iterator(chunk_size=2):
        pass
    with transaction.atomic():
        list(books.select_for_update(of=("self",)).select_related("publisher").filter(pk=1))
        list(books.select_for_update(no_key=True, skip_locked=True)[:1])
        with transaction.atomic():
            write()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'a%b', 5 % 2")
        cursor.execute("SELECT \"id\" FROM catalog_book WHERE title LIKE 'a%%' AND id = %(id)s AND id = ANY(%(ids)s)", {"id": 1, "ids": [1, 2]})
        cursor.execute("WITH RECURSIVE g AS (SELECT id FROM catalog_genre WHERE id = %s UNION ALL SELECT c.id FROM catalog_genre c JOIN g ON c.parent_id = g.id) SELECT count(*) FROM g", [1])
        cursor.execute("SELECT $$%%s$$, E'\\'%%s' FROM catalog_book WHERE id = %s", [1])


def write():
    publisher = Publisher.objects.create(name="p", slug="p", country_code="gb", country_name="x")
    Publisher.objects.bulk_create([Publisher(name=str(n), slug=f"s{n}", country_code="gb", country_name="x") for n in range(3)])
    Publisher.objects.bulk_create([Publisher(name="q", slug="s1", country_code="gb", country_name="x")], ignore_conflicts=True)
    Genre.objects.bulk_create([Genre(name="g", slug="g")], update_conflicts=True, unique_fields=["slug"], update_fields=["name"])
    everything = list(Publisher.objects.all())
    Publisher.objects.bulk_update(everything, ["name", "country_name"])
    Publisher.objects.filter(country_code="gb").update(name=F("slug"), country_name=Lower("country_name"))
    Book.objects.filter(publisher__name="x").update(title="y")
    publisher.save(update_fields=["name"])
    Publisher.objects.update_or_create(slug="p", defaults={"name": "r"})
    Book.objects.filter(publisher__country_code="zz").delete()
    publisher.delete()


call_command("migrate", verbosity=0)
CursorWrapper.execute = recorded(CursorWrapper.execute)
send()
call_command("test", verbosity=0)
