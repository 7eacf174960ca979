/** A question before a loop, and what the loop does with the rows. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function sure(question: string, round: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order


def work():
    rows = Order.objects.filter(status="new")
    ${question}
    for row in rows:
        ${round}
`,
  });
  return report.findings.flatMap(({ rule, confidence }) => (rule.endsWith("-then-iterate") ? [confidence] : []));
}

test("a question beside the writes of each round weighs little", async () => {
  expect(await sure("print(rows.count())", "print(row.pk)")).toEqual(["likely"]);
  expect(await sure("print(rows.count())", "row.save()")).toEqual(["possible"]);
  expect(await sure("print(bool(rows.exists()))", "print(row.pk)")).toEqual(["likely"]);
  expect(await sure("print(bool(rows.exists()))", "row.save()")).toEqual(["possible"]);
});
