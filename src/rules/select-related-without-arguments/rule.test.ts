import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test.each([
  ["the joined rows are not read", "return [shelf.name for shelf in rows]", "certain"],
  ["a relation that it skips is read", "return [(shelf.category.name, shelf.owner.name) for shelf in rows]", "certain"],
  ["all of the joined rows are read", "return [shelf.category.name for shelf in rows]", "possible"],
  ["nobody knows what is read", "return render(show, rows=list(rows))", "possible"],
  ["nothing goes through the rows", "return render(show, rows=rows)", "possible"],
])("%s", async (_what, body, confidence) => {
  const { findings } = await analyseShop({
    "shop/shelves.py": `from django.db import models
from shop.models import Category, Customer


class Shelf(models.Model):
    name = models.CharField(max_length=80)
    category = models.ForeignKey(Category, models.CASCADE)
    owner = models.ForeignKey(Customer, models.CASCADE, null=True)


def shelves(render, show):
    rows = Shelf.objects.filter(name="one").select_related()
    ${body}
`,
  });
  expect(findings.filter(({ rule }) => rule === "select-related-without-arguments").map((one) => one.confidence)).toEqual([confidence]);
});
