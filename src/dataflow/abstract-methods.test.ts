/** Methods that a class leaves to those that build on it. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const SENT = `def send(printer: Printer):
    for order in Order.objects.all():
        printer.line(order)`;

const WITHIN = `

    def print_all(self):
        return [self.line(order) for order in Order.objects.all()]`;

const printers = (line: string, use: string, mark: string): Record<string, string> => ({
  "shop/printers.py": `from abc import ABC, abstractmethod

from shop.models import Order


class Printer(ABC):
${line}


class CustomerPrinter(Printer):
    def line(self, order):
        return self.start() + order.customer.name${mark}

    def start(self):
        return "."


class StatusPrinter(Printer):
    def line(self, order):
        return order.status


${use}
`,
});

const ABSTRACT = "    @abstractmethod\n    def line(self, order): ...";
const RAISES = '    def line(self, order):\n        """Shows it."""\n        raise NotImplementedError("say how")';
const EMPTY = '    def line(self, order):\n        return ""';
const OTHERS = ["A", "B", "C"].map((name) => `class ${name}(Printer):\n    def line(self, order):\n        return ""`).join("\n\n\n");

test.each([
  ["marked as abstract", ABSTRACT, SENT],
  ["that only raise", RAISES, SENT],
])("are what the classes below make of them: %s", async (_, line, use) => {
  await expectMarked(printers(line, use, "  # expect: customer"));
});

test.each([
  ["that do something", EMPTY, SENT],
  ["of many classes", ABSTRACT, `${OTHERS}\n\n\n${SENT}`],
])("are not followed: %s", async (_, line, use) => {
  await expectMarked(printers(line, use, ""));
});

test("asked of the class itself, each class below that takes the question over answers for itself", async () => {
  await expectMarked(printers(`${ABSTRACT}${WITHIN}`, "", "  # expect: customer"));
});
