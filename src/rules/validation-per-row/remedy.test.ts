import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("rows that are named by a column are fetched by it", async () => {
  const report = await analyseShop({
    "shop/api.py": `from rest_framework import serializers

from shop.models import Product, Tag


class ProductSerializer(serializers.ModelSerializer):
    tags = serializers.SlugRelatedField(many=True, slug_field="name", queryset=Tag.objects.all())
    others = serializers.PrimaryKeyRelatedField(many=True, queryset=Product.objects.all())

    class Meta:
        model = Product
        fields = ["id", "tags", "others"]


def load(row):
    ProductSerializer(data=row).is_valid(raise_exception=True)
`,
  });
  const asked = report.findings.filter(({ rule }) => rule === "validation-per-row").map(({ remedy }) => /`filter\(.*?\)`/.exec(remedy ?? "")?.[0]);
  expect(asked).toEqual(["`filter(name__in=…)`", "`filter(pk__in=…)`"]);
  // A list of plain values shows no rows.
  expect(report.findings.map(({ remedy }) => remedy).join(" ")).toContain("`many_init()` makes a `ManyRelatedField`");
});

test("a model that checks itself when it is saved is no check of the loop's", async () => {
  const told = async (round: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/models.py": `from django.db import models


class Shelf(models.Model):
    code = models.CharField(max_length=10, unique=True)

    def save(self, *args, **kwargs):
        self.full_clean()
        super().save(*args, **kwargs)
`,
      "shop/work.py": `from shop.models import Shelf


def work():
    for shelf in Shelf.objects.all():
        ${round}
`,
    });
    return report.findings.filter(({ rule }) => rule === "validation-per-row").map(({ confidence }) => confidence);
  };
  expect(await told("shelf.full_clean()")).toEqual(["likely"]);
  expect(await told("shelf.save()")).toEqual(["possible"]);
});
