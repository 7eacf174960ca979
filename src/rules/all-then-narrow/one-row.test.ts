/** A list of one row is not cut. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("a unique column leaves one row at most", async () => {
  const told = async (filter: string): Promise<number> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Customer\n\n\ndef work(value):\n    return list(Customer.objects.filter(${filter}))[0]\n`,
    });
    return report.findings.filter(({ rule }) => rule === "all-then-narrow").length;
  };
  expect(await told("email=value")).toBe(0);
  expect(await told("name=value")).toBe(1);
});
