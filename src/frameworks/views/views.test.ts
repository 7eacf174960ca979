import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";
import { expectMarked } from "../../../tests/support/framework-case.ts";

const LAYOUT = `from django.template.loader import render_to_string


class Panel:
    def __init__(self, template_name):
        self.template_name = template_name

    def render(self, context):
        return render_to_string(self.template_name, context.flatten())


class Row:
    def __init__(self, *panels):
        self.panels = panels

    def __iter__(self):
        return iter(self.panels)


class Layout:
    def __init__(self, *rows):
        self.rows = rows

    def __iter__(self):
        return iter(self.rows)
`;

test("a template named after its model renders the panels that a view lists", async () => {
  await expectMarked({
    "shop/layout.py": LAYOUT,
    "shop/templatetags/__init__.py": "",
    "shop/templatetags/panels.py": `from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def render(context, panel):
    return panel.render(context)
`,
    "shop/views.py": `from django.shortcuts import get_object_or_404, render
from django.views.generic import View
from shop.layout import Layout, Panel, Row
from shop.models import Customer, Order


class PageView(View):
    layout = None

    def template_name(self):
        options = self.queryset.model._meta
        return f"{options.app_label}/{options.model_name}.html"

    def get(self, request, pk):
        shown = get_object_or_404(self.queryset, pk=pk)
        return render(request, self.template_name(), {"object": shown, "layout": self.layout, **self.extra(shown)})


class CustomerView(PageView):
    queryset = Customer.objects.all()
    layout = Layout(Row(Panel("shop/orders.html")), Row(Panel("shop/invoices.html")))

    def extra(self, shown):
        return {
            "orders": Order.objects.filter(customer=shown),
            "billed": Order.objects.filter(customer=shown).select_related("invoice"),
        }
`,
    "shop/templates/shop/customer.html": `{% load panels %}
{% for row in layout %}{% for panel in row %}{% render panel %}{% endfor %}{% endfor %}
`,
    "shop/templates/shop/orders.html": `{% for order in orders %}{{ order.invoice.number }}{% endfor %}{# expect: invoice #}\n`,
    "shop/templates/shop/invoices.html": `{% for order in billed %}{{ order.invoice.number }}{% endfor %}\n`,
  });
});

test("what a tag puts into the context is there for the rest of the template, and for what that includes", async () => {
  await expectMarked({
    "shop/templatetags/__init__.py": "",
    "shop/templatetags/lists.py": `from django import template
from shop.models import Order

register = template.Library()


@register.simple_tag(takes_context=True)
def load_orders(context, customer):
    context["orders"] = Order.objects.filter(customer=customer, paid=False)
    context["billed"] = Order.objects.filter(customer=customer).select_related("invoice")
    return ""
`,
    "shop/views.py": `from django.shortcuts import get_object_or_404, render
from shop.models import Customer


def page(request, pk):
    return render(request, "shop/customer.html", {"customer": get_object_or_404(Customer, pk=pk)})
`,
    "shop/templates/shop/customer.html": `{% load lists %}
{% load_orders customer %}
{% with orders as listed %}{% include "shop/orders.html" %}{% endwith %}
{% for order in billed %}{{ order.invoice.number }}{% endfor %}
`,
    "shop/templates/shop/orders.html": `{% for order in listed %}{{ order.invoice.number }}{% endfor %}{# expect: invoice #}\n`,
  });
});

test("a class that hands on what is asked of it, and what it makes, are the class that it stands for", async () => {
  await expectMarked({
    "shop/stand_in.py": `from django.conf import settings
from django.utils.module_loading import import_string


def chosen_class(cls):
    path = settings.CHOSEN.get(cls.__name__)
    return cls.stands_for if path is None else import_string(path)


class Forwards(type):
    def __getattr__(cls, name):
        return getattr(chosen_class(cls), name)


class StandIn(metaclass=Forwards):
    stands_for = None

    def __new__(cls, *args, **kwargs):
        return chosen_class(cls)(*args, **kwargs)
`,
    "shop/lists.py": `from shop.stand_in import StandIn


class PlainLists:
    def __init__(self, orders):
        self.orders = orders

    def numbers(self):
        return [order.invoice.number for order in self.orders]  # expect: invoice

    @classmethod
    def names(cls, orders):
        return [order.customer.name for order in orders]  # expect: customer


class Lists(StandIn):
    stands_for = PlainLists


class Single:
    known = None

    def __new__(cls):
        if cls.known is None:
            cls.known = super().__new__(cls)
        return cls.known

    def names(self, orders):
        return [order.customer.name for order in orders]
`,
    "shop/views.py": `from shop.lists import Lists, Single
from shop.models import Order


def page():
    return Lists(Order.objects.filter(paid=True)).numbers() + Lists.names(Order.objects.filter(paid=False))


def joined():
    return Single().names(Order.objects.select_related("customer"))
`,
  });
});

