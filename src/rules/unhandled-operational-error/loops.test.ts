/** Loops in a transaction, and around it. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function sure(code: string): Promise<string | undefined> {
  const report = await analyseShop({ "shop/work.py": `from django.db import transaction\n\nfrom shop.models import Order\n\n\n${code}\n` });
  return report.findings.find(({ rule }) => rule === "unhandled-operational-error")?.confidence;
}

const LOCK = "Order.objects.select_for_update().get(pk=key)";

test("a loop in the transaction locks row after row", async () => {
  expect(await sure(`def work(keys):\n    with transaction.atomic():\n        for key in keys:\n            print(${LOCK}.total)`)).toBe("likely");
});

test("a loop around it has one transaction for each row", async () => {
  const close = `def close(key):\n    with transaction.atomic():\n        print(${LOCK}.total)\n\n\n`;
  expect(await sure(`${close}def work(keys):\n    for key in keys:\n        close(key)`)).toBe("possible");
  expect(await sure(`def work(keys):\n    for key in keys:\n        with transaction.atomic():\n            print(${LOCK}.total)`)).toBe("possible");
});

test("whoever finds the row locked is turned away", async () => {
  const work = (then: string): string =>
    `def work(job, keys):\n    with transaction.atomic():\n        for key in keys:\n            try:\n                row = Order.objects.select_for_update(nowait=True).get(pk=key)\n            except DatabaseError:\n                ${then}\n            print(row.total)`;
  expect(await sure(work("raise job.retry()"))).toBeUndefined();
  expect(await sure(work("return None"))).toBeUndefined();
  expect(await sure(work("raise"))).toBe("likely");
  expect(await sure(work("continue"))).toBe("likely");
});
