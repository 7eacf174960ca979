"""Questions that pages, reports and tasks ask of the catalogue: the habitual way, and beside it the right one."""

import logging

from accounts.models import User
from customers.models import Customer
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Sum
from orders.models import Order, OrderLine, Payment
from reviews.models import Review

from .models import Author, Book, Genre, Publisher

logger = logging.getLogger(__name__)


# How many, any, first ------------------------------------------------------


def active_total():
    return len(Book.objects.filter(is_active=True))  # planted: len-active-books


def active_total_and_titles():
    """The rows are needed anyway: len() costs nothing, count() would be a second query."""
    books = Book.objects.filter(is_active=True)
    total = len(books)  # twin: len-active-books
    return total, [book.title for book in books]


def has_bargains():
    if Book.objects.filter(price__lt=5):  # planted: bool-bargains
        return "yes"
    return "no"


def bargain_titles():
    """The truth test loads the rows that the loop then uses."""
    books = Book.objects.filter(price__lt=5)
    if books:  # twin: bool-bargains # twin: exists-then-loop
        return [book.title for book in books]
    return []


def bargain_titles_twice():
    books = Book.objects.filter(price__lt=50)
    if books.exists():  # planted: exists-then-loop
        return [book.title for book in books]
    return []


def counted_titles():
    books = Book.objects.filter(is_active=True)
    total = books.count()  # planted: count-then-loop
    return total, [book.title for book in books]


def titles_then_count():
    """After the loop count() reads the loaded rows."""
    books = Book.objects.filter(is_active=True)
    titles = [book.title for book in books]
    return books.count(), titles  # twin: count-then-loop


def cheapest():
    books = list(Book.objects.order_by("price"))  # planted: index-cheapest
    return books[0].title if books else ""


def cheapest_limited():
    book = Book.objects.order_by("price").first()  # twin: index-cheapest
    return book.title if book else ""


def two_lists():
    """.all() makes a new queryset, which knows nothing of the rows that the first has loaded."""
    books = Book.objects.filter(binding="hardcover")
    titles = [book.title for book in books.all()]
    isbns = [book.isbn for book in books.all()]  # planted: evaluated-twice-hardcovers
    return titles, isbns


def two_lists_of_one():
    books = Book.objects.filter(binding="hardcover")
    titles = [book.title for book in books]
    isbns = [book.isbn for book in books]  # twin: evaluated-twice-hardcovers
    return titles, isbns


def house_summary(slug):
    name = Publisher.objects.get(slug=slug).name
    country = Publisher.objects.get(slug=slug).country_code  # planted: duplicate-publisher-get
    return name, country


def house_summary_once(slug):
    publisher = Publisher.objects.get(slug=slug)  # twin: duplicate-publisher-get
    return publisher.name, publisher.country_code


# Queries in loops ----------------------------------------------------------


def titles_of(isbns):
    titles = []
    for isbn in isbns:
        titles.append(Book.objects.get(isbn=isbn).title)  # planted: get-in-loop-isbn
    return titles


def titles_of_at_once(isbns):
    books = Book.objects.in_bulk(isbns, field_name="isbn")  # twin: get-in-loop-isbn
    return [books[isbn].title for isbn in isbns]


def tax_lines(orders):
    """The same row for every order of the loop."""
    rows = []
    for order in orders:
        seller = Publisher.objects.order_by("pk").first()  # planted: invariant-in-loop
        rows.append((order.number, seller.name))
    return rows


def tax_lines_hoisted(orders):
    seller = Publisher.objects.order_by("pk").first()  # twin: invariant-in-loop
    return [(order.number, seller.name) for order in orders]


def tag_books(names):
    genres = []
    for name in names:
        genre, _ = Genre.objects.get_or_create(slug=name, defaults={"name": name})  # planted: get-or-create-genres
        genres.append(genre)
    return genres


def tag_books_at_once(names):
    missing = [Genre(slug=name, name=name) for name in names]
    Genre.objects.bulk_create(missing, ignore_conflicts=True)  # twin: get-or-create-genres
    return list(Genre.objects.filter(slug__in=names))


# Work that the database should do ------------------------------------------


def active_isbns():
    return [book.isbn for book in Book.objects.all() if book.is_active]  # planted: python-filter-active


def sea_stories():
    """The test is a property, which the database does not know."""
    return [book.isbn for book in Book.objects.filter(is_active=True) if "sea" in book.short_title.split()]  # twin: python-filter-active


def turnover():
    return sum(line.quantity * line.unit_price for line in OrderLine.objects.all())  # planted: python-sum-turnover


def turnover_by_database():
    return OrderLine.objects.aggregate(total=Sum(F("quantity") * F("unit_price")))["total"] or 0  # twin: python-sum-turnover


def by_date():
    return sorted(Book.objects.filter(is_active=True), key=lambda book: book.published_on)  # planted: python-sort-date


def by_words():
    return sorted(Book.objects.filter(is_active=True), key=lambda book: len(book.short_title.split()))  # twin: python-sort-date


