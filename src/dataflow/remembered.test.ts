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

test.each([
  ["None before", "        if self.kept is None:\n            self.kept = FOUND\n        return self.kept\n"],
  ["nothing before", "        if not self.kept:\n            self.kept = FOUND\n        return self.kept\n"],
  ["no attribute before", '        if not hasattr(self, "found"):\n            self.found = FOUND\n        return self.found\n'],
  ["no attribute before, as getattr() says", '        if getattr(self, "found", None) is None:\n            self.found = FOUND\n        return self.found\n'],
  ["a dictionary without the key", "        if key not in self.all:\n            self.all = FOUND\n        return self.all[key]\n"],
  ["a dictionary without the row", "        if key not in self.all:\n            self.all = FOUND\n        return self.all[key]\n", "line"],
  [
    "a dictionary that raises KeyError",
    "        try:\n            return self.all[key]\n        except KeyError:\n            self.all = FOUND\n        return self.all[key]\n",
    "line",
  ],
])("an attribute that is %s holds the answer for all rounds", async (_name, body, key = "line.product_id") => {
  const method = body.replace("FOUND", "{product.pk: product for product in Product.objects.filter(title=self.title)}");
  const code = (use: string): string => `class Titles:
    kept = None

    def __init__(self, title):
        self.title = title
        self.all = {}

    def products(self, key):
${method}

def work(title):
${use}
`;
  const once = `    titles = Titles(title)\n    for line in Line.objects.all():\n        print(titles.products(${key}))`;
  expect(await told(code(once))).toEqual(["query-in-loop possible"]);
  const eachTime = `    for line in Line.objects.all():\n        print(Titles(title).products(${key}))`;
  expect(await told(code(eachTime))).toEqual(["query-in-loop likely"]);
});

test("an attribute that is emptied in the round keeps nothing", async () => {
  const body = `class Titles:
    def __init__(self, title):
        self.title = title
        self.kept = None

    def products(self):
        if self.kept is not None:
            print(self.kept)
        print(list(Product.objects.filter(title=self.title)))
        self.kept = None


def work(title):
    titles = Titles(title)
    for line in Line.objects.all():
        titles.products()
`;
  expect(await told(body)).toEqual(["query-in-loop likely"]);
});

test.each([
  [
    "get() and set()",
    "        kept = cache.get(line.product_id)\n        if kept is None:\n            kept = line.product.title\n            cache.set(line.product_id, kept)\n",
  ],
  ["get_or_set()", "        cache.get_or_set(line.product_id, lambda: line.product.title)\n"],
  ["get() and set() of each row's own key", "        if cache.get(line.pk) is None:\n            cache.set(line.pk, line.product.title)\n"],
])("Django's cache may have the answer, by %s, and has none at first", async (_name, body) => {
  expect(await told(`from django.core.cache import cache\n\n\n${LOOP}${body}`)).toEqual(["product likely"]);
});
