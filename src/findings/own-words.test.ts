/** What the code does on purpose, it says. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(rule: string, work: string): Promise<readonly string[]> {
  const { findings } = await analyseShop({ "shop/work.py": `from shop.models import Order, Tag\n\n\ndef work(order):\n${work}` });
  return findings.filter((one) => one.rule === rule).map(({ confidence, doubt }) => (confidence === "possible" ? `possible: ${doubt}` : confidence));
}

const loop = (comment: string): string => `    ${comment}\n    for order in Order.objects.all():\n        print(order.customer.name)\n`;

test.each([
  ["# don't prefetch the customers for now: they change", "possible"],
  ["# This is a query per order, not ideal, but the customers are elsewhere", "possible"],
  ["# select_related() does not work with this manager", "possible"],
  ["# Customers are left out of select_related on purpose", "possible"],
  ["# deliberately not prefetched", "possible"],
  ["# don't forget to prefetch these", "certain"],
  ["# deliberately without filter(), which would be a new query even if they are prefetched", "certain"],
  ["# TODO a query per order, not ideal", "certain"],
  ["# don't print orders twice", "certain"],
  ["# the orders that are not prefetched", "certain"],
])("%s", async (comment, confidence) => {
  const words = comment.slice(2);
  expect(await told("n-plus-one", loop(comment))).toEqual([confidence === "possible" ? `possible: a comment there says "${words}"` : confidence]);
});

test("what stands where a relation is read is about the reading", async () => {
  const read = "    for order in Order.objects.all():\n        # we do not use select_related names here\n        print(order.customer.name)\n";
  expect(await told("n-plus-one", read)).toEqual(["certain"]);
});

test("a row that is fetched again to be fresh", async () => {
  const twice = (comment: string): string =>
    `    first = Tag.objects.get(name=order.status)\n    print(first)\n    ${comment}\n    again = Tag.objects.get(name=order.status)\n    print(again)\n`;
  expect(await told("duplicate-query", twice("# and"))).toEqual(["likely"]);
  expect(await told("duplicate-query", twice("# a fresh one is needed"))).toEqual(['possible: a comment there says "a fresh one is needed"']);
});
