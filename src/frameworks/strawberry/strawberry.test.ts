import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

const TYPES = `import strawberry
import strawberry_django
from typing import Annotated, List, Optional
from strawberry import auto
from shop.models import Category, Customer, Line, Order, Product, Review


@strawberry_django.type(Customer)
class CustomerType:
    name: auto


@strawberry_django.type(Category)
class CategoryType:
    name: auto
    products: List[Annotated["ProductType", strawberry.lazy("shop.types")]]
`;

test("fields and resolvers run for each row of a list", async () => {
  await expectMarked({
    "shop/types.py": `${TYPES}

@strawberry_django.type(Product)
class ProductType:
    title: auto
    category: Optional["CategoryType"]  # expect: category
    reviews: List[Annotated["ReviewType", strawberry.lazy(".types")]] = strawberry_django.field()  # expect: reviews


@strawberry_django.type(Review)
class ReviewType:
    rating: auto


@strawberry_django.type(Order, fields=["status"])
class OrderType:
    total: auto
    buyer: CustomerType = strawberry_django.field(field_name="customer")  # expect: customer

    @strawberry_django.field
    def size(self) -> int:
        return len(self.lines.all())  # expect: lines

    @strawberry.field
    def label(self, info, language: str) -> str:
        return self.invoice.number  # expect: invoice


def line_title(root) -> str:
    return root.product.title


@strawberry.type
class LineType:
    quantity: int
    title: str = strawberry.field(resolver=line_title)
    _order: strawberry.Private[Order]


@strawberry_django.type(Category)
class TopType:
    name: str

    @classmethod
    def get_queryset(cls, queryset, info, **kwargs):
        return queryset.select_related("parent")

    @strawberry_django.field
    def above(self) -> str:
        return self.parent.name
`,
    "shop/schema.py": `import strawberry
import strawberry_django
from shop.models import Line, Order, Product
from shop.types import LineType, OrderType, ProductType, TopType


def newest() -> list[ProductType]:
    return Product.objects.order_by("-pk")[:20]


@strawberry.type
class Query:
    @strawberry.field
    def found(self, text: str) -> list[ProductType]:
        return [hit.product for hit in search_engine(text)]

    orders: list[OrderType] = strawberry_django.field()
    order: OrderType = strawberry_django.field()
    top: list[TopType] = strawberry_django.field()
    products: list[ProductType] = strawberry.field(resolver=newest)

    @strawberry_django.field
    def latest(self, status: str) -> OrderType | None:
        return Order.objects.filter(status=status)

    @strawberry.field
    def lines(self) -> list[LineType]:
        return Line.objects.select_related("product")


schema = strawberry.Schema(query=Query)
`,
  });
});

test("the optimizer loads the fields of types and what they hint at", async () => {
  await expectMarked({
    "shop/types.py": `${TYPES}

@strawberry_django.type(Product)
class ProductType:
    title: auto
    category: CategoryType

    @strawberry_django.field
    def shelf(self) -> str:
        return self.category.parent.name  # expect: category.parent


@strawberry_django.type(Product)
class ProductOfLine:
    category: CategoryType


@strawberry_django.type(Order)
class OrderType:
    customer: CustomerType

    @strawberry_django.field(select_related=["invoice"])
    def number(self) -> str:
        return self.invoice.number

    @strawberry_django.field(prefetch_related=lambda info: choose(info))
    def size(self) -> int:
        return len(self.lines.all())


@strawberry_django.type(Order)
class OrderOfLine:
    customer: CustomerType  # expect: order.customer


@strawberry_django.type(Line)
class LineType:
    @strawberry_django.field(select_related=["product"])
    def product(self) -> ProductOfLine:
        return self.product

    @strawberry_django.field(select_related=["order"])
    def purchase(self) -> OrderOfLine:
        return self.order


@strawberry_django.type(Order)
class BareType:
    @strawberry_django.field(only=["status"])
    def size(self) -> int:
        return len(self.lines.all())  # expect: lines
`,
    "shop/schema.py": `import strawberry
import strawberry_django
from shop.models import Order, Product
from shop.types import BareType, LineType, OrderType, ProductType
from strawberry_django.optimizer import DjangoOptimizerExtension


@strawberry.type
class Query:
    orders: list[OrderType] = strawberry_django.field()
    products: list[ProductType] = strawberry_django.field()
    lines: list[LineType] = strawberry_django.field()

    @strawberry_django.field
    def bare(self) -> list[BareType]:
        return Order.objects.all()


schema = strawberry.Schema(query=Query, extensions=[DjangoOptimizerExtension])
`,
  });
});

test("a resolver that fields share is told which of them it is", async () => {
  await expectMarked({
    "shop/schema.py": `${TYPES}

def for_staff():
    def resolver(self, info):
        if not info.context.request.user.is_staff:
            return None
        return getattr(self, info.python_name)  # expect: order, product

    return strawberry.field(resolver=resolver)


@strawberry.type
class OrderType:
    status: str


@strawberry.type
class LineType:
    quantity: int = for_staff()
    order: Optional[OrderType] = for_staff()
    product: Optional[CategoryType] = for_staff()


@strawberry.type
class Query:
    @strawberry.field
    def lines(self) -> list[LineType]:
        return Line.objects.filter(quantity=1)


schema = strawberry.Schema(query=Query)
`,
  });
});