test("a route gives its view what is written beside it", async () => {
  await expectMarked({
    "config/urls.py": `from django.urls import path
from shop import views

urlpatterns = [
    path("orders/<int:pk>/", views.listed, {"template_name": "shop/orders.html", "orders": None}),
    path("totals/", views.listed, {"template_name": "shop/totals.html"}),
    path("other/", views.listed),
]
`,
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def listed(request, template_name, pk=None):
    return render(request, template_name, {"orders": Order.objects.filter(paid=True)})
`,
    "shop/templates/shop/orders.html": `{% for order in orders %}{{ order.invoice.number }}{% endfor %}{# expect: invoice #}\n`,
    "shop/templates/shop/totals.html": `{% for order in orders %}{{ order.total }}{% endfor %}\n`,
  });
});

test("eager loads under the test of what they are given are no second case", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


def listed(names):
    orders = Order.objects.all()
    if names:
        orders = orders.select_related(*names)
    return [order.customer.name for order in orders]


def of_kind(kind):
    orders = Order.objects.filter(status=kind)
    relation = {"sold": "customer", "sent": "invoice"}.get(kind)
    if relation:
        orders = orders.select_related(relation)
    return [order.customer.name for order in orders]


def always_one(kind):
    orders = Order.objects.filter(status=kind)
    if kind:
        orders = orders.select_related("invoice")
    return [order.customer.name for order in orders]  # expect: customer


def narrowed(names):
    orders = Order.objects.all()
    if names:
        orders = orders.filter(status="open")
    return [order.customer.name for order in orders]  # expect: customer
`,
  });
});

test("joins and columns whose names are computed hide no other relation", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order, Product


def joined(names):
    lines = []
    for product in Product.objects.select_related(*names):
        lines.append(product.category.parent.name)
        lines.append([review.rating for review in product.reviews.all()])  # expect: reviews
    return lines


def prefetched(names):
    return [[review.rating for review in product.reviews.all()] for product in Product.objects.prefetch_related(*names)]


def narrow(names):
    return [(order.total, order.customer.name) for order in Order.objects.only(*names)]  # expect: customer


def joined_no_more(names):
    return [order.customer.name for order in Order.objects.select_related(*names).select_related(None)]  # expect: customer
`,
  });
});

const counted = (queryset: string, mark: string): Record<string, string> => ({
  "shop/views.py": `from django.db.models import Count
from shop.models import Order


def lines_of(order):
    counted = getattr(order, "_lines", None)
    if counted is not None:
        return counted
    return order.lines.count()  ${mark}


def listed():
    return [lines_of(order) for order in Order.objects.${queryset}]
`,
});

test("what a queryset annotated stands in for what is computed without it", async () => {
  await expectMarked(counted("all()", "# expect: lines"));
  await expectMarked(counted('annotate(_lines=Count("lines"))', ""));
});

