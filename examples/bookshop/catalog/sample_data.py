"""
Rows for a shop of any size: the same seed and size give the same rows, byte for byte.

Popularity is skewed as in a real shop: a few books, customers and publishers have most of everything. Each table is
a generator of lines in COPY's text format; nothing here touches the database.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

NOW = datetime(2026, 5, 20, 12, tzinfo=timezone.utc)
NULL = r"\N"
TRUE, FALSE = "t", "f"

# How many rows of every thousand a table gets; the tables of fixed size are left out.
SHARES = {
    "catalog_publisher": 0.5,
    "catalog_author": 10,
    "catalog_authorprofile": 5,
    "catalog_series": 2,
    "catalog_book": 30,
    "catalog_ebook": 6,
    "catalog_audiobook": 3,
    "catalog_authorship": 40,
    "catalog_book_genres": 50,
    "catalog_edition": 40,
    "catalog_award": 3,
    "catalog_bookattribute": 30,
    "accounts_user": 40,
    "customers_customer": 40,
    "customers_address": 48,
    "customers_wishlistitem": 30,
    "customers_loginevent": 60,
    "marketing_campaign": 0.2,
    "marketing_coupon": 1,
    "marketing_campaign_featured_books": 1,
    "marketing_subscriber": 10,
    "orders_order": 75,
    "orders_orderline": 185,
    "orders_payment": 66,
    "orders_shipment": 66,
    "orders_orderevent": 115,
    "orders_auditentry": 30,
    "reviews_review": 45,
    "reviews_comment": 20,
    "reviews_badge": 0.1,
    "reviews_badge_holders": 4,
    "inventory_supplier": 0.3,
    "inventory_supplier_publishers": 0.6,
    "inventory_stocklevel": 30,
    "inventory_stockmovement": 45,
    "legacy_price_list": 8,
    "marketing_pageview": 60,
}
#: Several houses of each country, in a shop of any size.
FEWEST_PUBLISHERS = 60
GENRE_ROOTS, GENRES, WAREHOUSES, CARRIERS = 8, 64, 6, 7

COUNTRIES = [("PT", "Portugal"), ("ES", "Spain"), ("FR", "France"), ("DE", "Germany"), ("GB", "United Kingdom"),
             ("IE", "Ireland"), ("IT", "Italy"), ("PL", "Poland"), ("SE", "Sweden"), ("BR", "Brazil")]
LANGUAGES = ["English (United Kingdom)", "Portuguese (Portugal)", "Spanish (Castilian)", "French (France)", "German (Standard)"]
COLOURS = ["blue", "red", "green", "black", "white", "cream"]
SOURCES = ["Footer of the front page, newsletter form", "Check-out, box that was left ticked", "Book fair, paper list on the stand"]
SYLLABLES = ["ba", "co", "da", "fe", "gu", "ha", "ki", "lo", "ma", "ne", "or", "pa", "ri", "sa", "te", "um", "va", "xi", "zo", "el"]


@dataclass(frozen=True)
class ContentTypes:
    """The keys that generic foreign keys point with; they belong to the database, not to the seed."""

    book: int
    review: int
    order: int


@dataclass(frozen=True)
class Table:
    name: str
    columns: str
    lines: object


def sizes(rows):
    """How many rows each table gets, so that all together come close to `rows`."""
    whole = sum(SHARES.values())
    planned = {name: max(2, round(rows * share / whole)) for name, share in SHARES.items()}
    planned["catalog_publisher"] = max(FEWEST_PUBLISHERS, planned["catalog_publisher"])
    for child, parent in PARENT_OF.items():
        planned[child] = min(planned[child], planned[parent])
    return planned


# A child with at most one row for each of its parents.
PARENT_OF = {
    "catalog_authorprofile": "catalog_author",
    "customers_customer": "accounts_user",
    "marketing_subscriber": "customers_customer",
    "orders_payment": "orders_order",
    "catalog_ebook": "catalog_book",
    "catalog_audiobook": "catalog_book",
}


class Shop:
    """The tables of one shop, in an order in which every key points backwards."""

    def __init__(self, rows, seed, content_types):
        self.size = sizes(rows)
        self.seed = seed
        self.types = content_types
        rng = random.Random(f"{seed}/words")
        self.words = sorted({"".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(900)})
        self.prose = " ".join(rng.choices(self.words, k=14_000))
        self.titles = [self._title(rng) for _ in range(self.size["catalog_book"])]

    def tables(self):
        for name, columns, method in TABLES:
            rng = random.Random(f"{self.seed}/{name}")
            yield Table(name, columns, method(self, rng, self.size.get(name, 0)))

    def pick(self, rng, table):
        """A key of a table, the low ones far more often than the high."""
        return 1 + int(self.size[table] * rng.random() ** 3)

    def any(self, rng, table):
        return 1 + int(self.size[table] * rng.random())

    def text(self, rng, length):
        start = rng.randrange(len(self.prose) - length)
        return self.prose[start : start + length]

    def _title(self, rng):
        return " ".join(rng.choices(self.words, k=rng.randint(1, 5))).capitalize()


def moment(rng, days):
    return stamp(NOW - timedelta(seconds=rng.random() ** 1.5 * days * 86_400))


def ascending(i, n, days):
    """Time stamps that grow with the key, as in a table that is only appended to."""
    return stamp(NOW - timedelta(seconds=(n - i) / n * days * 86_400))


def stamp(when):
    return when.strftime("%Y-%m-%d %H:%M:%S+00")


def day(rng, days):
    return (NOW.date() - timedelta(days=int(rng.random() * days))).isoformat()


CREATED = "2026-01-02 03:04:05+00\t2026-01-02 03:04:05+00"


# The catalogue -------------------------------------------------------------


def publishers(shop, rng, n):
    for i in range(1, n + 1):
        code, country = COUNTRIES[int(len(COUNTRIES) * rng.random() ** 2)]
        name = " ".join(rng.choices(shop.words, k=2)).title()
        yield f"{i}\t{CREATED}\t{name}\thouse-{i}\t{code}\t{country}\t{shop.text(rng, 600)}\n"


def authors(shop, rng, n):
    for i in range(1, n + 1):
        first, last = rng.choice(shop.words).title(), rng.choice(shop.words).title()
        born = date(1920, 1, 1) + timedelta(days=rng.randrange(29_000))
        died = NULL if rng.random() < 0.8 else (born + timedelta(days=20_000)).isoformat()
        house = NULL if rng.random() < 0.4 else shop.pick(rng, "catalog_publisher")
        yield f"{i}\t{CREATED}\t{first} {last}\t{last} {i:07}\t{shop.text(rng, 300)}\t{born}\t{died}\t{house}\n"


def profiles(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i}\thttps://example.org/{i}\thttps://example.org/{i}.jpg\t\t{i}\n"


def genres(shop, rng, _):
    for i in range(1, GENRES + 1):
        parent = NULL if i <= GENRE_ROOTS else 1 + i % GENRE_ROOTS
        yield f"{i}\t{rng.choice(shop.words).title()} {i}\tgenre-{i}\t{parent}\n"


def series(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i}\t{rng.choice(shop.words).title()} stories\t{shop.pick(rng, 'catalog_publisher')}\n"


def books(shop, rng, n):
    for i in range(1, n + 1):
        title = shop.titles[i - 1]
        binding = rng.choices(["paperback", "hardcover", "digital"], [6, 3, 2])[0]
        keywords = "," + ",".join(rng.choices(shop.words[:200], k=rng.randint(1, 5))) + ","
        cents = 399 + int(rng.random() ** 2 * 6000)
        in_series = shop.pick(rng, "catalog_series") if rng.random() < 0.35 else NULL
        chapter = shop.text(rng, 5000) if rng.random() < 0.4 else ""
        facts = f'{{"pages": {80 + rng.randrange(700)}, "colour": "{rng.choice(COLOURS)}", "weight": {rng.randrange(90, 900)}}}'
        active = TRUE if rng.random() < 0.85 else FALSE
        views = int(40_000 / i) + rng.randrange(40)
        language = LANGUAGES[int(len(LANGUAGES) * rng.random() ** 3)]
        yield (
            f"{i}\t{CREATED}\t{title}\t{shop.text(rng, 30)}\t978{i:010}\t{shop.pick(rng, 'catalog_publisher')}\t{in_series}"
            f"\t{binding}\t{language}\t{cents / 100:.2f}\t{cents / 80:.4f}\t{keywords}\t{shop.text(rng, 500)}\t{chapter}"
            f"\t{facts}\t{active}\t{views}\t{day(rng, 7000)}\n"
        )


def ebooks(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i * 5 if i * 5 <= shop.size['catalog_book'] else i}\t{200 + rng.randrange(9000)}\t{rng.choice('tf')}\n"


def audiobooks(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i}\t{60 + rng.randrange(900)}\t{shop.pick(rng, 'catalog_author')}\n"


def authorships(shop, rng, n):
    total = shop.size["catalog_book"]
    for i in range(1, n + 1):
        book = 1 + (i - 1) % total
        position = 1 + (i - 1) // total
        author = shop.pick(rng, "catalog_author")
        yield f"{i}\t{['author', 'editor', 'translator'][(position - 1) % 3]}\t{position}\t{author}\t{book}\n"


def book_genres(shop, rng, n):
    total = shop.size["catalog_book"]
    for i in range(1, n + 1):
        book, turn = 1 + (i - 1) % total, (i - 1) // total
        genre = 1 + (book * 7 + turn) % GENRES
        yield f"{i}\t{book}\t{genre}\n"


def editions(shop, rng, n):
    total = shop.size["catalog_book"]
    for i in range(1, n + 1):
        book = 1 + (i - 1) % total
        printed = NULL if rng.random() < 0.1 else day(rng, 6000)
        yield f"{i}\t{1 + (i - 1) // total}\t{80 + rng.randrange(700)}\t{printed}\t\t{book}\t{shop.pick(rng, 'catalog_publisher')}\n"


def awards(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i}\tPrize of {rng.choice(shop.words).title()}\t{1950 + i % 76}\t{shop.pick(rng, 'catalog_book')}\n"


def attributes(shop, rng, n):
    for i in range(1, n + 1):
        name, value = [("colour", rng.choice(COLOURS)), ("size", rng.choice(["small", "big"])), ("paper", "wood-free")][i % 3]
        yield f"{i}\t{name}\t{value}\t{1 + (i // 3) % shop.size['catalog_book']}\n"


# People --------------------------------------------------------------------


def users(shop, rng, n):
    for i in range(1, n + 1):
        first, last = rng.choice(shop.words).title(), rng.choice(shop.words).title()
        seen = moment(rng, 400)
        yield (
            f"{i}\t!\t{NULL}\tf\tu{i}\t{first}\t{last}\tf\tt\t{moment(rng, 2500)}\t{last.lower()}.{i}@example.org"
            f"\t{first} {last}\t{seen}\n"
        )


def customers(shop, rng, n):
    for i in range(1, n + 1):
        tier = rng.choices(["basic", "silver", "gold"], [80, 15, 5])[0]
        vat = f"PT{i:09}" if rng.random() < 0.03 else NULL
        phone2 = f"+351 2{i:08}" if rng.random() < 0.2 else ""
        phone3 = f"+351 3{i:08}" if rng.random() < 0.02 else ""
        referred = shop.pick(rng, "customers_customer") if rng.random() < 0.1 and i > 1 else NULL
        name = f"{rng.choice(shop.words).title()} {rng.choice(shop.words).title()}"
        yield (
            f"{i}\t{CREATED}\t{name}\t+351 9{i:08}\t{phone2}\t{phone3}\t{tier}\t{vat}\t{rng.choice('tff')}"
            f'\t{rng.randrange(500)}\t{{"theme": "{rng.choice(["dark", "light"])}"}}\t{referred}\t{i}\n'
        )


def addresses(shop, rng, n):
    people = shop.size["customers_customer"]
    for i in range(1, n + 1):
        area = int(400 * rng.random() ** 2)
        city = f"{shop.words[area % len(shop.words)].title()}ville"
        yield (
            f"{i}\t{rng.choice(shop.words).title()} street {rng.randrange(1, 200)}\t\t{10_000 + area * 7}\t{city}"
            f"\t{COUNTRIES[area % len(COUNTRIES)][0]}\t{TRUE if i <= people else FALSE}\t{1 + (i - 1) % people}\n"
        )


def wishes(shop, rng, n):
    people, titles = shop.size["customers_customer"], shop.size["catalog_book"]
    for i in range(1, n + 1):
        customer, turn = 1 + (i - 1) % people, (i - 1) // people
        yield f"{i}\t{moment(rng, 700)}\t\t{1 + (customer * 13 + turn) % titles}\t{customer}\n"


def logins(shop, rng, n):
    for i in range(1, n + 1):
        agent = f"Browser/{rng.randrange(90, 140)}"
        yield f"{i}\t{ascending(i, n, 700)}\t10.{i % 250}.{i % 199}.{i % 97}\t{agent}\t{shop.pick(rng, 'accounts_user')}\n"


# Marketing -----------------------------------------------------------------


def campaigns(shop, rng, n):
    for i in range(1, n + 1):
        start = NOW.date() - timedelta(days=i * 7)
        yield f"{i}\tCampaign {i}\t{start}\t{start + timedelta(days=30)}\t{shop.any(rng, 'accounts_user')}\n"


def featured(shop, rng, n):
    total = shop.size["marketing_campaign"]
    for i in range(1, n + 1):
        campaign, turn = 1 + (i - 1) % total, (i - 1) // total
        yield f"{i}\t{campaign}\t{1 + turn % shop.size['catalog_book']}\n"


def coupons(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i}\tSAVE{i:06}\t{rng.choice([5, 10, 15, 20])}\t{NULL}\t{shop.any(rng, 'marketing_campaign')}\n"


def subscribers(shop, rng, n):
    for i in range(1, n + 1):
        fax = f"+351 8{i:08}" if rng.random() < 0.01 else NULL
        customer = i if rng.random() < 0.6 else NULL
        confirmed = moment(rng, 900) if rng.random() < 0.7 else NULL
        yield f"{i}\treader.{i}@example.org\t{rng.choice(SOURCES)}\t{fax}\t{NULL}\t{NULL}\t{confirmed}\t{customer}\n"


def page_views(shop, rng, n):
    for i in range(1, n + 1):
        book = shop.pick(rng, "catalog_book")
        key = uuid.UUID(int=rng.getrandbits(128), version=4)
        yield f"{key}\t{ascending(i, n, 75)}\t/books/{book}/\t{book}\t{rng.getrandbits(64):016x}\n"


# Orders --------------------------------------------------------------------


def orders(shop, rng, n):
    for i in range(1, n + 1):
        customer = shop.pick(rng, "customers_customer")
        status = rng.choices(["delivered", "cancelled", "shipped", "paid", "new"], [930, 40, 15, 10, 5])[0]
        coupon = shop.pick(rng, "marketing_coupon") if rng.random() < 0.08 else NULL
        clerk = shop.any(rng, "accounts_user") if rng.random() < 0.1 else NULL
        address = NULL if rng.random() < 0.05 else customer
        channel = "web" if rng.random() < 0.999 else "phone"
        yield f"{i}\t{CREATED}\tN{i:08}\t{status}\t{ascending(i, n, 1500)}\t\t{channel}\t{coupon}\t{customer}\t{clerk}\t{address}\n"


def lines(shop, rng, n):
    total = shop.size["orders_order"]
    for i in range(1, n + 1):
        book = shop.pick(rng, "catalog_book")
        title = shop.titles[book - 1] if rng.random() < 0.98 else f"{shop.titles[book - 1]} (old title)"
        cents = 399 + (book * 37) % 5600
        quantity = rng.choices([1, 2, 3], [90, 8, 2])[0]
        discount = cents // 10 / 100 if rng.random() < 0.08 else 0
        yield f"{i}\t{title}\t{quantity}\t{cents / 100:.2f}\t{discount:.2f}\t{book}\t{1 + (i * 7) % total}\n"


def payments(shop, rng, n):
    for i in range(1, n + 1):
        code = COUNTRIES[int(len(COUNTRIES) * rng.random() ** 2)][0]
        reference = uuid.UUID(int=rng.getrandbits(128), version=4)
        cents = 399 + int(rng.random() ** 2 * 12_000)
        yield (
            f"{i}\t{cents / 100}\t{cents / 3000:.2f}\t{rng.choices(['card', 'transfer', 'voucher'], [90, 8, 2])[0]}\t{reference}"
            f'\t{ascending(i, n, 1500)}\t{{"country": "{code}", "risk": {rng.randrange(100)}}}\t{code}\t{i}\n'
        )


def shipments(shop, rng, n):
    for i in range(1, n + 1):
        shipped = ascending(i, n, 1500) if rng.random() < 0.8 else NULL
        warehouse = 1 + int(WAREHOUSES * rng.random() ** 2)
        yield f"{i}\tTR{i:010}\t{shipped}\t{1 + rng.randrange(CARRIERS)}\t{1 + (i - 1) % shop.size['orders_order']}\t{warehouse}\n"


def events(shop, rng, n):
    kinds = ["created", "paid", "picked", "packed", "shipped", "delivered"]
    total = shop.size["orders_order"]
    for i in range(1, n + 1):
        order = 1 + (i - 1) * total // n
        yield f'{i}\t{kinds[i % 6]}\t{ascending(i, n, 1500)}\t{{"by": "robot", "step": {i % 6}}}\t{order}\n'


def audit_entries(shop, rng, n):
    targets = [(shop.types.book, "catalog_book"), (shop.types.order, "orders_order"), (shop.types.review, "reviews_review")]
    for i in range(1, n + 1):
        kind, table = targets[int(3 * rng.random() ** 2)]
        actor = shop.any(rng, "accounts_user") if rng.random() < 0.7 else NULL
        key = uuid.UUID(int=rng.getrandbits(128), version=4)
        yield f"{key}\t{shop.any(rng, table)}\t{rng.choice(['add', 'change', 'delete'])}\t{ascending(i, n, 900)}\t{actor}\t{kind}\n"


# Reviews -------------------------------------------------------------------


def reviews(shop, rng, n):
    for i in range(1, n + 1):
        rating = rng.choices([5, 4, 3, 2, 1], [40, 30, 15, 8, 7])[0]
        yield (
            f"{i}\t{CREATED}\t{rating}\t{shop.text(rng, 40)}\t{shop.text(rng, 100 + rng.randrange(500))}"
            f"\t{TRUE if rng.random() < 0.9 else FALSE}\t{int(50 * rng.random() ** 6)}"
            f"\t{shop.pick(rng, 'catalog_book')}\t{shop.pick(rng, 'customers_customer')}\n"
        )


def comments(shop, rng, n):
    for i in range(1, n + 1):
        kind, table = (shop.types.review, "reviews_review") if rng.random() < 0.7 else (shop.types.book, "catalog_book")
        yield f"{i}\t{CREATED}\t{shop.pick(rng, table)}\t{shop.text(rng, 120)}\t{shop.any(rng, 'accounts_user')}\t{kind}\n"


def badges(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i}\tbadge-{i}\n"


def badge_holders(shop, rng, n):
    total = shop.size["reviews_badge"]
    for i in range(1, n + 1):
        badge, turn = 1 + (i - 1) % total, (i - 1) // total
        yield f"{i}\t{badge}\t{1 + turn % shop.size['customers_customer']}\n"


# Stock ---------------------------------------------------------------------


def warehouses(shop, rng, _):
    for i in range(1, WAREHOUSES + 1):
        yield f"{i}\tWH{i}\tWarehouse {i}\tHarbour {i}\t{shop.text(rng, 900)}\t{NULL}\n"


def carriers(shop, rng, _):
    for i in range(1, CARRIERS + 1):
        yield f"{i}\tCarrier {i}\thttps://example.org/track\n"


def suppliers(shop, rng, n):
    for i in range(1, n + 1):
        yield f"{i}\tSupplier {i}\t{NULL}\n"


def supplier_publishers(shop, rng, n):
    total = shop.size["inventory_supplier"]
    for i in range(1, n + 1):
        supplier, turn = 1 + (i - 1) % total, (i - 1) // total
        yield f"{i}\t{supplier}\t{1 + turn % shop.size['catalog_publisher']}\n"


def stock_levels(shop, rng, n):
    total = shop.size["catalog_book"]
    for i in range(1, n + 1):
        book, turn = 1 + (i - 1) % total, (i - 1) // total
        yield f"{i}\t{CREATED}\t{int(200 * rng.random() ** 3)}\t0\t{book}\t{1 + (book + turn) % WAREHOUSES}\n"


def stock_movements(shop, rng, n):
    for i in range(1, n + 1):
        reason = rng.choices(["sale", "delivery", "return", "loss"], [80, 15, 4, 1])[0]
        change = -rng.randint(1, 3) if reason == "sale" else rng.randint(1, 50)
        warehouse = 1 + int(WAREHOUSES * rng.random() ** 2)
        yield f"{i}\t{change}\t{ascending(i, n, 1500)}\t{reason}\t{rng.choice('ffff')}\t{shop.pick(rng, 'catalog_book')}\t{warehouse}\n"


def legacy_prices(shop, rng, n):
    for i in range(1, n + 1):
        naive = ascending(i, n, 6000)[:-3]
        yield f'{i}\t{shop.any(rng, "catalog_book")}\tP{i}\t{naive}\t{5 + i % 40}.90\t{1 + i % 12}\t{{"row": {i}}}\n'


STAMPS = "created_at, updated_at"
TABLES = [
    ("catalog_publisher", f"id, {STAMPS}, name, slug, country_code, country_name, about", publishers),
    ("catalog_author", f"id, {STAMPS}, name, sort_name, biography, born_on, died_on, home_publisher_id", authors),
    ("catalog_authorprofile", "id, website, portrait_url, press_kit, author_id", profiles),
    ("catalog_genre", "id, name, slug, parent_id", genres),
    ("catalog_series", "id, name, publisher_id", series),
    (
        "catalog_book",
        f"id, {STAMPS}, title, subtitle, isbn, publisher_id, series_id, binding, language_name, price, list_price, "
        "keywords, description, sample_chapter, facts, is_active, view_count, published_on",
        books,
    ),
    ("catalog_ebook", "book_ptr_id, file_size_kb, has_drm", ebooks),
    ("catalog_audiobook", "book_ptr_id, minutes, narrator_id", audiobooks),
    ("catalog_authorship", "id, role, position, author_id, book_id", authorships),
    ("catalog_book_genres", "id, book_id, genre_id", book_genres),
    ("catalog_edition", "id, number, pages, printed_on, remarks, book_id, printer_id", editions),
    ("catalog_award", "id, name, year, book_id", awards),
    ("catalog_bookattribute", "id, name, value, book_id", attributes),
    (
        "accounts_user",
        "id, password, last_login, is_superuser, username, first_name, last_name, is_staff, is_active, date_joined, "
        "email, display_name, last_seen_at",
        users,
    ),
    (
        "customers_customer",
        f"id, {STAMPS}, full_name, phone1, phone2, phone3, tier, vat_number, newsletter, loyalty_points, preferences, "
        "referred_by_id, user_id",
        customers,
    ),
    ("customers_address", "id, line1, line2, postcode, city, country_code, is_default, customer_id", addresses),
    ("customers_wishlistitem", "id, added_at, note, book_id, customer_id", wishes),
    ("customers_loginevent", "id, at, address, user_agent, user_id", logins),
    ("marketing_campaign", "id, name, starts_on, ends_on, owner_id", campaigns),
    ("marketing_campaign_featured_books", "id, campaign_id, book_id", featured),
    ("marketing_coupon", "id, code, percent, valid_until, campaign_id", coupons),
    ("marketing_subscriber", "id, email, source, fax, second_fax, telex, confirmed_at, customer_id", subscribers),
    ("marketing_pageview", "id, viewed_at, path, book_id, session_key", page_views),
    ("inventory_warehouse", "id, code, name, street, opening_notes, manager_id", warehouses),
    ("inventory_carrier", "id, name, tracking_url", carriers),
    ("inventory_supplier", "id, name, contact_id", suppliers),
    ("inventory_supplier_publishers", "id, supplier_id, publisher_id", supplier_publishers),
    ("inventory_stocklevel", f"id, {STAMPS}, on_hand, reserved, book_id, warehouse_id", stock_levels),
    ("inventory_stockmovement", "id, change, happened_at, reason, is_manual, book_id, warehouse_id", stock_movements),
    ("legacy_price_list", "id, book_id, code, valid_from, amount, units, extra", legacy_prices),
    (
        "orders_order",
        f"id, {STAMPS}, number, status, placed_at, gift_message, channel, coupon_id, customer_id, handled_by_id, "
        "shipping_address_id",
        orders,
    ),
    ("orders_orderline", "id, book_title, quantity, unit_price, discount, book_id, order_id", lines),
    ("orders_payment", "id, amount, fee, provider, provider_reference, paid_at, response, country, order_id", payments),
    ("orders_shipment", "id, tracking_code, shipped_at, carrier_id, order_id, warehouse_id", shipments),
    ("orders_orderevent", "id, kind, happened_at, payload, order_id", events),
    ("reviews_review", f"id, {STAMPS}, rating, headline, body, approved, helpful_votes, book_id, customer_id", reviews),
    ("orders_auditentry", "id, object_id, action, at, actor_id, content_type_id", audit_entries),
    ("reviews_comment", f"id, {STAMPS}, object_id, text, author_id, content_type_id", comments),
    ("reviews_badge", "id, code", badges),
    ("reviews_badge_holders", "id, badge_id, customer_id", badge_holders),
]
