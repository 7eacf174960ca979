/** What is asked for instead of all rows. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(work: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/work.py": work });
  return report.findings.filter(({ rule }) => rule === "evaluated-twice").map(({ message }) => message);
}

test("one row that is wanted alone is asked for alone", async () => {
  expect(
    await told(`from shop.models import Order


def work(pk):
    rows = Order.objects.filter(customer=pk)
    if rows:
        return rows.latest("total")
    print(len(rows))
`),
  ).toEqual([expect.stringMatching(/Ask for that one row alone, by `order_by\(…\)\.first\(\)`, and test what it gives: it is None where there is no row\.$/)]);
});

test("an unordered first row too", async () => {
  expect(
    await told(`from shop.models import Product


def work(pk):
    rows = Product.objects.filter(category=pk)
    if not rows:
        return None
    return rows.first()
`),
  ).toEqual([expect.stringMatching(/Ask for that one row alone, by `first\(\)`, and test what it gives/)]);
});

test("where None may be a row's own value, it does not say that there is no row", async () => {
  const work = (column: string): string => `from shop.models import Customer


def work(pk):
    found = Customer.objects.filter(pk=pk).values_list("${column}", flat=True)
    if not found:
        raise LookupError
    return found.first()
`;
  expect(await told(work("referrer"))).toEqual([expect.stringMatching(/Load the rows once, into a list where need be, and take both answers from it\.$/)]);
  expect(await told(work("name"))).toEqual([expect.stringMatching(/test what it gives: it is None where there is no row\.$/)]);
});

test("rows of a page are not loaded with all others to say how many there are", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order


def work(start):
    orders = Order.objects.filter(paid=True)
    page = [order.status for order in orders[start : start + 20]]
    return page, len(orders)
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "evaluated-twice").map(({ message }) => message.slice(message.indexOf("Ask")))).toEqual([
    "Ask `count()` for the number: `len()` loads every row to count them, those of the slice again.",
  ]);
});

test("what is asked behind another test alone is only possible", async () => {
  const asked = async (condition: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order\n\n\ndef work(request, pk):\n    rows = Order.objects.filter(customer=pk)\n    if ${condition}:\n        return None\n    return rows[0]\n`,
    });
    return report.findings.filter(({ rule }) => rule === "evaluated-twice").map(({ confidence }) => confidence);
  };
  expect(await asked("rows[0].paid")).toEqual(["likely"]);
  expect(await asked("request.strict and rows[0].paid")).toEqual(["possible"]);
  expect(await asked("rows[0].paid and request.strict")).toEqual(["likely"]);
});

test("outside of a loop, a command asks twice in its one run", async () => {
  const sure = async (file: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      [file]: "from shop.models import Order\n\n\ndef work():\n    rows = Order.objects.filter(paid=True)\n    return rows[0], rows[1]\n",
    });
    return findings.filter(({ rule }) => rule === "evaluated-twice").map(({ confidence }) => confidence);
  };
  expect(await sure("shop/work.py")).toEqual(["likely"]);
  expect(await sure("shop/management/commands/work.py")).toEqual(["possible"]);
});