test("code that asks what was prefetched gets an answer", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Product


def is_prefetched(instance, name):
    if name in instance._state.fields_cache:
        return True
    return hasattr(instance, "_prefetched_objects_cache") and name in instance._prefetched_objects_cache


def ratings_of(product):
    if "reviews" in getattr(product, "_prefetched_objects_cache", {}):
        return [review.author.username for review in product.reviews.all()]  # expect: reviews.author
    return [review.author.username for review in product.reviews.select_related("author")]  # expect: reviews


def count_of(product):
    if is_prefetched(product, "reviews"):
        return len(product.reviews.all())
    return product.reviews.count()


def texts_of(product):
    if is_prefetched(product, "reviews"):
        return [review.text for review in product.reviews.all()]
    return []


def category_of(product):
    return product.category.name if is_prefetched(product, "category") else ""


def plain():
    return [(ratings_of(product), texts_of(product), category_of(product)) for product in Product.objects.all()]


def loaded():
    return [(ratings_of(product), count_of(product)) for product in Product.objects.prefetch_related("reviews")]
`,
  });
});

test("code that asks whether something was put on the row gets an answer", async () => {
  await expectMarked({
    "shop/views.py": `from django.db.models import Count, Prefetch
from shop.models import Line, Order


def size(order):
    if hasattr(order, "_size"):
        return order._size
    return order.lines.count()


def first(order):
    if hasattr(order, "_lines"):
        return order._lines[0] if order._lines else None
    return order.lines.first()


def size_of_any(order):
    if not hasattr(order, "_size"):
        return order.lines.count()  # expect: lines
    return order._size


def annotated():
    return [size(order) for order in Order.objects.annotate(_size=Count("lines"))]


def listed():
    return [first(order) for order in Order.objects.prefetch_related(Prefetch("lines", Line.objects.order_by("price"), to_attr="_lines"))]


def told():
    sizes = []
    for order in Order.objects.all():
        order._size = 1
        sizes.append(size(order))
    return sizes


def plain():
    return [size_of_any(order) for order in Order.objects.all()]
`,
  });
});

test("what rows are grouped by is a row of each group", async () => {
  await expectMarked({
    "shop/views.py": `from itertools import groupby

from django.shortcuts import render
from shop.models import Line


def categories(show):
    for product, lines in groupby(Line.objects.select_related("product"), key=lambda line: line.product):
        show(product.category.name)  # expect: product.category
        for line in lines:
            show(line.order.total)  # expect: order


def joined(show):
    for product, lines in groupby(Line.objects.select_related("product__category"), key=lambda line: line.product):
        show(product.category.name, len(list(lines)))


def page(request):
    return render(request, "shop/lines.html", {
        "lines": Line.objects.select_related("product"),
        "joined": Line.objects.select_related("product__category"),
    })
`,
    "shop/templates/shop/lines.html": `{% regroup lines by product as groups %}
{% for group in groups %}{{ group.grouper.category.name }}{% endfor %}{# expect: product.category #}
{% regroup joined by product as groups %}
{% for group in groups %}{{ group.grouper.category.name }}{{ group.list|length }}{% endfor %}
`,
  });
});

test("what a group's row lacks is loaded once for the group", async () => {
  const report = await analyseShop({
    "shop/views.py": `from itertools import groupby

from shop.models import Line


def categories(show):
    for product, lines in groupby(Line.objects.select_related("product"), key=lambda line: line.product):
        show(product.category.name)
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ claim }) => claim)).toEqual([
    "`categories` loads `product.category` separately for each `Line`: one query for each distinct `product`.",
  ]);
});

test("so it does of rows whose first caller is not known", async () => {
  const report = await analyseShop({
    "shop/views.py": `def narrowed_of(product):
    if "reviews" in getattr(product, "_prefetched_objects_cache", {}):
        return list(product.reviews.all())
    return list(product.reviews.order_by("pk"))


def of_category(category):
    return [narrowed_of(product) for product in category.products.prefetch_related("reviews")]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "defeated-prefetch")).toEqual([]);
});

test("in the branch where rows of an unknown caller have them, they are there", async () => {
  const report = await analyseShop({
    "shop/views.py": `def names_of(category):
    for product in category.products.all():
        if "reviews" in getattr(product, "_prefetched_objects_cache", {}) and product.price:
            yield [review.text for review in product.reviews.all()]
        if "products" not in category._prefetched_objects_cache:
            continue
        yield [other.title for other in category.products.all()]


def first_of(category):
    for index in range(10):
        if "products" in getattr(category, "_prefetched_objects_cache", {}):
            yield index, [product.title for product in category.products.all()]


def always(category):
    for index in range(10):
        yield index, [product.title for product in category.products.order_by("pk")]
`,
  });
  const loops = report.findings.filter(({ rule }) => rule === "query-in-loop");
  expect(loops.map(({ places }) => places.find(({ role }) => role === "access")?.line)).toEqual([18]);
});

test("steps that are each of a class of their own are taken once", async () => {
  const report = await analyseShop({
    "shop/views.py": `from shop.models import Product, Tag


class First:
    def run(self, names):
        return Tag.objects.filter(name__in=names).first()


class Second:
    def run(self, names):
        return Product.objects.filter(title__in=names).first()


STEPS = [First, Second]


class Flow:
    def __init__(self, more):
        self.steps = {}
        for step in [*[step() for step in STEPS], *more]:
            self.steps[type(step).__name__] = step

    def run(self, names):
        return [step.run(names) for step in self.steps.values()]


def all_steps(request, more):
    return Flow(more).run(request.GET.getlist("name"))


def each_name(request):
    return [First().run([name]) for name in request.GET.getlist("name")]
`,
  });
  const loops = report.findings.filter(({ rule }) => rule === "query-in-loop");
  expect(loops.map(({ places }) => places.find(({ role }) => role === "loop")?.line)).toEqual([32]);
});

test("what a line of a table of cases says holds for that line alone", async () => {
  const report = await analyseShop({
    "shop/views.py": `from shop.models import Product, Tag


def drop(product):
    for rows, one_by_one in [(product.lines.all(), False), (product.reviews.all(), True), (Tag.objects.all(), False)]:
        if one_by_one:
            for row in rows:
                row.delete()
        else:
            rows.delete()


def drop_all(request):
    for product in Product.objects.all():
        drop(product)


def labels(product):
    return [len(rows) for name, rows in (("a", product.lines.all()), ("b", product.reviews.all())) if name]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ relation }) => relation)).toEqual(["reviews"]);
});

