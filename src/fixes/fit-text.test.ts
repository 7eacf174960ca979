import { expect, test } from "vitest";
import { fitText } from "./fit-text.ts";
import { styleOf } from "./source-text.ts";

type Case = readonly [name: string, text: string, after: string];

const CASES: readonly Case[] = [
  ["what fits", 'rows.append(Order(customer="a, b"))', 'rows.append(Order(customer="a, b"))'],
  ["the last bracket alone", 'rows.append(Order(customer=customer, status="(open"))', 'rows.append(\n        Order(customer=customer, status="(open")\n    )'],
  [
    "a bracket within",
    "rows.append(Order(customer=customer, status=status, total=total))",
    "rows.append(\n        Order(\n            customer=customer,\n            status=status,\n            total=total,\n        )\n    )",
  ],
  ["lines that fit one", "f(\n        a,\n        b\n    )", "f(a, b)"],
  ["a chain over lines", "rows.filter(a=1)\n    .first()", "rows.filter(a=1).first()"],
  ["a last comma keeps the lines", "f(\n    a,\n    b,\n)", "f(\n        a,\n        b,\n    )"],
  ["a generator", "Order.objects.bulk_create(Order(a=x) for x in orders)", "Order.objects.bulk_create(\n        Order(a=x) for x in orders\n    )"],
  [
    "a long generator",
    "Order.objects.bulk_create(Order(customer=x) for x in customers if x.vip)",
    "Order.objects.bulk_create(\n        Order(customer=x)\n        for x in customers\n        if x.vip\n    )",
  ],
  [
    "a generator over pairs",
    "Order.objects.bulk_create(Order(customer=x, n=y) for x, y in some.items())",
    "Order.objects.bulk_create(\n        Order(customer=x, n=y)\n        for x, y in some.items()\n    )",
  ],
];

test.each(CASES)("%s", (_name, text, after) => {
  expect(fitText(text, { column: 4, indent: "    " }, styleOf("", 50))).toBe(after);
});
