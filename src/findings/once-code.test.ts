/** What is run once is not worth a change. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function sure(words: string, file = "shop/work.py"): Promise<readonly string[]> {
  const work = `from shop.models import Order, Tag


def work():
    """${words}"""
    for order in Order.objects.all():
        Tag.objects.get(name=order.status)
`;
  const { findings } = await analyseShop({ [file]: work });
  return findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence);
}

test("a function whose docstring says that it is run once", async () => {
  expect(await sure("Give the tags of all orders.")).toEqual(["certain"]);
  expect(await sure("One time migration of the old tags.")).toEqual(["possible"]);
  expect(await sure("One-off script\n    for the old tags.")).toEqual(["possible"]);
  expect(await sure("Meant to be run once.")).toEqual(["possible"]);
  expect(await sure("Is run once a day.")).toEqual(["certain"]);
  expect(await sure("Sends a one-time code.")).toEqual(["certain"]);
});

test("a command whose name says so", async () => {
  expect(await sure("", "shop/management/commands/list_tags.py")).toEqual(["certain"]);
  expect(await sure("", "shop/management/commands/shop_deduplicate_tags.py")).toEqual(["possible"]);
  expect(await sure("", "shop/data_migrations/management/commands/notify_owners.py")).toEqual(["possible"]);
});

test("a command that makes data to try things with", async () => {
  const { findings } = await analyseShop({
    "shop/management/commands/shop_example_data.py": `import random
from django.core.management.base import BaseCommand
from shop.models import Order


class Command(BaseCommand):
    def handle(self, **options):
        for order in random.sample(list(Order.objects.all()), 3):
            order.delete()
`,
  });
  expect(findings.filter(({ rule }) => rule === "all-then-narrow").map(({ confidence }) => confidence)).toEqual(["possible"]);
});

test.each([
  ["Creates test orders.", "possible"],
  ["Fill the shop with some fake customers", "possible"],
  ["Sends a test mail", "certain"],
  ["Add orders from the test server", "certain"],
])("a command whose help says: %s", async (help, expected) => {
  const { findings } = await analyseShop({
    "shop/management/commands/orders.py": `from django.core.management.base import BaseCommand
from shop.models import Order, Tag


class Command(BaseCommand):
    help = "${help}"

    def handle(self, **options):
        for order in Order.objects.all():
            Tag.objects.get(name=order.status)
`,
  });
  expect(findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence)).toEqual([expected]);
});

test("a command that makes things up", async () => {
  const { findings } = await analyseShop({
    "shop/management/commands/scramble.py": `from django.core.management.base import BaseCommand
from faker import Faker
from shop.models import Order, Tag


class Command(BaseCommand):
    def handle(self, **options):
        for order in Order.objects.all():
            Tag.objects.get(name=order.status)
`,
  });
  expect(findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence)).toEqual(["possible"]);
});

test.each([
  ["seedusers", "possible"],
  ["load_seeds", "possible"],
  ["proceed", "certain"],
])("%s", async (name, expected) => {
  expect(await sure("", `shop/management/commands/${name}.py`)).toEqual([expected]);
});

test.each([
  ["if not settings.DEBUG and not force:", "raise CommandError", "possible"],
  ["if not settings.DEBUG:", "print(1)", "certain"],
  ["if settings.DEBUG:", "raise CommandError", "certain"],
])("a command that says %s %s", async (test, then, expected) => {
  const { findings } = await analyseShop({
    "shop/management/commands/volume.py": `from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from shop.models import Order, Tag


class Command(BaseCommand):
    def handle(self, force, **options):
        ${test}
            ${then}
        for order in Order.objects.all():
            Tag.objects.get(name=order.status)
`,
  });
  expect(findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence)).toEqual([expected]);
});
