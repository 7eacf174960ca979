import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("resolvers run for each row of a list", async () => {
  await expectMarked({
    "shop/schema.py": `import graphene
from graphene_django import DjangoListField, DjangoObjectType
from shop.models import Customer, Line, Order, Product


class CustomerType(DjangoObjectType):
    class Meta:
        model = Customer
        fields = ["name"]


class OrderType(DjangoObjectType):
    label = graphene.String()
    size = graphene.Int()

    class Meta:
        model = Order
        fields = [
            "status",
            "customer",  # expect: customer?
        ]

    def resolve_size(self, info):
        return len(self.lines.all())  # expect: lines

    @staticmethod
    def resolve_label(root, info):
        return root.invoice.number  # expect: invoice


class LineType(DjangoObjectType):
    title = graphene.String()
    paid = graphene.Boolean(resolver=lambda line, info: line.order.paid)  # expect: order
    shelf = graphene.String(source="product.category.name")  # expect: product.category?

    class Meta:
        model = Line
        fields = ["quantity"]

    def resolve_title(self, info):
        return self.product.title


class ProductType(DjangoObjectType):
    category_name = graphene.String()

    class Meta:
        model = Product
        fields = ["title"]

    def resolve_category_name(self, info):
        return CategoryLoader(info.context).load(self.category_id)


class Query(graphene.ObjectType):
    orders = graphene.List(OrderType)
    order = graphene.Field(OrderType)
    lines = graphene.List(graphene.NonNull(LineType))
    products = DjangoListField(ProductType)

    def resolve_orders(self, info):
        return Order.objects.all()

    def resolve_order(self, info, id):
        return Order.objects.get(pk=id)

    def resolve_lines(self, info):
        return Line.objects.select_related("product")
`,
  });
});

test("types are told by name, and what a connection gives goes through the type and its filters", async () => {
  await expectMarked({
    "shop/filters.py": `from django_filters import FilterSet
from shop.models import Line, Order


class OrderFilters(FilterSet):
    class Meta:
        model = Order
        fields = ["status"]

    @property
    def qs(self):
        return super().qs.select_related("customer")


class LineFilters(FilterSet):
    class Meta:
        model = Line
        fields = ["quantity"]

    @property
    def qs(self):
        return super().qs.select_related("order")
`,
    "shop/schema/__init__.py": "from shop.schema.types import *\n",
    "shop/schema/types.py": `import graphene
from graphene_django import DjangoListField, DjangoObjectType
from graphene_django.filter import DjangoFilterConnectionField
from shop.filters import LineFilters, OrderFilters
from shop.models import Line, Order, Product


class OrderType(DjangoObjectType):
    who = graphene.String()
    number = graphene.String()

    class Meta:
        model = Order
        fields = ["status"]
        filterset_class = OrderFilters

    def resolve_who(self, info):
        return self.customer.name

    def resolve_number(self, info):
        return self.invoice.number  # expect: invoice


class LineType(DjangoObjectType):
    title = graphene.String()
    placed = graphene.String()

    class Meta:
        model = Line
        fields = ["quantity"]

    def resolve_title(self, info):
        return self.product.title  # expect: product

    def resolve_placed(self, info):
        return self.order.placed_at


class ProductType(DjangoObjectType):
    shelf = graphene.String()

    class Meta:
        model = Product
        fields = ["title"]

    @classmethod
    def get_queryset(cls, queryset, info):
        return queryset.select_related("category")

    def resolve_shelf(self, info):
        return self.category.name


class Query(graphene.ObjectType):
    orders = DjangoFilterConnectionField("shop.schema.OrderType")
    lines = DjangoFilterConnectionField(type_="shop.schema.LineType", filterset_class=LineFilters)
    products = DjangoListField("shop.schema.ProductType")

    def resolve_orders(self, info):
        return Order.objects.all()

    def resolve_lines(self, info):
        return Line.objects.all()

    def resolve_products(self, info):
        return Product.objects.all()
`,
  });
});
