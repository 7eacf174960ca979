import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("a viewset's listing reads its columns of every row", async () => {
  await expectMarked({
    "shop/wagtail_hooks.py": `from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views.snippets import SnippetViewSet
from shop.models import Order, Product


class Orders(ModelViewSet):
    model = Order
    list_display = [
        "status",
        "customer__name",  # expect: customer?
    ]


class Products(SnippetViewSet):
    model = Product
    list_display = ["title", "category__name"]

    def get_queryset(self, request):
        return Product.objects.select_related("category")
`,
  });
});

const MODELS = `from django.db import models
from wagtail.models import Page


class Author(models.Model):
    name = models.CharField(max_length=80)


class PostPage(Page):
    author = models.ForeignKey(Author, models.CASCADE)


class PostIndexPage(Page):
    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        context["posts"] = PostPage.objects.live().descendant_of(self)
        return context


class JoinedIndexPage(Page):
    template = "blog/joined.html"

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        context["posts"] = PostPage.objects.live().select_related("author", "owner").order_by("-pk")
        return context
`;

test("a page's context is rendered in the template that its class names", async () => {
  await expectMarked({
    "blog/__init__.py": "",
    "blog/models.py": MODELS,
    "blog/templates/blog/post_index_page.html": `{% for post in posts %}
{{ post.author.name }}{# expect: author #}
{% endfor %}
{% for child in page.get_children.live %}
{{ child.owner.username }}{# expect: owner #}
{% endfor %}
`,
    "blog/templates/blog/joined.html": `{% for post in posts %}{{ post.author.name }} {{ post.owner.username }}{% endfor %}
`,
  });
});

test("a page fetched again as what it is costs a query, one of specific() does not", async () => {
  const report = await analyseShop({
    "blog/__init__.py": "",
    "blog/models.py": `${MODELS}

def titles(page):
    for child in page.get_children():
        print(child.specific.intro)


class MenuPage(Page):
    def plain(self):
        return [child.specific for child in self.get_children().live()]

    def covered(self):
        return [child.specific for child in self.get_children().live().specific()]

    def posts(self):
        return [post.specific for post in PostPage.objects.live()]

    def parents(self):
        return [post.get_parent().title for post in PostPage.objects.live()]
`,
  });
  const found = report.findings.filter((one) => one.rule === "query-in-loop").map((one) => [one.confidence, one.places.at(-1)?.line]);
  expect(found).toEqual([
    ["certain", 36],
    ["certain", 45],
  ]);
});

test("a listing's columns name attributes, paths and accessors", async () => {
  await expectMarked({
    "shop/wagtail_hooks.py": `from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet
from shop.models import Order


class Orders(SnippetViewSet):
    model = Order
    list_display = [
        "status",
        Column("customer.name"),  # expect: customer?
        Column("number", accessor="invoice.number"),  # expect: invoice?
    ]
`,
  });
});

test("a listing of wagtail's own admin of models reads the columns of every row", async () => {
  await expectMarked({
    "shop/wagtail_hooks.py": `from wagtail.contrib.modeladmin.options import ModelAdmin
from wagtail_modeladmin.options import ModelAdmin as PackagedAdmin
from shop.models import Line, Order


class LineAdmin(ModelAdmin):
    model = Line
    list_display = ("quantity", "category")

    def category(self, line):
        return line.product.category.name  # expect: product.category


class OrderAdmin(PackagedAdmin):
    model = Order
    list_display = ["status", "products"]

    def products(self, order):
        return self.titles(order, "line")

    def titles(self, order, name):
        return ", ".join(getattr(order, f"{name}s").values_list("product__title", flat=True))  # expect: lines

    def lines_shown(self, order):
        return order.lines.count()


class CountAdmin(OrderAdmin):
    list_display = ["lines_shown", "customer_name"]

    def customer_name(self, order):
        return order.customer.name

    def lines_shown(self, order):
        return order.lines.count()  # expect: lines

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("customer")
`,
  });
});

test("what a search finds are rows of the queryset that was searched", async () => {
  await expectMarked({
    "blog/__init__.py": "",
    "blog/models.py": MODELS,
    "blog/views.py": `from django.core.paginator import Paginator
from django.shortcuts import render
from blog.models import PostPage


def found(request):
    results = PostPage.objects.live().search(request.GET["q"])
    page = Paginator(results, 10).get_page(request.GET.get("page"))
    return render(request, "blog/found.html", {"results": page})


def joined(request):
    return render(request, "blog/joined_found.html", {"results": PostPage.objects.live().select_related("author").search(request.GET["q"])})
`,
    "blog/templates/blog/found.html": `{% for post in results %}
  {{ post.author.name }}  {# expect: author #}
{% endfor %}
`,
    "blog/templates/blog/joined_found.html": `{% for post in results %}{{ post.author.name }}{% endfor %}
`,
  });
});
