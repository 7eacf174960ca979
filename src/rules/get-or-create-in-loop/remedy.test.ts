import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(call: string, django = "5.2"): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models
from hooks_of_models import HookedModel


class Shelf(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=20)


class Place(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE)
    number = models.IntegerField()
    row = models.IntegerField(null=True)
    note = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shelf", "number"], name="one_place"), models.UniqueConstraint(fields=["shelf", "row"], name="one_row")]


class Hooked(HookedModel):
    name = models.CharField(max_length=20)
`,
    "shop/signals.py": "",
    "requirements.txt": `Django==${django}\n`,
    "shop/work.py": `from shop.models import *\n\n\ndef work():\n    for shelf in Shelf.objects.all():\n        ${call}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "get-or-create-in-loop").map(({ confidence, message }) => `${confidence}: ${message}`);
}

test("the database merges rows by a constraint alone", async () => {
  const merged = /^likely: .* Use `bulk_create\(…, update_conflicts=True, unique_fields=…, update_fields=…\)`\.$/;
  const sorted = /^likely: .* Fetch the rows that exist with one `filter\(…__in=…\)`, then `bulk_update\(\)` those and `bulk_create\(\)` the rest\.$/;
  expect(await told('Place.objects.update_or_create(shelf_id=shelf.pk, number=1, defaults={"note": "x"})')).toEqual([expect.stringMatching(merged)]);
  expect(await told('Place.objects.update_or_create(shelf_id=shelf.pk, number=1, defaults={"note": "x"})', "3.2")).toEqual([expect.stringMatching(sorted)]);
  // Rows with NULL are all different to the constraint.
  expect(await told('Place.objects.update_or_create(shelf_id=shelf.pk, row=None, defaults={"note": "x"})')).toEqual([expect.stringMatching(sorted)]);
  expect(await told('Place.objects.update_or_create(shelf=shelf, note="x", defaults={"number": 1})')).toEqual([expect.stringMatching(sorted)]);
});

test("hooks that were not read are lost on a bulk method", async () => {
  expect(await told('Hooked.objects.update_or_create(name=shelf.name, defaults={"name": "x"})')).toEqual([expect.stringMatching(/^possible: /)]);
});
