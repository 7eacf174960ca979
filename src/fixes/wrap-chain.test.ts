import { expect, test } from "vitest";
import type { Edit } from "../model/finding.ts";
import { applyEdits } from "./apply.ts";
import { wrapChain } from "./wrap-chain.ts";

/** `|` is where the call is chained; `after` is null where the edit may stay as it is. */
type Case = readonly [name: string, marked: string, call: string, after: string | null];

const CALL = '.select_related("customer", "customer__address")';
const CASES: readonly Case[] = [
  [
    "an assignment",
    '    orders = Order.objects.filter(status="open").order_by("-placed_at")|\n',
    CALL,
    '    orders = (\n        Order.objects.filter(status="open")\n        .order_by("-placed_at")\n        .select_related("customer", "customer__address")\n    )\n',
  ],
  [
    "a call whose arguments were broken already",
    '    return Order.objects.filter(status="é").order_by("-placed_at")|\n',
    '.select_related(\n        "customer", "customer__address"\n    )',
    '    return (\n        Order.objects.filter(status="é")\n        .order_by("-placed_at")\n        .select_related("customer", "customer__address")\n    )\n',
  ],
  [
    "a loop, in the middle of its chain",
    '    for order in Order.objects.filter(status="open").order_by("id")|.iterator():\n        pass\n',
    CALL,
    '    for order in (\n        Order.objects.filter(status="open")\n        .order_by("id")\n        .select_related("customer", "customer__address")\n        .iterator()\n    ):\n        pass\n',
  ],
  [
    "two calls at once",
    '    orders = Order.objects.filter(status__in=["open", "late"])|\n',
    '.select_related("customer").prefetch_related("lines")',
    '    orders = (\n        Order.objects.filter(status__in=["open", "late"])\n        .select_related("customer")\n        .prefetch_related("lines")\n    )\n',
  ],
  ["a line that fits", '    orders = Order.objects.filter(a=1).order_by("id")|\n', '.select_related("customer")', null],
  [
    "one call after another",
    '    orders = Order.objects.filter(status="a status that is quite long, really")|\n',
    CALL,
    '    orders = Order.objects.filter(\n        status="a status that is quite long, really"\n    ).select_related("customer", "customer__address")\n',
  ],
  [
    "a bracket behind it that can be opened",
    '    order = Order.objects|.get(pk=pk, status="open")\n',
    CALL,
    '    order = Order.objects.select_related("customer", "customer__address").get(\n        pk=pk, status="open"\n    )\n',
  ],
  [
    "a chain whose arguments are on lines",
    '    orders = Order.objects.filter(\n        status="open",  # no comment\n    ).order_by("id")|[:5]\n'.replace("  # no comment", ""),
    '.select_related("customer")',
    '    orders = (\n        Order.objects.filter(\n            status="open",\n        )\n        .order_by("id")\n        .select_related("customer")[:5]\n    )\n',
  ],
  [
    "a line that was broken before",
    '    orders["open"] = Order.objects.filter(status="open").order_by(\n        "-placed_at"\n    )|[:2]\n',
    '.select_related("customer")',
    '    orders["open"] = (\n        Order.objects.filter(status="open")\n        .order_by("-placed_at")\n        .select_related("customer")[:2]\n    )\n',
  ],
  [
    "inside another call",
    '    show(request, Order.objects.filter(status="open").order_by("id")|)\n',
    '.select_related("customer")',
    '    show(\n        request, Order.objects.filter(status="open").order_by("id").select_related("customer")\n    )\n'
      .replace("request, Order", "request,\n        Order")
      .replace('"customer")\n', '"customer"),\n'),
  ],
  ["inside a comprehension", '    names = {order.customer for order in Order.objects.filter(status="late")|[:5]}\n', '.select_related("customer")', null],
  [
    "beside an operator",
    '    orders = first or Order.objects.filter(status="open").order_by("id")|\n',
    CALL,
    '    orders = first or Order.objects.filter(status="open").order_by("id").select_related(\n        "customer", "customer__address"\n    )\n',
  ],
  ["a comment that stands out", '    orders = Order.objects.filter(status="open")|  # all of them, whatever\n', '.select_related("customer")', null],
  [
    "a comment at the end",
    '    order = Order.objects|.get(pk=pk, status="open")  # one\n',
    CALL,
    '    order = Order.objects.select_related("customer", "customer__address").get(\n        pk=pk, status="open"\n    )  # one\n',
  ],
  ["one call after lines", '    orders = Order.objects.filter(\n        status="open",\n    )|\n', CALL, null],
  ["a comment among the lines", '    orders = Order.objects.filter(\n        status="open",  # late\n    ).order_by("id")|\n', CALL, null],
];

test.each(CASES)("%s", (_name, marked, call, after) => {
  const text = marked.replace("|", "");
  const at = Buffer.byteLength(marked.slice(0, marked.indexOf("|")));
  const edit: Edit = { file: "a.py", start: at, end: at, expected: "", text: call };
  const wrapped = wrapChain({ text, lineLength: null }, edit);
  if (wrapped === null || after === null) expect(wrapped).toBe(after);
  else expect(applyEdits(text, [wrapped])).toEqual({ ok: true, text: after });
});

test("goes by the project's line length", () => {
  const text = "rows = Order.objects.filter(paid=True).distinct()\n";
  const edit: Edit = { file: "a.py", start: text.length - 1, end: text.length - 1, expected: "", text: '.select_related("customer")' };
  expect(wrapChain({ text, lineLength: 100 }, edit)).toBeNull();
  const wrapped = wrapChain({ text, lineLength: 60 }, edit);
  expect(applyEdits(text, wrapped === null ? [] : [wrapped])).toMatchObject({
    text: 'rows = (\n    Order.objects.filter(paid=True)\n    .distinct()\n    .select_related("customer")\n)\n',
  });
});
