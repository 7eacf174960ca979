import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("links, attributes and columns read every record", async () => {
  await expectMarked({
    "shop/tables.py": `import django_tables2 as tables
from django_tables2.utils import A
from shop.models import Line


class LineTable(tables.Table):
    quantity = tables.LinkColumn("order", args=[A("order.pk"), A("order__status")])  # expect: order.customer
    price = tables.Column(
        linkify=lambda record: record.product.title,  # expect: product
    )
    customer = tables.Column(accessor=A("order__customer__name"))  # expect: order.customer

    class Meta:
        model = Line
        fields = ["quantity"]


class CoveredTable(tables.Table):
    product = tables.Column(attrs={"td": {"title": lambda record: record.product.title}}, order_by=("product__title",))

    class Meta:
        model = Line
        fields = ["product"]
`,
    "shop/views.py": `import django_tables2
from django_tables2 import SingleTableView
from shop.models import Line
from shop.tables import CoveredTable, LineTable


class Lines(SingleTableView):
    model = Line
    table_class = LineTable


class Covered(SingleTableView):
    table_class = CoveredTable

    def get_queryset(self):
        return Line.objects.select_related("product")
`,
  });
});

test("a table that prefetches for its visible columns does so for their accessors alone", async () => {
  await expectMarked({
    "shop/tables.py": `import django_tables2 as tables
from shop.models import Line


class OwnTable(tables.Table):
    state = tables.TemplateColumn(template_code="{{ record.order.status }}")  # expect: order
    category = tables.TemplateColumn(template_code="{{ record.product.category.name }}")

    def configure(self, request):
        names = [column.name for column in self.columns.visible]
        self.data.data = self.data.data.prefetch_related(*names)

    class Meta:
        model = Line
        fields = ["product"]
`,
    "shop/views.py": `from django_tables2 import SingleTableView
from shop.models import Line
from shop.tables import OwnTable


class Lines(SingleTableView):
    model = Line
    table_class = OwnTable


class NamedTable(OwnTable):
    def configure(self, request):
        self.data.data = self.data.data.select_related("order")


class Named(SingleTableView):
    model = Line
    table_class = NamedTable
`,
  });
});

test("a table's own template sees the records as rows, within the blocks of the package's template too", async () => {
  await expectMarked({
    "shop/tables.py": `import django_tables2 as tables
from shop.models import Line, Order


class BlockTable(tables.Table):
    status = tables.Column()

    class Meta:
        model = Order
        fields = ["status"]
        template_name = "shop/block_table.html"


class WholeTable(tables.Table):
    class Meta:
        model = Line
        fields = ["quantity"]
        template_name = "shop/whole_table.html"
`,
    "shop/templates/shop/block_table.html": `{% extends "django_tables2/table.html" %}
{% block table.tbody.row %}
<tr>{% for column, cell in row.items %}<td>{{ cell }}</td>{% endfor %}</tr>
{% with order=row.record %}
<tr><td>{{ order.customer.name }}{# expect: customer #}</td></tr>
{% for line in order.lines.all %}{# expect: lines #}
{{ line.product_id }}
{% endfor %}
{% endwith %}
{% endblock %}
`,
    "shop/templates/shop/whole_table.html": `{{ table.title }}
{% for row in table.rows %}
{{ row.record.product.title }}{# expect: product #}
{{ row.record.order.status }}
{% endfor %}
`,
    "shop/views.py": `from django_tables2 import SingleTableView
from shop.models import Line, Order
from shop.tables import BlockTable, WholeTable


class Orders(SingleTableView):
    model = Order
    table_class = BlockTable


class Lines(SingleTableView):
    table_class = WholeTable

    def get_queryset(self):
        return Line.objects.select_related("order")
`,
  });
});
