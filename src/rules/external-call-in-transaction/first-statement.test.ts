/** A wait that a transaction begins with holds nothing. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function sure(body: string, file = "shop/work.py"): Promise<string | undefined> {
  const report = await analyseShop({
    [file]: `import json

import requests
from django.db import transaction

from shop import models
from shop.models import Order


def sent(order, data):
    return requests.post("https://pay.example.org/", data=data, timeout=5)


def pinged(order):
    return requests.get("https://pay.example.org/", timeout=1)


def prepare(order):
    print(order.customer.name)


@transaction.atomic
def work(order, rows):
${body.replaceAll(/^(?=.)/gm, "    ")}
`,
  });
  const told = report.findings.find(({ rule }) => rule === "external-call-in-transaction");
  // A wait that keeps locks is told by the other rule.
  return told?.doubt?.includes("told as a transaction that keeps row locks") === true ? "long-transaction" : told?.confidence;
}

test("nothing is locked before the first statement", async () => {
  expect(await sure('data = json.dumps({"pk": 1})\nsent(order, data)\norder.save()')).toBe("possible");
  expect(await sure('order = Order(status="new")\nsent(order, str(order))\norder.save()')).toBe("possible");
  expect(await sure('order = models.Order(status="new")\nsent(order, str(order))\norder.save()')).toBe("possible");
});

test("a statement before the call, or in the round before it", async () => {
  expect(await sure("order.save()\nsent(order, None)")).toBe("long-transaction");
  expect(await sure("sent(Order.objects.get(pk=order), None)")).toBe("likely");
  expect(await sure("prepare(order)\nsent(order, None)")).toBe("likely");
  expect(await sure("for row in rows:\n    sent(row, None)\n    row.save()")).toBe("likely");
});

test("a call that gives up after a second waits no longer, while nothing is locked", async () => {
  expect(await sure("order = Order.objects.get(pk=order)\npinged(order)\norder.save()")).toBe("possible");
  expect(await sure("order = Order.objects.get(pk=order)\norder.save()\npinged(order)")).toBe("long-transaction");
});

test("nobody else wants a command's connection, while nothing is locked", async () => {
  const command = "shop/management/commands/work.py";
  expect(await sure("prepare(order)\nsent(order, None)", command)).toBe("possible");
  expect(await sure("order = Order.objects.get(pk=order)\norder.save()\nsent(order, None)", command)).toBe("long-transaction");
});