def ten_authors():
    return list(Author.objects.all())[:10]  # planted: all-then-slice


def ten_authors_limited():
    return list(Author.objects.all()[:10])  # twin: all-then-slice


# Orderings -----------------------------------------------------------------


def surprise():
    return list(Book.objects.filter(is_active=True).order_by("?")[:3])  # planted: random-surprise


def surprise_by_key(pick):
    keys = list(Book.objects.filter(is_active=True).order_by().values_list("pk", flat=True))
    return list(Book.objects.filter(pk__in=pick(keys)))  # twin: random-surprise


def house_names():
    return set(Publisher.objects.order_by("country_code", "name").values_list("name", flat=True))  # planted: needless-order-set


def house_total():
    """Django itself drops the ordering of a count."""
    return Publisher.objects.order_by("country_code", "name").count()  # twin: needless-order-set


def dearest():
    return list(Book.objects.order_by("-list_price")[:20])  # planted: sort-list-price


def newest():
    return list(Book.objects.order_by("-published_on")[:20])  # twin: sort-list-price


# Filters -------------------------------------------------------------------


def books_of_country(code):
    keys = list(Publisher.objects.filter(country_code=code).values_list("pk", flat=True))
    return list(Book.objects.filter(publisher__in=keys))  # planted: list-in-filter-country


def books_of_country_by_subquery(code):
    keys = Publisher.objects.filter(country_code=code).values("pk")
    return list(Book.objects.filter(publisher__in=keys))  # twin: list-in-filter-country


def praised():
    return list(Book.objects.filter(reviews__rating__gte=4).distinct())  # planted: distinct-praised


def praised_by_exists():
    good = Review.objects.filter(book=OuterRef("pk"), rating__gte=4)
    return list(Book.objects.filter(Exists(good)))  # twin: distinct-praised


def figures():
    """Two joins to many: each count is multiplied by the other."""
    return list(Book.objects.annotate(a=Count("editions"), b=Count("reviews")).values_list("isbn", "a", "b"))  # planted: multi-count-figures


def figures_of_one_relation():
    """Two aggregates over one join count the same rows."""
    good = Count("reviews", filter=Q(reviews__rating__gte=4))
    return list(Book.objects.annotate(a=Count("reviews"), b=good).values_list("isbn", "a", "b"))  # twin: multi-count-figures


def homeless_publishers():
    """home_publisher may be NULL, and NOT IN with a NULL among the keys is never true."""
    keys = Author.objects.values("home_publisher")
    return list(Publisher.objects.exclude(pk__in=keys))  # planted: not-in-home-publisher


def publishers_without_books():
    keys = Book.objects.order_by().values("publisher")
    return list(Publisher.objects.exclude(pk__in=keys))  # twin: not-in-home-publisher


def not_panned():
    """Each condition of exclude() over a to-many relation may be met by another row."""
    return list(Book.objects.exclude(reviews__rating=1, reviews__approved=True))  # planted: exclude-panned


def not_panned_by_exists():
    panned = Review.objects.filter(book=OuterRef("pk"), rating=1, approved=True)
    return list(Book.objects.filter(~Exists(panned)))  # twin: exclude-panned


def find(word):
    return list(Book.objects.filter(Q(isbn=word) | Q(authors__sort_name=word)).distinct())  # planted: or-across-find


def find_by_union(word):
    by_isbn = Book.objects.filter(isbn=word)
    by_author = Book.objects.filter(authors__sort_name=word)
    return list(by_isbn.union(by_author))  # twin: or-across-find


def find_in_one_table(word):
    return list(Book.objects.filter(Q(isbn=word) | Q(title=word)))


def orders_of_day(day):
    return list(Order.objects.filter(placed_at__date=day))  # planted: function-placed-date


def orders_of_day_by_range(start, end):
    return list(Order.objects.filter(placed_at__gte=start, placed_at__lt=end))  # twin: function-placed-date


def books_of_year(year):
    """On a date column __year becomes BETWEEN, which an index can serve."""
    return list(Book.objects.filter(published_on__year=year))  # twin: function-published-month


def books_of_month(month):
    return list(Book.objects.filter(published_on__month=month))  # planted: function-published-month


def popular(views):
    """A numeric literal turns the comparison, and with it the column, to numeric."""
    return list(Book.objects.raw("SELECT * FROM catalog_book WHERE view_count = %s::numeric", [views]))  # planted: cast-view-count


def popular_by_integer(views):
    return list(Book.objects.filter(view_count=views))  # twin: cast-view-count


def search(word):
    return list(Book.objects.filter(subtitle__contains=word)[:20])  # planted: wildcard-subtitle


def search_prefix(word):
    return list(Book.objects.filter(subtitle__startswith=word)[:20])  # twin: wildcard-subtitle # twin: wildcard-keywords # planted: pattern-ops-subtitle


def search_keyword(word):
    return list(Book.objects.filter(keywords__contains=f",{word},")[:20])  # planted: wildcard-keywords


