/** The standard library's functions that pass rows on. */
import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("a row that was drawn at random is one of the rows", async () => {
  await expectMarked({
    "shop/draws.py": `import random
from shop.models import Category, Order, Tag


def names():
    orders = list(Order.objects.all())
    return [order.customer.name for order in random.sample(orders, 3)]  # expect: customer


def joined():
    orders = list(Order.objects.select_related("customer"))
    return [order.customer.name for order in random.sample(orders, 3)]


class Maker:
    def __init__(self, category):
        self.category = category
        self.tags = Tag.objects.bulk_create([Tag(name="new")], ignore_conflicts=True)

    def tagged(self):
        return self.named(random.choice(self.tags))

    def named(self, tag):
        return tag if isinstance(tag, Tag) else self.category.products.get(tags=tag)


def made():
    return [Maker(category).tagged() for category in Category.objects.all()]
`,
  });
});

test("a progress bar hands on the rows that it goes through", async () => {
  await expectMarked({
    "shop/backfill.py": `import click
import tqdm as bars
from alive_progress import alive_it
from progressbar import progressbar
from rich.progress import Progress, track
from shop.models import Order
from tqdm import tqdm
from tqdm.auto import tqdm as notebook_tqdm


def names():
    orders = Order.objects.filter(status="new")
    for order in tqdm(orders.iterator(), total=orders.count()):
        print(order.customer.name)  # expect: customer
    for order in bars.tqdm(Order.objects.all(), desc="Orders"):
        print(order.customer.name)  # expect: customer


def kept():
    bar = notebook_tqdm(Order.objects.all())
    for order in bar:
        bar.update(1)
        print(order.customer.name)  # expect: customer


def entered():
    with click.progressbar(Order.objects.all(), label="Orders") as bar:
        for order in bar:
            bar.update(1)
            print(order.customer.name)  # expect: customer
    with tqdm(total=Order.objects.count()) as bar:
        for order in Order.objects.select_related("customer"):
            print(order.customer.name)
            bar.update(1)


def others():
    for order in track(Order.objects.all(), description="Orders"):
        print(order.customer.name)  # expect: customer
    for order in alive_it(Order.objects.all()):
        print(order.customer.name)  # expect: customer
    for order in progressbar(Order.objects.all()):
        print(order.customer.name)  # expect: customer
    with Progress() as progress:
        for order in progress.track(Order.objects.all()):
            print(order.customer.name)  # expect: customer


def joined():
    for order in tqdm(Order.objects.select_related("customer")):
        print(order.customer.name)


@click.command()
@click.argument("status")
def command(status):
    for order in Order.objects.filter(status=status):
        click.echo(order.customer.name)  # expect: customer
`,
  });
});

test("what a counter counts are its keys", async () => {
  await expectMarked({
    "shop/counts.py": `from collections import Counter
from shop.models import Line, Order


def names():
    for order in Counter(Order.objects.all()):
        print(order.customer.name)  # expect: customer


def often():
    counted = Counter(line.product for line in Line.objects.select_related("product"))
    return [product.category.name for product, times in counted.most_common(3)]  # expect: product.category
`,
  });
});

test("a calendar's page shows every day, each with its rows", async () => {
  await expectMarked({
    "shop/month.py": `from calendar import HTMLCalendar
from itertools import groupby
from django.template.loader import render_to_string
from shop.models import Order


class OrderCalendar(HTMLCalendar):
    def __init__(self, orders):
        super().__init__()
        self.orders = {day: list(rows) for day, rows in groupby(orders, lambda order: order.placed_at.day)}

    def formatday(self, day, weekday):
        return render_to_string("shop/day.html", {"orders": self.orders.get(day, None)})


def month(request, year, month):
    return OrderCalendar(Order.objects.filter(placed_at__year=year)).formatmonth(year, month)


def loaded_month(request, year, month):
    return OrderCalendar(Order.objects.select_related("customer")).formatmonth(year, month)

`,
    "shop/templates/shop/day.html": `{% for order in orders %}{{ order.customer.name }}{% endfor %}{# expect: customer #}`,
  });
});

test("functions that call others with the rows", async () => {
  await expectMarked({
    "shop/calls.py": `from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import reduce
from itertools import batched, starmap
from more_itertools import chunked
from shop.models import Order


def longest():
    return reduce(lambda most, order: max(most, len(order.customer.name)), Order.objects.all(), 0)  # expect: customer


def numbered():
    return list(starmap(lambda order, n: order.customer.name, [(order, 1) for order in Order.objects.all()]))  # expect: customer


def parts():
    for part in batched(Order.objects.all(), 100):
        print([order.customer.name for order in part])  # expect: customer
    for part in chunked(Order.objects.select_related("customer"), 100):
        print([order.customer.name for order in part])


def name(order):
    return order.customer.name  # expect: customer


def in_threads():
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(name, Order.objects.all()))


def one_by_one():
    pool = ThreadPoolExecutor()
    futures = {pool.submit(lambda order: order.invoice.number, order): order for order in Order.objects.all()}  # expect: invoice
    return [future.result() for future in as_completed(futures)]


def others():
    first, *rest = Order.objects.all()
    return [order.customer.name for order in rest]  # expect: customer
`,
  });
});

test("named tuples hand on the rows that are put into them", async () => {
  await expectMarked({
    "shop/pairs.py": `from collections import namedtuple
from typing import NamedTuple
from shop.models import Order

Pair = namedtuple("Pair", "order total")


class Named(NamedTuple):
    order: Order
    total: int = 0

    def text(self):
        return self.order.customer.name  # expect: customer


def plain():
    pairs = [Pair(order, 1) for order in Order.objects.all()]
    print([pair.order.customer.name for pair in pairs])  # expect: customer
    for order, total in pairs:
        print(total, order.invoice.number)  # expect: invoice


def named():
    return [one.text() for one in [Named(order=order) for order in Order.objects.all()]]


def loaded():
    return [pair.order.customer.name for pair in [Pair(order, total=1) for order in Order.objects.select_related("customer")]]
`,
  });
});
