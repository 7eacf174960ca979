/** Objects of classes whose constructor is made of their annotations. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("they have what they are made with", async () => {
  await expectMarked({
    "shop/cells.py": `from dataclasses import dataclass
from typing import ClassVar, TypedDict

from attrs import define
from pydantic import BaseModel
from shop.models import Customer, Order


@dataclass
class Base:
    kinds: ClassVar[int] = 0
    order: Order


@dataclass
class Cell(Base):
    width: int = 0

    def __post_init__(self):
        self.customer = self.order.customer  # expect: customer

    def text(self):
        return self.order.invoice.number  # expect: invoice


@define
class Line:
    order: Order
    customer: Customer

    def text(self):
        return self.order.customer.name


class Schema(BaseModel):
    number: int


class Entry(TypedDict):
    order: Order


def cells():
    return [one.text() for one in [Cell(order, width=2) for order in Order.objects.all()]]


def lines():
    orders = Order.objects.select_related("customer")
    return [one.text() for one in [Line(order=order, customer=order.customer) for order in orders]]


def schemas():
    return [Schema(number=order.invoice.number) for order in Order.objects.all()]  # expect: invoice


def entries():
    return [entry["order"].customer.name for entry in [Entry(order=order) for order in Order.objects.all()]]  # expect: customer
`,
  });
});
