import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("a resource reads its fields of every row", async () => {
  await expectMarked({
    "shop/resources.py": `from import_export import resources
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget
from shop.models import Customer, Line, Order, Product


class OrderResource(resources.ModelResource):
    customer = Field(attribute="customer", widget=ForeignKeyWidget(Customer, "name"))  # expect: customer
    size = Field()

    def dehydrate_size(self, order):
        return len(order.lines.all())  # expect: lines

    class Meta:
        model = Order


class LineResource(resources.ModelResource):
    class Meta:
        model = Line
        fields = [
            "quantity",
            "order__status",  # expect: order
            "product",  # expect: product?
        ]


class CoveredResource(resources.ModelResource):
    customer = Field(attribute="customer__name")

    def get_queryset(self):
        return super().get_queryset().select_related("customer")

    class Meta:
        model = Order
        fields = ["customer"]


class TagsResource(resources.ModelResource):
    class Meta:
        model = Product
        fields = ["title", "tags"]  # expect: tags
`,
  });
});

test("an admin's resource exports the rows that the admin loads", async () => {
  await expectMarked({
    "shop/admin.py": `from django.contrib import admin
from import_export import resources
from import_export.admin import ExportMixin
from import_export.fields import Field
from shop.models import Order


class OrderResource(resources.ModelResource):
    customer = Field(attribute="customer__name")
    number = Field(attribute="invoice__number")  # expect: invoice

    class Meta:
        model = Order
        fields = ["customer", "number"]


@admin.register(Order)
class OrderAdmin(ExportMixin, admin.ModelAdmin):
    list_display = ["status"]
    resource_class = OrderResource

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("customer")
`,
  });
});

const exporting = (queryset: string, mark: string): Record<string, string> => ({
  "shop/admin.py": `from django.contrib import admin
from import_export import resources
from import_export.admin import ImportExportModelAdmin
from import_export.fields import Field
from shop.models import Order


class OrderResource(resources.ModelResource):
    number = Field(attribute="invoice__number")  ${mark}

    class Meta:
        model = Order
        fields = ["number"]
        select_related = ["invoice"]


class Exporting(ImportExportModelAdmin):
    exported = None

    def get_queryset(self, request):
        if hasattr(request, "is_export") and self.exported:
            return getattr(self.model, self.exported).select_related("invoice")
        return super().get_queryset(request)

    def get_export_queryset(self, request):
${queryset}


@admin.register(Order)
class OrderAdmin(Exporting):
    list_display = ["status"]
    resource_class = OrderResource
    exported = "objects"
`,
});

test("an admin's own export rows are what its resource reads", async () => {
  const own = "        return super().get_export_queryset(request)";
  await expectMarked(exporting(own.replace("(request)", '(request).select_related("invoice")'), ""));
  await expectMarked(exporting(own.replace("(request)", '(request).select_related("customer")'), "# expect: invoice"));
});

const namedBy = (method: string): string => `        queryset = super().get_export_queryset(request)
        names = getattr(self.resource()._meta, "${method}", [])
        if names:
            queryset = queryset.${method}(*names)
        return list(queryset)

    def resource(self):
        resource_class = self.get_resource_class()
        return getattr(resource_class, "other", None) or resource_class`;

test("names that an admin takes from its resource are those of its Meta", async () => {
  await expectMarked(exporting(namedBy("select_related"), ""));
  await expectMarked(exporting(namedBy("prefetch_related"), "# expect: invoice"));
});

test("what an admin loads at times only is read of all its rows", async () => {
  const queryset = `        queryset = super().get_export_queryset(request)
        if request.GET.get("brief"):
            queryset = queryset.exclude(status="draft")
        return list(queryset)`;
  const files = exporting(queryset, "# expect: invoice");
  await expectMarked({
    "shop/admin.py": (files["shop/admin.py"] ?? "").replace("    class Meta:\n", '    lines = Field(attribute="lines")  # expect: lines\n\n    class Meta:\n'),
  });
});

test("names that an admin takes from elsewhere may be any", async () => {
  await expectMarked(exporting(namedBy("prefetch_related").replace("self.resource()", "request.resource()"), ""));
});

test("a request that is marked as one for an export is one", async () => {
  await expectMarked(exporting("        request.is_export = True\n        return super().get_export_queryset(request)", ""));
});

test("what a resource fetches before the export is read in it", async () => {
  await expectMarked({
    "shop/resources.py": `from import_export import resources
from import_export.fields import Field
from shop.models import Customer, Line, Order


class CustomerResource(resources.ModelResource):
    titles = Field()
    LINES = {}

    def before_export(self, queryset, *args, **kwargs):
        self.LINES = {}
        for line in Line.objects.filter(order__customer__in=queryset).select_related("order"):
            self.LINES.setdefault(line.order.customer_id, [])
            self.LINES[line.order.customer_id].append(line)

    def dehydrate_titles(self, customer):
        return ", ".join(line.product.title for line in self.LINES.get(customer.pk, []))  # expect: product

    def after_export(self, queryset, data, *args, **kwargs):
        for order in Order.objects.filter(customer__in=queryset):
            print(order.customer.name)  # expect: customer

    class Meta:
        model = Customer
        fields = ["name"]
`,
  });
});

test("a resource that chooses its fields exports these", async () => {
  await expectMarked({
    "shop/resources.py": `from import_export import resources
from import_export.fields import Field
from shop.models import Order


class ShortResource(resources.ModelResource):
    name = Field(attribute="customer__name")
    email = Field(attribute="customer__email")
    size = Field()

    def dehydrate_size(self, order):
        return len(order.lines.all())

    def get_export_order(self):
        return ("status", "total")

    class Meta:
        model = Order
        fields = ["status", "total"]


class NamedResource(resources.ModelResource):
    name = Field(attribute="customer__name")  # expect: customer

    def get_export_order(self):
        return ["name", "status"]

    class Meta:
        model = Order
        fields = ["status"]


class AskedResource(resources.ModelResource):
    name = Field(attribute="customer__name")  # expect: customer?

    def get_export_fields(self, selected_fields=None):
        return [self.fields[name] for name in chosen()]

    class Meta:
        model = Order
        fields = ["status"]
`,
  });
});
