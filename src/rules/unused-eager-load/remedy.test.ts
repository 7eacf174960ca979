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
