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
  expect(report.findings.filter(({ rule }) => rule === "validation-per-row").map(({ message }) => message.slice(message.indexOf("Take")))).toEqual([
    "Take a list of plain values and fetch the rows of all of them with one `filter(name__in=…)` in `validate`.",
    "Take a list of keys and check all of them with one `filter(pk__in=…)` in `validate`.",
  ]);
});
