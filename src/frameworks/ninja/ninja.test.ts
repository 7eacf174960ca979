import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("a response's schema reads every row", async () => {
  await expectMarked({
    "shop/api.py": `from typing import List
from ninja import Field, ModelSchema, NinjaAPI, Router, Schema
from shop.models import Order, Product

api = NinjaAPI()
router = Router()


class CustomerOut(Schema):
    name: str


class OrderOut(Schema):
    status: str
    customer: CustomerOut  # expect: customer
    number: str

    @staticmethod
    def resolve_number(obj):
        return obj.invoice.number  # expect: invoice


class ProductOut(ModelSchema):
    category_name: str = Field(None, alias="category.name")  # expect: category

    class Meta:
        model = Product
        fields = [
            "title",
            "category",
            "tags",  # expect: tags
        ]


class CoveredOut(Schema):
    customer: CustomerOut


class BareOut(Schema):
    customer_id: int


@api.get("/orders", response=List[OrderOut])
def orders(request):
    return Order.objects.all()


@router.get("/products")
def products(request) -> list[ProductOut]:
    return Product.objects.all()


@api.get("/order", response=OrderOut)
def order(request, id: int):
    return Order.objects.get(pk=id)


@router.get("/covered", response={200: list[CoveredOut]})
def covered(request):
    return 200, Order.objects.select_related("customer")


@router.get("/bare", response=list[BareOut])
def bare(request):
    return Order.objects.all()
`,
  });
});

test("operations of a controller are its methods", async () => {
  await expectMarked({
    "shop/controllers.py": `from ninja import Schema
from ninja_extra import api_controller, http_get, route
from shop.models import Order


class CustomerOut(Schema):
    name: str


class OrderOut(Schema):
    status: str
    customer: CustomerOut  # expect: customer


class JoinedOut(Schema):
    customer: CustomerOut


@api_controller("/orders")
class Orders:
    @http_get("/", response=list[OrderOut])
    def orders(self):
        return Order.objects.all()

    @route.get("/joined", response=list[JoinedOut])
    def joined(self):
        return Order.objects.select_related("customer")
`,
  });
});
