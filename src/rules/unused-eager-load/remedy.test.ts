import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function costs(chain: string): Promise<readonly (string | undefined)[]> {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import F, Q\nfrom shop.models import Line, Order\n\n\ndef work():\n    return [row.pk for row in ${chain}]\n`,
  });
  return report.findings.filter(({ rule }) => rule === "unused-eager-load").map(({ message }) => /never reads it: (.*?)\. /.exec(message)?.[1]);
}

const JOIN = "a join and its columns in every row";
const COLUMNS = "its columns in every row, by a join that a condition or the order needs as well";

test.each([
  'filter(customer__name="x")',
  'exclude(Q(customer__vip=True) | Q(status="new"))',
  'order_by("-customer__name")',
  'annotate(name=F("customer__name"))',
  "filter(customer__referrer__vip=True)",
])("%s needs the join anyway", async (call) => {
  expect(await costs(`Order.objects.select_related("customer").${call}`)).toEqual([COLUMNS]);
});

test.each(["filter(customer__id=1)", "filter(customer__isnull=False)", "filter(customer=1)", 'order_by("customer")', 'filter(status="new")'])(
  "%s joins nothing",
  async (call) => {
    expect(await costs(`Order.objects.select_related("customer").${call}`)).toEqual([JOIN]);
  },
);

test("rows are joined to be sorted as the other model is sorted", async () => {
  expect(await costs('Line.objects.select_related("order").order_by("order")')).toEqual([COLUMNS]);
});

async function ignored(chain: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import Sum\nfrom shop.models import Line\n\n\ndef work():\n    return ${chain}\n`,
  });
  return report.findings.filter(({ rule, confidence }) => rule === "unused-eager-load" && confidence === "certain").map(({ message }) => message);
}

test.each(["count()", 'aggregate(total=Sum("price"))', "exists()", "update(quantity=2)"])("%s ignores it", async (call) => {
  expect(await ignored(`Line.objects.select_related("order").${call}`)).toEqual([
    expect.stringContaining(
      `\`select_related("order")\` in \`work\` does nothing: \`${call.replace(/\(.*/, "()")}\` ignores it. No row comes back that could hold the relation`,
    ),
  ]);
});

test("values() and what is asked of them are told as values()", async () => {
  expect(await ignored('list(Line.objects.select_related("order").values("price"))')).toEqual([
    expect.stringContaining("does nothing: `values()` ignores it. Dictionaries and tuples have no relations"),
  ]);
});

test("a path and what goes on from it are one finding", async () => {
  const found = async (names: string) => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Line\n\n\ndef work():\n    return [line.price for line in Line.objects.select_related(${names})]\n`,
    });
    return report.findings
      .filter(({ rule }) => rule === "unused-eager-load")
      .map(({ remedy, fixes }) => [remedy, ...fixes.flatMap(({ edits }) => edits.map(({ expected, text }) => `${expected} > ${text}`))]);
  };
  expect(await found('"order", "order__customer"')).toEqual([
    ['Remove `select_related("order", "order__customer")`.', '.select_related("order", "order__customer") > .all()'],
  ]);
  expect(await found('"order__customer", "order", "product"')).toEqual([
    ['Remove `select_related("order", "order__customer")`.', '"order__customer", "order",  > '],
    ['Remove `select_related("product")`.', ', "product" > '],
  ]);
});
