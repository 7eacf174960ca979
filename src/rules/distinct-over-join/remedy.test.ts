import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function remedies(body: string): Promise<readonly (string | undefined)[]> {
  const report = await analyseShop({ "shop/work.py": `from shop.models import Order\n\n\ndef work(price):\n    ${body}\n` });
  return report.findings.filter(({ rule }) => rule === "distinct-over-join").map(({ remedy }) => remedy);
}

test("the first row needs no distinct()", async () => {
  const first = ["Leave distinct() out: the first row is the same without it."];
  expect(await remedies("return Order.objects.filter(lines__price=price).distinct().first()")).toEqual(first);
  expect(await remedies("rows = Order.objects.filter(lines__price=price).distinct()\n    return rows.first()")).toEqual(first);
  expect(await remedies("return list(Order.objects.filter(lines__price=price).distinct())")).toEqual([expect.stringContaining("`Exists(…)`")]);
  expect(await remedies("rows = Order.objects.filter(lines__price=price).distinct()\n    return rows.first(), rows.count()")).toEqual([
    expect.stringContaining("`Exists(…)`"),
  ]);
});

test("rows of one parent are rarely several of one row, and a developer's data is small", async () => {
  const sure = async (file: string, condition: string): Promise<readonly string[]> => {
    const source = `from shop.models import Order\n\n\ndef work(product):\n    return list(Order.objects.filter(${condition}).distinct())\n`;
    return (await analyseShop({ [file]: source })).findings.filter(({ rule }) => rule === "distinct-over-join").map(({ confidence }) => confidence);
  };
  expect(await sure("shop/work.py", "lines__product=product")).toEqual(["possible"]);
  expect(await sure("shop/work.py", "lines__product=product, lines__quantity__gt=3")).toEqual(["possible"]);
  expect(await sure("shop/work.py", "lines__in=[product, 7]")).toEqual(["possible"]);
  expect(await sure("shop/work.py", "lines__in=[*product]")).toEqual(["likely"]);
  expect(await sure("shop/work.py", "lines__product__isnull=False")).toEqual(["likely"]);
  expect(await sure("shop/work.py", "lines__quantity__gt=3")).toEqual(["likely"]);
  expect(await sure("shop/management/commands/create_sample.py", "lines__quantity__gt=3")).toEqual(["possible"]);
});

test("the same holds two relations away", async () => {
  const sure = async (condition: string): Promise<readonly string[]> => {
    const source = `from shop.models import Customer\n\n\ndef work(one):\n    return list(Customer.objects.filter(${condition}).distinct())\n`;
    return (await analyseShop({ "shop/work.py": source })).findings.filter(({ rule }) => rule === "distinct-over-join").map(({ confidence }) => confidence);
  };
  expect(await sure("orders__lines=one")).toEqual([]);
  expect(await sure("orders__lines__product=one")).toEqual(["possible"]);
  expect(await sure("orders__lines__in=one")).toEqual(["likely"]);
  expect(await sure("orders__lines__quantity=one")).toEqual(["likely"]);
});

test("of columns that are asked for later, no whole rows are compared", async () => {
  const rows = "rows = Order.objects.filter(lines__price=price).distinct()\n    ";
  expect(await remedies(`${rows}return list(rows.values_list("status"))`)).toEqual([]);
  expect(await remedies(`${rows}return list(rows.values_list("status")), list(rows)`)).toEqual([expect.stringContaining("`Exists(…)`")]);
});
