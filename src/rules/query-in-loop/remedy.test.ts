/** What each kind of query in a loop wants instead. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Customer, Order, Review\n\n\ndef work(request):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence, message }) => `${confidence}: ${message}`);
}

const SAME = (model: string): string =>
  `certain: \`work\` sends the same \`${model}\` query in each round of a loop. Nothing in the query changes from round to round. Run it once before the loop.`;
const OTHER = (model: string): string =>
  `certain: \`work\` queries \`${model}\` in each round of a loop. One query for all rounds would do. Fetch what all rounds need before the loop, with \`in_bulk()\` or one \`filter(…__in=…)\`.`;

test("a row that is read anew is no row to fetch with the others", async () => {
  expect(await told('for order in Order.objects.filter(status="new"):\n    order.refresh_from_db()\n    print(order.status)')).toEqual([
    "likely: Each round of the loop reads its `Order` row anew. `refresh_from_db()` queries for one row. " +
      "Leave it out for rows that were fetched just before; fetch them with `select_for_update()` where nobody else may change them meanwhile.",
  ]);
});

test("writes to other models leave a query as it is", async () => {
  expect(await told("for order in Order.objects.all():\n    order.customer = Customer.objects.first()\n    order.save()")).toEqual([SAME("Customer")]);
});

test("not a query that looks at other models, and not one whose rows go with theirs", async () => {
  expect(await told('for order in Order.objects.all():\n    print(Customer.objects.filter(orders__status="x").count())\n    order.save()')).toEqual([
    OTHER("Customer"),
  ]);
  expect(await told("for order in Order.objects.all():\n    print(Review.objects.count())\n    order.delete()")).toEqual([OTHER("Review")]);
});