def authors_from(letters):
    """Here the index for patterns, which Django makes beside db_index, is of use."""
    return list(Author.objects.filter(sort_name__startswith=letters)[:20])


def account(email):
    return User.objects.filter(email__iexact=email).first()  # planted: expression-email-iexact


def account_exactly(email):
    return User.objects.filter(email=email).first()  # twin: expression-email-iexact


def payment_of(reference):
    return Payment.objects.filter(provider_reference=reference).first()  # planted: missing-index-payment-reference


def order_of(number):
    return Order.objects.filter(number=number).first()  # twin: missing-index-payment-reference


def copies_sold(book):
    """Reads thousands of lines for one small column of each."""
    return sum(OrderLine.objects.filter(book=book).values_list("quantity", flat=True))  # planted: covering-line-quantity # planted: python-sum-copies


def copies_sold_by_database(book):
    return OrderLine.objects.filter(book=book).aggregate(sold=Sum("quantity"))["sold"] or 0  # twin: python-sum-copies


def lines_of(order):
    return list(OrderLine.objects.filter(order=order))  # twin: covering-line-quantity


def shelf_labels():
    """No book is on both sides, and the ISBN tells all of them apart."""
    books = Book.objects.filter(is_active=True).values_list("isbn", "title")
    old = Book.objects.filter(is_active=False).values_list("isbn", "title")
    return list(books.order_by().union(old.order_by()))  # planted: union-disjoint


def shelf_labels_all():
    books = Book.objects.filter(is_active=True).values_list("isbn", "title")
    old = Book.objects.filter(is_active=False).values_list("isbn", "title")
    return list(books.order_by().union(old.order_by(), all=True))  # twin: union-disjoint


# Three places that ask the same ---------------------------------------------


def best_sellers():
    return list(
        Book.objects.filter(is_active=True, order_lines__order__status="delivered")  # planted: view-best-sellers
        .values("publisher__name", "binding")
        .annotate(sold=Sum("order_lines__quantity"), mean=Avg("reviews__rating"))
        .order_by("-sold")[:10]
    )


def best_seller_houses():
    rows = (
        Book.objects.filter(is_active=True, order_lines__order__status="delivered")
        .values("publisher__name", "binding")
        .annotate(sold=Sum("order_lines__quantity"), mean=Avg("reviews__rating"))
        .order_by("publisher__name")
    )
    return sorted({row["publisher__name"] for row in rows})


def best_seller_mail():
    rows = (
        Book.objects.filter(is_active=True, order_lines__order__status="delivered")
        .values("publisher__name", "binding")
        .annotate(sold=Sum("order_lines__quantity"), mean=Avg("reviews__rating"))
        .order_by("binding")
    )
    return "\n".join(f"{row['publisher__name']}: {row['sold']}" for row in rows)


def bindings_of(slug):
    """Asked in one place only."""
    return list(Book.objects.filter(publisher__slug=slug).values("binding").annotate(total=Count("pk")))  # twin: view-best-sellers


def sales_by_month():
    """Reads every line that was ever sold, for a page that the office opens all day."""
    return list(
        OrderLine.objects.values("order__placed_at__year", "order__placed_at__month")  # planted: matview-sales-by-month
        .annotate(amount=Sum(F("quantity") * F("unit_price")))
        .order_by("order__placed_at__year", "order__placed_at__month")
    )


def sales_of(number):
    return OrderLine.objects.filter(order__number=number).aggregate(amount=Sum("quantity"))  # twin: matview-sales-by-month # twin: denormalise-review-total


def newsletter_addresses():
    """The mailing company's account reads the whole customer table to get at this."""
    return list(Customer.objects.subscribed().values("user__email", "full_name", "phone1", "vat_number"))  # planted: view-customer-contacts


def tiers():
    return list(Customer.objects.order_by().values("tier").annotate(total=Count("pk")))  # twin: view-customer-contacts


# JSON ----------------------------------------------------------------------


def blue_books():
    return list(Book.objects.filter(facts__colour="blue").order_by("facts__pages")[:20])  # planted: json-key-book-facts # planted: gin-book-facts


def with_facts(isbn):
    """The document is shown as a whole, nothing is looked up by its keys."""
    return Book.objects.values_list("facts", flat=True).get(isbn=isbn)  # twin: json-key-book-facts # twin: gin-book-facts


def paid_from(country):
    return list(Order.objects.filter(payment__response__country=country).values_list("number", flat=True))


def sized(colour, size):
    """An attribute-value table joined to itself, once for each attribute."""
    return list(
        Book.objects.filter(attributes__name="colour", attributes__value=colour)  # planted: eav-self-join
        .filter(attributes__name="size", attributes__value=size)
    )


def shipped_to(city):
    """city is determined by postcode; here it is a plain filter."""
    return list(Order.objects.filter(shipping_address__city=city).values_list("number", flat=True))  # twin: eav-self-join