test("rows without the number that others have stored are few", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Product


def discounts():
    return [discount_of(product) for product in Product.objects.all()]


def discount_of(product):
    if product.discount is not None:
        return product.discount
    return product.category.discount  # expect: category?


def names():
    return [name_of(product) for product in Product.objects.all()]


def name_of(product):
    if product.title:
        return product.title
    return product.category.name  # expect: category
`,
  });
});

test("many-to-many relations that a chosen list of fields may leave out are not read", async () => {
  await expectMarked({
    "shop/views.py": `from django.forms.models import model_to_dict
from shop.models import Product


def plain(product):
    names = [field.name for field in Product._meta.get_fields() if not field.many_to_many]
    return model_to_dict(product, names)


def listed():
    return [(plain(product), model_to_dict(product, fields=None)) for product in Product.objects.all()]  # expect: tags
`,
  });
});

test("a row that only a relation's name tells may be one that has it loaded", async () => {
  const listed = (queryset: string): Record<string, string> => ({
    "shop/models.py": `from django.db import models


class Crate(models.Model):
    name = models.CharField(max_length=20)


class Bottle(models.Model):
    crate = models.ForeignKey(Crate, models.CASCADE)
`,
    "shop/signals.py": "",
    "shop/views.py": `from django.shortcuts import render
from shop.models import Crate
from shop.somewhere import wanted

CRATES = Crate.objects.${queryset}


def show(request):
    return render(request, "shop/show.html", {"found": wanted(request)})
`,
    "shop/templates/shop/show.html": `{% for one in found %}{% for bottle in one.bottle_set.all %}{{ bottle.pk }}{% endfor %}{% endfor %}\n`,
  });
  const confidences = async (queryset: string): Promise<string[]> =>
    (await analyseShop(listed(queryset))).findings.filter((one) => one.rule === "query-in-loop").map((one) => one.confidence);
  expect(await confidences("all()")).toEqual(["likely"]);
  expect(await confidences('prefetch_related("bottle_set")')).toEqual(["possible"]);
});

test("rows that share an object ask its relations to many again each", async () => {
  const claims = (
    await analyseShop({
      "shop/views.py": `from shop.models import Product


def related():
    return [[other.title for other in product.category.products.all()] for product in Product.objects.prefetch_related("category")]


def parents():
    return [product.category.parent.name for product in Product.objects.prefetch_related("category")]
`,
    })
  ).findings
    .filter((one) => one.rule === "n-plus-one")
    .map((one) => one.claim);
  expect(claims.toSorted()).toEqual([
    "`parents` loads `category.parent` separately for each `Product`: one query for each distinct `category`.",
    "`related` loads `category.products` separately for each `Product`: one query a row.",
  ]);
});

test("a refresh at times leaves what was loaded as it is at other times", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


def names():
    found = []
    for order in Order.objects.select_related("customer"):
        if order.total is None:
            order.refresh_from_db()
        found.append(order.customer.name)
    return found
`,
  });
});

