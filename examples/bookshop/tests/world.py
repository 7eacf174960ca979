"""A shop with `n` of everything, each row with relations of its own, so that no two rows share what they point to."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from accounts.models import User
from catalog.models import (
    Audiobook,
    Author,
    AuthorProfile,
    Authorship,
    Award,
    Book,
    BookAttribute,
    Ebook,
    Edition,
    Genre,
    Publisher,
    Series,
)
from customers.models import Address, Customer, LoginEvent, WishlistItem
from django.contrib.contenttypes.models import ContentType
from inventory.models import Carrier, StockLevel, StockMovement, Supplier, Warehouse
from marketing.models import Campaign, Coupon, PageView, Subscriber
from orders.models import AuditEntry, Order, OrderEvent, OrderLine, Payment, Shipment
from reviews.models import Badge, Comment, Review

NOW = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
CHILDREN = 2
KINDS = ["Book", "Ebook", "Tape", "Old"]


class World:
    """Builds everything on construction and remembers a first row of each kind for the tests to use; `first` keeps its names apart from those of rows that are there."""

    def __init__(self, n, first=0):
        self.n = n
        ContentType.objects.clear_cache()
        clerk = f"staff{first or ''}"
        self.staff = User.objects.create_superuser(clerk, f"{clerk}@example.org", "secret")
        parts = [_Part(i) for i in range(first, first + n)]
        self.book = parts[0].book
        self.books = [part.book for part in parts]
        self.publisher = parts[0].publisher
        self.customer = parts[0].customer
        self.order = parts[0].order
        self.author = parts[0].author
        self.genre = parts[0].genre
        self.warehouse = parts[0].warehouse
        self.coupon = parts[0].coupon
        self.campaign = parts[0].campaign
        self.carrier = parts[0].carrier
        self.isbns = [book.isbn for book in self.books]
        self.orders = [part.order for part in parts]
        self.coupons = [part.coupon for part in parts]
        self.genre_keys = [part.genre.pk for part in parts]
        self.words = [f"word-{i}" for i in range(n)]
        self.rows = [_book_row(part) for part in parts]
        self.big_campaign = self.campaign
        self.wisher = self.customer
        for part in parts:
            _give_shared_rows(self, part)


class _Part:
    def __init__(self, i):
        self.i = i
        self.publisher = Publisher.objects.create(
            name=f"House {i}", slug=f"house-{i}", country_code="PT", country_name="Portugal"
        )
        self.series = Series.objects.create(name=f"Series {i}", publisher=self.publisher)
        root = Genre.objects.create(name=f"Root {i}", slug=f"root-{i}")
        self.genre = Genre.objects.create(name=f"Genre {i}", slug=f"genre-{i}", parent=root)
        self.author = Author.objects.create(
            name=f"Author {i}", sort_name=f"author {i:04}", home_publisher=self.publisher
        )
        AuthorProfile.objects.create(author=self.author, website=f"https://example.org/{i}")
        self.book = self._book()
        self._book_children()
        self._people()
        self._sales()

    def _values(self, kind):
        return {
            "title": f"{kind} {self.i:04}: a story",
            "subtitle": "An account",
            "isbn": f"97{kind[0]}{self.i:010}",
            "publisher": self.publisher,
            "series": self.series,
            "binding": "hardcover",
            "price": Decimal("9.50") + self.i,
            "list_price": 12.5,
            "keywords": "sea,ships",
            "description": "long " * 20,
            # No two books of one day: which comes first would be the database's choice.
            "published_on": date(2020, 1, 1) + timedelta(days=4 * self.i + KINDS.index(kind)),
            "facts": {"pages": 100 + self.i, "colour": "blue"},
        }

    def _book(self):
        book = Book.objects.create(**self._values("Book"))
        ebook = Ebook(file_size_kb=100, **self._values("Ebook"))
        ebook.save()
        Audiobook(minutes=60 + self.i, narrator=self.author, **self._values("Tape")).save()
        Book.objects.create(**{**self._values("Old"), "is_active": False})
        return book

    def _book_children(self):
        book, i = self.book, self.i
        book.genres.add(self.genre)
        for position in range(CHILDREN):
            author = Author.objects.create(
                name=f"Writer {i}-{position}", sort_name=f"writer {i:04}", home_publisher=self.publisher
            )
            Authorship.objects.create(book=book, author=author, position=position)
            Edition.objects.create(book=book, number=position + 1, pages=100, printer=self._printer(position))
            Award.objects.create(book=book, name=f"Prize {i}", year=2000 + position)
            BookAttribute.objects.create(book=book, name=f"key{position}", value="x")

    def _printer(self, position):
        name = f"Printer {self.i}-{position}"
        return Publisher.objects.create(name=name, slug=f"printer-{self.i}-{position}", country_code="ES", country_name="Spain")

    def _people(self):
        i = self.i
        self.user = User.objects.create_user(f"c{i}", f"c{i}@example.org", "secret")
        self.customer = Customer.objects.create(
            user=self.user, full_name=f"Customer {i}", phone1="1", newsletter=True, tier="silver",
            preferences={"theme": "dark"}, vat_number=f"PT{i}",
        )
        self.address = Address.objects.create(
            customer=self.customer, line1=f"Street {i}", postcode=f"{i:05}", city=f"City {i}", country_code="PT"
        )
        WishlistItem.objects.create(customer=self.customer, book=self.book)
        LoginEvent.objects.create(user=self.user, at=NOW, user_agent="browser")
        Badge.objects.create(code=f"badge-{i}").holders.add(self.customer)
        Subscriber.objects.create(email=f"s{i}@example.org", customer=self.customer)
        self.supplier = Supplier.objects.create(name=f"Supplier {i}", contact=self.user)
        self.supplier.publishers.add(self.publisher)

    def _sales(self):
        i = self.i
        self.warehouse = Warehouse.objects.create(code=f"W{i}", name=f"Warehouse {i}", manager=self.user)
        self.carrier = Carrier.objects.create(name=f"Carrier {i}")
        self.campaign = Campaign.objects.create(
            name=f"Campaign {i}", starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1), owner=self.user
        )
        self.campaign.featured_books.add(self.book)
        self.coupon = Coupon.objects.create(code=f"C{i}", campaign=self.campaign)
        self.order = Order.objects.create(
            number=f"N{i:05}", customer=self.customer, shipping_address=self.address, coupon=self.coupon,
            placed_at=NOW - timedelta(hours=i), handled_by=self.user,
        )
        Payment.objects.create(
            order=self.order, amount=19.0, provider="card", provider_reference=f"ref-{i}", paid_at=NOW,
            response={"country": "PT"}, country="PT",
        )
        for child in range(CHILDREN):
            OrderLine.objects.create(
                order=self.order, book=self.book, book_title=self.book.title, quantity=1 + child,
                unit_price=Decimal("9.50"),
            )
            Shipment.objects.create(order=self.order, warehouse=self.warehouse, carrier=self.carrier, shipped_at=NOW)
            OrderEvent.objects.create(order=self.order, kind="note", happened_at=NOW)
            Review.objects.create(
                book=self.book, customer=self.customer, rating=4, headline=f"Good {i}-{child}", body="…", approved=True
            )
        StockLevel.objects.create(book=self.book, warehouse=self.warehouse, on_hand=3)
        StockMovement.objects.create(book=self.book, warehouse=self.warehouse, change=3, happened_at=NOW, reason="delivery")
        PageView.objects.create(viewed_at=NOW, path=f"/books/{self.book.pk}/", book=self.book, session_key=f"k{i}")


def _book_row(part):
    """A book that came in a supplier's file."""
    return {
        "title": "New",
        "isbn": f"99{part.i:011}",
        "publisher": part.publisher,
        "price": Decimal("5.00"),
        "published_on": date(2026, 1, 1),
    }


def _give_shared_rows(world, part):
    """Children of the first row, `n` of them, for pages that show one parent and its many children."""
    printer = part.publisher
    Edition.objects.create(book=world.book, number=50 + part.i, pages=10, printer=printer)
    Edition.objects.create(book=part.book, number=90, pages=10, printer=world.publisher)
    OrderLine.objects.create(
        order=world.order, book=part.book, book_title=part.book.title, quantity=1, unit_price=Decimal("5.00")
    )
    OrderEvent.objects.create(order=world.order, kind="note", happened_at=NOW)
    Coupon.objects.create(code=f"X{part.i}", campaign=world.campaign)
    WishlistItem.objects.get_or_create(customer=world.customer, book=part.book)
    StockLevel.objects.get_or_create(book=world.book, warehouse=part.warehouse, defaults={"on_hand": 1})
    review = Review.objects.filter(book=part.book).order_by("pk").first()
    for target in (review, part.book):
        Comment.objects.create(target=target, author=part.user, text="Indeed.")
        AuditEntry.objects.create(target=target, actor=part.user, action="change", at=NOW)
