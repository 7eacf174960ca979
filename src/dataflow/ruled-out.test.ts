/** What the settings, as they are written, never come to is only possible. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";
import { SHOP_FILES } from "../../tests/support/shop-project.ts";

const SETTINGS = "config/settings.py";

async function told(work: string, settings = "USE_CACHES = True\n", others: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const report = await analyseShop({
    [SETTINGS]: `${SHOP_FILES[SETTINGS]}${settings}`,
    "shop/work.py": `from django.conf import settings\nfrom shop.models import Line, Order\n\n\n${work}`,
    ...others,
  });
  return report.findings
    .filter(({ rule }) => rule === "n-plus-one" || rule === "query-in-loop")
    .map(({ confidence, relation, doubt }) => `${relation ?? ""} ${confidence}${confidence === "possible" ? `: ${doubt}` : ""}`)
    .toSorted();
}

const DOUBT = "the settings say `USE_CACHES = True`; only another value comes here";

const ARMS = `KEPT = {}


def lines(order):
    if settings.USE_CACHES:
        print(order.customer)
        return KEPT[order.pk]
    else:
        return list(order.lines.all())


def work():
    for order in Order.objects.all():
        print(lines(order))
`;

test("the arm that a literal rules out is possible, the one that it takes is certain", async () => {
  expect(await told(ARMS)).toEqual(["customer certain", `lines possible: ${DOUBT}`]);
  expect(await told(ARMS, "USE_CACHES = False\n")).toEqual([
    "customer possible: the settings say `USE_CACHES = False`; only another value comes here",
    "lines certain",
  ]);
});

test("so it is behind a `not`, an arm that leaves, an `and`, an `or`, a conditional expression and `getattr()`", async () => {
  const each = (body: string): string => `def work():\n    for order in Order.objects.all():\n${body}`;
  const bodies = [
    "        if not settings.USE_CACHES:\n            print(order.customer)\n",
    "        if settings.USE_CACHES:\n            continue\n        print(order.customer)\n",
    "        if not settings.USE_CACHES and order.pk:\n            print(order.customer)\n",
    "        if not settings.USE_CACHES and order.customer.vip:\n            print(order)\n",
    "        print(settings.USE_CACHES or order.customer)\n",
    "        print(None if settings.USE_CACHES else order.customer)\n",
    '        if not getattr(settings, "USE_CACHES", False):\n            print(order.customer)\n',
  ];
  for (const body of bodies) expect(await told(each(body)), body).toEqual([`customer possible: ${DOUBT}`]);
  const taken = [
    "        if settings.USE_CACHES and order.pk:\n            print(order.customer)\n",
    "        if settings.USE_CACHES and order.pk:\n            print(order)\n        else:\n            print(order.customer)\n",
    "        print(settings.USE_CACHES and order.customer)\n",
    "        print(settings.USE_CACHES or order, order.customer)\n",
  ];
  for (const body of taken) expect(await told(each(body)), body).toEqual(["customer certain"]);
});

test("what another arm does as well is certain", async () => {
  const work = `def show(order):
    print(order.customer)


def work():
    for order in Order.objects.all():
        if not settings.USE_CACHES:
            show(order)
        else:
            show(order)
`;
  expect(await told(work)).toEqual(["customer certain"]);
});

test("a row that the arm alone brings is possible, wherever it is read, and so is a loop within the arm", async () => {
  const brought = `def owner(order):
    if settings.USE_CACHES:
        return None
    return order.customer


def work():
    for order in Order.objects.select_related("customer"):
        print(owner(order).referrer)
`;
  expect(await told(brought)).toEqual([`customer__referrer possible: ${DOUBT}`]);
  const within = "def work():\n    if not settings.USE_CACHES:\n        for order in Order.objects.all():\n            print(order.customer)\n";
  expect(await told(within)).toEqual([`customer possible: ${DOUBT}`]);
});

test("a query of its own in the arm is possible", async () => {
  const work = `def work():
    for order in Order.objects.all():
        if not settings.USE_CACHES:
            print(Line.objects.filter(order=order).first())
`;
  expect(await told(work)).toEqual([` possible: ${DOUBT}`]);
});

test("what the environment, another module or nobody says is not known; tests' settings say nothing", async () => {
  const lines = "lines certain";
  expect(await told(ARMS, 'import os\nUSE_CACHES = os.environ.get("CACHES", True)\n')).toContain(lines);
  expect(await told(ARMS, 'import os\nUSE_CACHES = True\nif os.environ.get("SMALL"):\n    USE_CACHES = False\n')).toContain(lines);
  expect(await told(ARMS, "USE_CACHES = True\n", { "config/small.py": "from config.settings import *\n\nUSE_CACHES = False\n" })).toContain(lines);
  expect(await told(ARMS, "")).toContain(lines);
  expect(await told(ARMS, "USE_CACHES = True\n", { "config/test_settings.py": "from config.settings import *\n\nUSE_CACHES = False\n" })).not.toContain(lines);
});

test("`DEBUG` is another where the project is deployed, and a parameter is no settings module", async () => {
  expect(await told(ARMS.replaceAll("USE_CACHES", "DEBUG"), "DEBUG = True\n")).toContain("lines certain");
  expect(await told(ARMS.replace("lines(order):", "lines(order, settings=None):").replace("lines(order))", "lines(order, order.pk))"))).toContain(
    "lines certain",
  );
});

const HANDED_BACK = `def from_database(customer):
    return list(Order.objects.filter(customer=customer))


def from_memory(customer):
    return KEPT[customer]


KEPT = {}


def orders(customer):
    if settings.USE_CACHES:
        return from_memory(customer)
    else:
        return from_database(customer)


def work(customer):
    for order in orders(customer):
        print(list(order.lines.all()))
`;

test("rows that only the other arm hands back are possible in the caller's loop", async () => {
  const queryset = HANDED_BACK.replace("list(Order.objects.filter(customer=customer))", "Order.objects.filter(customer=customer)");
  for (const body of [HANDED_BACK, queryset]) {
    expect(await told(body)).toEqual([`lines possible: ${DOUBT}`]);
    expect(await told(body, "USE_CACHES = False\n")).toEqual(["lines certain"]);
  }
});
