import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

test("what the project's Django has not is said to be newer", async () => {
  const doubt = async (version: string): Promise<string | undefined> => {
    const report = await analyseShop({
      "requirements.txt": `Django==${version}\n`,
      "shop/work.py": "from shop.models import Order\n\n\ndef work():\n    for order in Order.objects.all():\n        order.total += 1\n        order.save()\n",
    });
    return report.findings.find(({ rule }) => rule === "save-in-loop")?.doubt;
  };
  expect(await doubt("2.1.3")).toMatch(/; `bulk_update\(\)` came with Django 2\.2, and the project has 2\.1/);
  expect(await doubt("2.2")).not.toContain("came with");
});