test("a name tells a model only where nothing else is known", async () => {
  await expectMarked({
    "shop/models.py": `from django.db import models


class Sheet(models.Model):
    title = models.CharField(max_length=80)


class Note(models.Model):
    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="sheet_notes")


class Draft:
    sheet_notes = None
`,
    "shop/signals.py": "",
    "shop/views.py": `from shop.models import Draft, Sheet


def merge(other):
    kept = other or Draft()
    for sheet in Sheet.objects.all():
        print(sheet.title, kept.sheet_notes.get(pk=sheet.pk))

`,
  });
});

test("a template that was loaded renders the context that it is given", async () => {
  await expectMarked({
    "shop/templates/shop/lines.html": `{% for line in lines %}{# expect: lines.product #}
{{ line.product.title }}{# expect: lines.product #}
{% endfor %}
`,
    "shop/templates/shop/joined.html": `{% for line in lines %}{{ line.product.title }}{% endfor %}
`,
    "shop/views.py": `from django.template.loader import get_template
from shop.models import Line, Order


def lines():
    shown = []
    template = get_template("shop/lines.html")
    for order in Order.objects.all():
        shown.append(template.render({"lines": order.lines.all()}))
    return shown


def joined():
    return get_template("shop/joined.html").render({"lines": Line.objects.select_related("product")})
`,
  });
});

test("a manager makes querysets of the class that it holds", async () => {
  await expectMarked({
    "shop/models.py": `from django.db import models


class SortedQuerySet(models.QuerySet):
    def by_key(self):
        return self.order_by("pk")


class SortedManager(models.Manager):
    queryset_class = SortedQuerySet

    def get_queryset(self):
        return self.queryset_class(self.model, using=self._db).by_key()


class NoteQuerySet(SortedQuerySet):
    def with_sheets(self):
        return self.select_related("sheet")


class NoteManager(SortedManager):
    queryset_class = NoteQuerySet


class Sheet(models.Model):
    title = models.CharField(max_length=80)
    objects = SortedManager()


class Note(models.Model):
    sheet = models.ForeignKey(Sheet, models.CASCADE)
    objects = NoteManager()
`,
    "shop/signals.py": "",
    "shop/views.py": `from shop.models import Note


def titles():
    return [note.sheet.title for note in Note.objects.all()]  # expect: sheet


def joined():
    return [note.sheet.title for note in Note.objects.all().with_sheets()]
`,
  });
});

test("rows that come from a queryset are a `QuerySet` where code asks, a page's too, and a list is none", async () => {
  await expectMarked({
    "shop/views.py": `from django.core.paginator import Paginator
from django.db.models.query import QuerySet
from django.shortcuts import render
from shop.models import Order


def loaded(rows):
    if not isinstance(rows, QuerySet):
        return rows
    return rows.prefetch_related("customer")


def every(request):
    for order in loaded(Order.objects.all()):
        print(order.customer.name)


def listed(request):
    for order in loaded(list(Order.objects.all())):
        print(order.customer.name)  # expect: customer


def paged(request):
    page = Paginator(Order.objects.all(), 25).get_page(request.GET.get("page", 1))
    page.object_list = loaded(page.object_list)
    return render(request, "shop/orders.html", {"orders": page})
`,
    "shop/templates/shop/orders.html": `{% for order in orders %}{{ order.customer.name }}{% endfor %}
`,
  });
});

test("names of a class body are those that stand where the statement is", async () => {
  const listing = (name: string, body: string): string => `

class ${name}(ListView):
${body}
    template_name = "${name.toLowerCase()}.html"
`;
  const template = (expected: string): string => `{% for order in object_list %}{{ order.customer.name }}${expected}{% endfor %}\n`;
  await expectMarked({
    "shop/listing.py": `import os

from django.views.generic import ListView
from shop.models import Order
${listing(
  "Earlier",
  `    rows = Order.objects.all()
    queryset = rows.filter(pk__gt=1)`,
)}${listing(
      "Replaced",
      `    queryset = Order.objects.all()
    queryset = queryset.select_related("customer")`,
    )}${listing(
      "Branch",
      `    queryset = Order.objects.all()
    if os.environ.get("FAST"):
        queryset = queryset.select_related("customer")`,
    )}`,
    "shop/templates/earlier.html": template("{# expect: customer #}"),
    "shop/templates/replaced.html": template(""),
    "shop/templates/branch.html": template("{# expect: customer #}"),
  });
});

