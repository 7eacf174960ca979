/** What is read of a row after its `delete()`. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const work = (body: string): Record<string, string> => ({
  "shop/tasks.py": `from shop.models import Category


def forget(category):
    print([product.title for product in category.products.all()])


def remove(category):
    category.delete()


def work():
    for category in Category.objects.all():
${body}`,
});

test("a deleted row has no rows that point to it; what it points to itself is still asked for", async () => {
  await expectMarked(
    work(`        category.delete()
        print([product.title for product in category.products.all()])
        print(category.parent.name)  # expect: parent
`),
  );
  await expectMarked(
    work(`        remove(category)
        print([product.title for product in category.products.all()])
`),
  );
});

test("before it, and where it is not deleted in each round, they are asked for", async () => {
  await expectMarked(
    work(`        print([product.title for product in category.products.all()])  # expect: products
        category.delete()
`),
  );
  await expectMarked(
    work(`        if category.name == "":
            remove(category)
        print([product.title for product in category.products.all()])  # expect: products
`),
  );
});
