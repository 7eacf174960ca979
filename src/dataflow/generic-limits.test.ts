/** Which models a generic foreign key leads to, by what its content type is limited to. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const lists = (limit: string): string => `from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Entry(models.Model):
    wish_list = models.ForeignKey("WishList", models.CASCADE, related_name="entries")
    content_type = models.ForeignKey(ContentType, models.CASCADE${limit})
    object_id = models.PositiveIntegerField()
    item = GenericForeignKey("content_type", "object_id")


class Toy(models.Model):
    name = models.CharField(max_length=20)
    in_lists = GenericRelation(Entry)


class WishList(models.Model):
    name = models.CharField(max_length=20)
    in_lists = GenericRelation(Entry)


def names():
    return [[one.pk for one in entry.item.entries.all()] for entry in Entry.objects.prefetch_related("item")]
`;

/** Only wish lists have entries: is one of them expected behind an entry? */
async function isListInList(limit: string): Promise<boolean> {
  const report = await analyseShop({ "shop/lists.py": lists(limit) });
  return report.findings.some(({ rule, relation }) => rule === "n-plus-one" && relation === "item__entries");
}

test("without a limit every model that leads back is offered", async () => {
  expect(await isListInList("")).toBe(true);
});

test.each([
  ', limit_choices_to={"model__in": ("toy",)}',
  ', limit_choices_to={"app_label": "shop", "model": "toy"}',
  ', limit_choices_to=models.Q(app_label="shop", model="toy") | models.Q(app_label="other", model="wishlist")',
  ', limit_choices_to=models.Q(model__in=["toy", "wishlist"]) & models.Q(model="toy")',
])("%s", async (limit) => {
  expect(await isListInList(limit)).toBe(false);
});

test.each([
  ', limit_choices_to={"model__in": ("toy", "wishlist")}',
  ', limit_choices_to={"model__in": TYPES}',
  ", limit_choices_to=offered",
  ', limit_choices_to={"model__contains": "toy"}',
  ', limit_choices_to={"pk__gt": 3}',
])("%s leaves them", async (limit) => {
  expect(await isListInList(limit)).toBe(true);
});