test("a name of a class body whose value is not known is what its annotation says", async () => {
  await expectMarked({
    "shop/desks.py": `from kit import later
from shop.models import Line


class Drawer:
    def lines(self):
        return Line.objects.all()

    def loaded(self):
        return Line.objects.select_related("product")


class Desk:
    drawer: Drawer = later()
    label: str = later()


def titles(desk: Desk):
    return [line.product.title for line in desk.drawer.lines()]  # expect: product


def loaded_titles(desk: Desk):
    return [line.product.title for line in desk.drawer.loaded()]
`,
  });
});

test("a view whose caller may name a template renders the one that it names itself", async () => {
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def page(request, status, template_name="shop/orders.html"):
    return render(request, template_name, {"orders": Order.objects.filter(status=status)})


def summary(request, status):
    return page(request, status, template_name="shop/statuses.html")
`,
    "shop/templates/shop/orders.html": `{% for order in orders %}{{ order.invoice.number }}{% endfor %}{# expect: invoice #}\n`,
    "shop/templates/shop/statuses.html": `{% for order in orders %}{{ order.status }}{% endfor %}\n`,
  });
});

test("what that template leaves unread, another one may read", async () => {
  const { findings } = await analyseShop({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def page(request, status, template_name="shop/statuses.html"):
    orders = Order.objects.filter(status=status).select_related("customer")
    return render(request, template_name, {"orders": orders})
`,
    "shop/templates/shop/statuses.html": `{% for order in orders %}{{ order.status }}{% endfor %}\n`,
  });
  expect(findings.map(({ rule }) => rule)).not.toContain("unused-eager-load");
});

test("a view whose caller may name a form makes the one that it names itself", async () => {
  await expectMarked({
    "shop/forms.py": `from django import forms
from shop.models import Order


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["status"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["status"].label = self.instance.customer.name  # expect: customer
`,
    "shop/views.py": `from django.shortcuts import render
from shop.forms import OrderForm
from shop.models import Order


def page(request, form_class=OrderForm):
    return render(request, "shop/orders.html", {"forms": [form_class(instance=order) for order in Order.objects.all()]})
`,
    "shop/templates/shop/orders.html": `{% for form in forms %}{{ form.status }}{% endfor %}\n`,
  });
});

test("a function's own variables are the context where it says so", async () => {
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def context(variables):
    default = {"title": "Orders"}
    default.update(variables)
    return default


def page(request):
    orders = Order.objects.all()
    billed = Order.objects.select_related("invoice")
    return render(request, "shop/orders.html", context(locals()))


def plain(request):
    named = Order.objects.all()
    return render(request, "shop/names.html", vars())
`,
    "shop/templates/shop/orders.html": `{% for order in orders %}{{ order.invoice.number }}{% endfor %}{# expect: invoice #}
{% for order in billed %}{{ order.invoice.number }}{% endfor %}
`,
    "shop/templates/shop/names.html": `{% for order in named %}{{ order.customer.name }}{% endfor %}{# expect: customer #}\n`,
  });
});

const SHARED_QUERYSET = `from django.db import models
from shop.models import Order


class Note(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="notes")


class Stamp(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="stamps")


class Label(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="labels")


class Claim(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="claims")


class Refund(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="refunds")


class Report:
    def rows(self):
        return self.model.objects.all()
`;

const reports = (body: string) =>
  ["Note", "Stamp", "Label", "Claim", "Refund"].map((name) => `class ${name}Report(Report):\n    model = ${name}\n${body}`).join("\n\n");

test("one line makes the querysets of many models, each with a loop of its own", async () => {
  await expectMarked({
    "shop/reports.py": `${SHARED_QUERYSET}

${reports(`
    def show(self):
        return [row.order.status for row in self.rows()]  # expect: order
`)}`,
  });
});

test("which of them come to the one loop over all is not known", async () => {
  await expectMarked({
    "shop/reports.py": `${SHARED_QUERYSET}
    def show(self):
        return [row.order.status for row in self.rows()]  # expect: order?


${reports(`
    def page(self):
        return self.show()
`)}`,
  });
});

test("what is said of that line alone is said of all of them", async () => {
  const { findings } = await analyseShop({
    "shop/reports.py": `${SHARED_QUERYSET}

${reports(`
    def show(self):
        return [row.order.status for row in self.rows()]
`)}

    def counted(self):
        rows = self.rows()
        print(rows.count())
        return list(rows)
`,
  });
  expect(findings.filter(({ rule }) => rule === "count-then-iterate").map(({ confidence }) => confidence)).toEqual(["possible"]);
});
