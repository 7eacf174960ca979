import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

test("what the project's Django has not is said to be newer", async () => {
  const told = async (version: string, rule: string, round: string): Promise<string> => {
    const report = await analyseShop({
      "requirements.txt": `Django==${version}\n`,
      "shop/work.py": `from shop.models import Order\n\n\ndef work():\n    for order in Order.objects.all():\n        ${round}\n`,
    });
    const found = report.findings.find((one) => one.rule === rule);
    return `${found?.confidence} ${found?.doubt}`;
  };
  const saved = ["save-in-loop", "order.total += 1\n        order.save()"] as const;
  expect(await told("2.1.3", ...saved)).toMatch(/^possible .*; `bulk_update\(\)` came with Django 2\.2, and the project has 2\.1/);
  expect(await told("2.2", ...saved)).toMatch(/^likely (?!.*came with)/);
  // There is another way.
  expect(await told("1.10", "aggregate-in-loop", "print(order.lines.get(quantity=1))")).toMatch(/^certain .*; `Subquery\(\)` came with/);
});
