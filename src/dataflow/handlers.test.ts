/** What a handler asks is asked for the rows with which the error is raised. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const READS = new Set(["n-plus-one", "query-in-loop", "aggregate-in-loop"]);

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/work.py": `from shop.models import Customer, Invoice, Order\n\n\n${body}` });
  return report.findings
    .filter(({ rule }) => READS.has(rule))
    .map(({ rule, relation, confidence, doubt }) => `${relation ?? rule} ${confidence}: ${doubt}`)
    .toSorted();
}

const HANDLER = "only rows with which the error is raised come to the handler";
const loop = (body: string): string => `def work():\n    for order in Order.objects.select_related("invoice"):\n${body.replaceAll(/^(?=.)/gm, "        ")}`;

test("what a handler asks is likely at most", async () => {
  const body = "try:\n    print(order.invoice.number)\nexcept Invoice.DoesNotExist:\n    print(order.customer.name, order.lines.count())\n";
  expect(await told(loop(body))).toEqual([`customer likely: ${HANDLER}`, `lines likely: ${HANDLER}`]);
});

test("so is a query of its own", async () => {
  const body = "try:\n    print(order.invoice.number)\nexcept Invoice.DoesNotExist:\n    print(Invoice.objects.get(number=order.pk))\n";
  expect(await told(loop(body))).toEqual([`query-in-loop likely: ${HANDLER}`]);
});

test("so is what follows a handler that alone goes on", async () => {
  const body = "try:\n    print(order.invoice.number)\n    continue\nexcept Invoice.DoesNotExist:\n    pass\nprint(order.customer.name)\n";
  expect(await told(loop(body))).toEqual([`customer likely: ${HANDLER}`]);
});

test("so is what is read of a row that the handler found, and what a function reads that it calls", async () => {
  const made =
    "try:\n    customer = KNOWN[order.pk]\nexcept KeyError:\n    customer = Customer.objects.get(email=order.status)\nprint(customer.referrer.name)\n";
  expect(await told(`KNOWN = {}\n\n\n${loop(made)}`)).toEqual([`query-in-loop likely: ${HANDLER}`, `referrer likely: ${HANDLER}`]);
  const called = "try:\n    print(order.invoice.number)\nexcept Invoice.DoesNotExist:\n    show(order)\n";
  expect(await told(`def show(order):\n    print(order.customer.name)\n\n\n${loop(called)}`)).toEqual([`customer likely: ${HANDLER}`]);
});

test("what the body or another line asks of each row is certain", async () => {
  const body = "try:\n    print(order.invoice.number)\nexcept Invoice.DoesNotExist:\n    print(order.customer.name)\nprint(order.customer.email)\n";
  expect(await told(loop(body))).toEqual(["customer certain: a loop over one row saves one query"]);
  const called = `def show(order):\n    print(order.customer.name)\n\n\n${loop(
    "try:\n    print(order.invoice.number)\nexcept Invoice.DoesNotExist:\n    show(order)\nelse:\n    show(order)\n",
  )}`;
  expect(await told(called)).toEqual(["customer certain: a loop over one row saves one query"]);
});

test("a loop in a handler is a loop", async () => {
  const body =
    "def work(key):\n    try:\n        return Invoice.objects.get(number=key)\n    except Invoice.DoesNotExist:\n        return [order.customer.name for order in Order.objects.all()]\n";
  expect(await told(body)).toEqual(["customer certain: a loop over one row saves one query"]);
});

test("what the queryset annotates is no AttributeError", async () => {
  const work = (rows: string, read = "order.n"): string => `from django.db.models import Count


def lines(order):
    try:
        return ${read}
    except AttributeError:
        return order.lines.count()


def work():
    return [lines(order) for order in ${rows}]
`;
  expect(await told(work('Order.objects.annotate(n=Count("lines"))'))).toEqual([]);
  expect(await told(work('Order.objects.annotate(n=Count("lines"))', 'getattr(order, "n")'))).toEqual([]);
  expect(await told(work('Order.objects.annotate(n=Count("lines"))', 'getattr(order, "m")'))).toEqual([`lines likely: ${HANDLER}`]);
  expect(await told(work("Order.objects.all()"))).toEqual([`lines likely: ${HANDLER}`]);
});
