import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

test.each([
  ["number = len(rows)\n    if number > 5:\n        return []\n    return [row.product.title for row in rows]", "possible"],
  ["if rows.count() >= 3:\n        raise ValueError\n    for row in rows:\n        print(row.product.title)", "possible"],
  ["if len(rows) <= 4:\n        for row in rows:\n            print(row.product.title)", "possible"],
  ["if len(rows) > 500:\n        return []\n    return [row.product.title for row in rows]", "certain"],
  ["if len(rows) > 5:\n        print(rows)\n    return [row.product.title for row in rows]", "certain"],
  ["if len(rows) < 2:\n        return []\n    return [row.product.title for row in rows]", "certain"],
  ["if len(rows) > 2:\n        for row in rows:\n            print(row.product.title)", "certain"],
])("%s", async (body, confidence) => {
  const { findings } = await analyseShop({
    "shop/work.py": `from shop.models import Line


def titles():
    rows = Line.objects.filter(price=1)
    ${body}
`,
  });
  expect(findings.filter(({ rule }) => rule === "n-plus-one").map((one) => one.confidence)).toEqual([confidence]);
});
