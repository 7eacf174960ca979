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
