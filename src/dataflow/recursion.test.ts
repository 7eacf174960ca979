/** A function within itself is followed a few levels, and what it does is told once. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function report(body: string): Promise<ReturnType<typeof analyseShop>> {
  return analyseShop({ "shop/work.py": `from django.db.models import Q\nfrom shop.models import Line, Order, Product, Review\n\n\n${body}` });
}

const KINDS = Array.from(
  { length: 6 },
  (_, kind) => `    if isinstance(node, Kind${kind}):\n        return condition(node.left) & condition(node.right)\n`,
).join("");

test("a tree of conditions does not use up the strength that what follows needs", async () => {
  const { findings } = await report(`
class Node:
    pass


${Array.from({ length: 6 }, (_, kind) => `class Kind${kind}(Node):\n    pass\n\n`).join("")}
def condition(node: Node):
${KINDS}    return Q(pk=node.key)


def work(node):
    for line in Line.objects.filter(condition(node)):
        print(line.product.title)
`);
  expect(findings.filter(({ rule }) => rule === "n-plus-one").map(({ relation }) => relation)).toEqual(["product"]);
});

test("what every level reads of the rows it was given is known", async () => {
  const { findings } = await report(`
class Node:
    pass


def total(lines, node: Node):
    return sum(line.quantity for line in lines) + total(lines, node.left)


def work(node):
    return total(list(Line.objects.select_related("product")), node)
`);
  expect(findings.map(({ rule, relation }) => `${rule} ${relation}`)).toContain("unused-eager-load product");
});

test("objects that stand elsewhere are others, though they have one method", async () => {
  const { findings } = await report(`
class Hook:
    def __init__(self, action):
        self.action = action

    def __call__(self, rows):
        return self.action(rows)


def fourth(lines):
    for line in lines:
        print(line.product.title)


fourth_hook = Hook(fourth)
third_hook = Hook(lambda rows: fourth_hook(rows))
second_hook = Hook(lambda rows: third_hook(rows))
first_hook = Hook(lambda rows: second_hook(rows))


def work():
    first_hook(Line.objects.all())
`);
  expect(findings.map(({ rule, relation }) => `${rule} ${relation}`)).toContain("n-plus-one product");
});
