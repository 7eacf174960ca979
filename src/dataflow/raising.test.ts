/** An exception leaves the loops of all callers up to who handles it: what is read on the way to it is read once. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const READS = new Set(["n-plus-one", "query-in-loop", "aggregate-in-loop"]);

const CHECK = `from shop.models import Order


def check(order):
    if order.paid:
        message = f"{order.customer.name} has paid"
        raise ValueError(message)


def check_deeper(order):
    check(order)

`;

test.each([
  ["the caller's loop", "    for order in Order.objects.all():\n        check(order)\n", []],
  ["loops of callers further up", "    for order in Order.objects.all():\n        check_deeper(order)\n", []],
  ["a handler around the loop", "    try:\n        for order in Order.objects.all():\n            check(order)\n    except ValueError:\n        pass\n", []],
  [
    "a handler within it",
    "    for order in Order.objects.all():\n        try:\n            check(order)\n        except ValueError:\n            pass\n",
    ["customer"],
  ],
  [
    "a handler between two loops",
    "    for days in (1, 2):\n        try:\n            for order in Order.objects.all():\n                check_deeper(order)\n        except ValueError:\n            pass\n",
    [],
  ],
])("%s", async (_what, body, expected) => {
  const { findings } = await analyseShop({ "shop/work.py": `${CHECK}\ndef work():\n${body}` });
  expect(findings.filter(({ rule }) => READS.has(rule)).map(({ relation }) => relation)).toEqual(expected);
});

test("a handler further up keeps its own loop going", async () => {
  const { findings } = await analyseShop({
    "shop/work.py": `${CHECK}
def attempt(order):
    try:
        check_deeper(order)
    except ValueError:
        return False


def work():
    return [attempt(order) for order in Order.objects.all()]
`,
  });
  expect(findings.filter(({ rule }) => READS.has(rule)).map(({ relation }) => relation)).toEqual(["customer"]);
});
