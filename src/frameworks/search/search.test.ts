import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("an Elasticsearch document prepares every row", async () => {
  await expectMarked({
    "shop/documents.py": `from django_elasticsearch_dsl import Document, Index, fields
from django_elasticsearch_dsl.registries import registry
from shop.models import Order, Product


@registry.register_document
class OrderDocument(Document):
    customer = fields.ObjectField(properties={"name": fields.TextField()})  # expect: customer
    lines = fields.NestedField(
        properties={"product": fields.TextField(attr="product.title")}
    )
    size = fields.IntegerField()

    def prepare_size(self, instance):
        return instance.invoice.number  # expect: invoice

    class Django:
        model = Order
        fields = ["status"]

    def get_queryset(self):
        return super().get_queryset().prefetch_related("lines__product")


class ProductDocument(Document):
    category = fields.TextField(attr="category.name")

    class Django:
        model = Product

    def get_queryset(self):
        return super().get_queryset().select_related("category")


Index("products").document(ProductDocument)
`,
  });
});

test("a document of the time before version 7 names its model in Meta", async () => {
  await expectMarked({
    "shop/documents.py": `from django_elasticsearch_dsl import DocType, Index, fields
from shop.models import Line

lines = Index("lines")


@lines.doc_type
class LineDocument(DocType):
    order = fields.ObjectField(properties={"customer": fields.ObjectField(properties={"name": fields.TextField()})})  # expect: order.customer

    class Meta:
        model = Line
        fields = ["quantity"]
`,
  });
});

test("only a document that a registry was told of is prepared for every row", async () => {
  await expectMarked({
    "shop/documents.py": `from django_elasticsearch_dsl import Document, Index, fields
from django_elasticsearch_dsl.registries import registry
from shop.models import Order

orders = Index("orders")
invoices = Index("invoices")


class BaseDocument(Document):
    customer = fields.TextField()

    def prepare_customer(self, instance):
        return instance.customer.name  # expect: customer

    class Django:
        model = Order


@orders.document
class OrderDocument(BaseDocument):
    pass


class InvoiceDocument(Document):
    number = fields.TextField(attr="invoice.number")  # expect: invoice

    class Django:
        model = Order


class PlainDocument(InvoiceDocument):
    lines = fields.NestedField(properties={"product": fields.TextField(attr="product.title")})


registry.register_document(InvoiceDocument)


def plain(order):
    return PlainDocument().prepare(order)
`,
  });
});

test("a Haystack index prepares every row", async () => {
  await expectMarked({
    "shop/search_indexes.py": `from haystack import indexes
from shop.models import Order, Product


class OrderIndex(indexes.SearchIndex, indexes.Indexable):
    text = indexes.CharField(document=True, use_template=True)
    customer = indexes.CharField(model_attr="customer__name")  # expect: customer

    def get_model(self):
        return Order

    def prepare_size(self, obj):
        return obj.status


class ProductIndex(indexes.SearchIndex, indexes.Indexable):
    category = indexes.CharField(model_attr="category__name")
    tags = indexes.MultiValueField()

    def get_model(self):
        return Product

    def index_queryset(self, using=None):
        return self.get_model().objects.select_related("category")

    def prepare_tags(self, obj):
        return [tag.name for tag in obj.tags.all()]  # expect: tags
`,
    "shop/templates/search/indexes/shop/order_text.txt": `{{ object.customer.email }}{# expect: customer #}
{% for line in object.lines.all %}{{ line.product.title }}{% endfor %}{# expect: lines.product #}
`,
  });
});

test("the iterator of a document's rows is not the project's to change", async () => {
  const { findings } = await analyseShop({
    "shop/documents.py": `from django_elasticsearch_dsl import Document, fields
from django_elasticsearch_dsl.registries import registry
from shop.models import Order


@registry.register_document
class OrderDocument(Document):
    prices = fields.KeywordField()

    class Django:
        model = Order
        fields = ["status"]

    def get_queryset(self):
        return Order.objects.filter(paid=True)

    def prepare_prices(self, instance):
        return [line.price for line in instance.lines.all()]
`,
  });
  const told = findings.filter(({ relation }) => relation === "lines");
  expect(told.map(({ remedy, fixes }) => [remedy, fixes.flatMap(({ edits }) => edits)])).toEqual([
    [
      'Add `prefetch_related("lines")` to the queryset, and have the framework give its `iterator()` a chunk size: without one Django prefetches nothing, or refuses.',
      [],
    ],
  ]);
});
