/** What the code keeps by key is asked once for each key, wherever it keeps it. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const READS = new Set(["n-plus-one", "query-in-loop", "aggregate-in-loop"]);

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/work.py": `from shop.models import Line, Order, Product, Review\n\nKEPT = {}\n\n\n${body}` });
  return report.findings
    .filter(({ rule }) => READS.has(rule))
    .map(({ rule, relation, confidence }) => `${relation ?? rule} ${confidence}`)
    .toSorted();
}

const LOOP = "def work(lines):\n    for line in Line.objects.all():\n";

test.each([
  ["a module's dictionary", "        if line.product_id not in KEPT:\n            KEPT[line.product_id] = line.product.title\n"],
  [
    "a name for what get() gave",
    "        title = KEPT.get(line.product_id)\n        if title is None:\n            title = KEPT[line.product_id] = line.product.title\n",
  ],
  ["a KeyError", "        try:\n            print(KEPT[line.product_id])\n        except KeyError:\n            KEPT[line.product_id] = line.product.title\n"],
  [
    "a set of what was done",
    "        if line.product_id in DONE:\n            continue\n        DONE.add(line.product_id)\n        print(line.product.title)\n",
  ],
])("%s remembers", async (_name, body) => {
  expect(await told(`DONE = set()\n\n\n${LOOP}${body}`)).toEqual(["product possible"]);
});

test.each(["self.__class__.kept", "Names.kept", "self.kept"])("%s is one dictionary for all rounds", async (kept) => {
  const body = `class Names:
    kept = {}

    def product(self, key):
        if key not in ${kept}:
            ${kept}[key] = Product.objects.get(pk=key)
        return ${kept}[key]


def work():
    return [Names().product(line.product_id).category.name for line in Line.objects.all()]
`;
  expect(await told(body)).toEqual(["category possible", "query-in-loop possible"]);
});

test("so is a class method's, and a function that gives back what it kept", async () => {
  const body = `class Names:
    kept = {}

    @classmethod
    def product(cls, key):
        found = cls.kept.get(key)
        if found is not None:
            return found
        found = Product.objects.get(pk=key)
        cls.kept[key] = found
        return found


def work():
    return [Names.product(line.product_id).category.name for line in Line.objects.all()]
`;
  expect(await told(body)).toEqual(["category possible", "query-in-loop possible"]);
});

test.each([
  ["is made anew in each round", "        kept = {}\n        if line.product_id not in kept:\n            kept[line.product_id] = line.product.title\n"],
  ["is asked for each row's own key", "        if line.pk not in DONE:\n            DONE[line.pk] = line.product.title\n"],
  ["is not filled", "        if line.product_id not in KEPT:\n            print(line.product.title)\n"],
  [
    "was found to have it",
    "        if line.product_id in KEPT:\n            print(line.product.title)\n        else:\n            KEPT[line.product_id] = 1\n",
  ],
])("a memory that %s saves nothing", async (_name, body) => {
  expect(await told(`def work():\n    DONE = {}\n    for line in Line.objects.all():\n${body}`)).toEqual(["product certain"]);
});

test("an object that is made in the round remembers for its own", async () => {
  const body = `class Title:
    def __init__(self, line):
        self.line = line
        self.kept = {}

    def text(self):
        if "title" not in self.kept:
            self.kept["title"] = self.line.product.title
        return self.kept["title"]


def work():
    return [Title(line).text() for line in Line.objects.all()]
`;
  expect(await told(body)).toEqual(["product certain"]);
});

test("a manager of a row that is kept asks again", async () => {
  const body = `${LOOP}        if line.product_id not in KEPT:\n            KEPT[line.product_id] = Product.objects.get(pk=line.product_id)\n        print(KEPT[line.product_id].reviews.count())\n`;
  expect(await told(body)).toContain("reviews certain");
});

test("rows that are fetched for one key pay one by one", async () => {
  const body = `${LOOP}        if line.product_id not in KEPT:\n            KEPT[line.product_id] = [one.author.username for one in Review.objects.filter(product=line.product_id)]\n`;
  expect(await told(body)).toEqual(["author certain"]);
});
