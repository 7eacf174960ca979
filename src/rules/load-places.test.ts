import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const VIEWS = `from shop.models import Order


class Orders:
    queryset = Order.objects.order_by("placed_at")

    def rows(self):
        return self.queryset.prefetch_related("lines")

    def joined(self):
        return self.queryset.select_related("customer")

    def show(self):
        for order in self.rows():
            print(order.customer.name, order.lines.all())
        for order in self.joined():
            print(order.customer.name)
`;

test("a finding shows where other relations are loaded, and not the way that loads the missing one", async () => {
  const { findings } = await analyseShop({ "shop/views.py": VIEWS });
  const found = findings.filter((one) => one.rule === "n-plus-one" && one.relation === "customer");
  expect(found.flatMap((one) => one.places.flatMap(({ role, line }) => (role === "definition" ? [line] : [])))).toEqual([8]);
});
