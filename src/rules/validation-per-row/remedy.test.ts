/** By which column keys are looked up together. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(work: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/work.py": work });
  return report.findings.filter(({ rule }) => rule === "validation-per-row").map(({ message }) => message);
}

test("slugs by theirs", async () => {
  expect(
    await told(`from rest_framework import serializers

from shop.models import Customer, Order


class OrderSerializer(serializers.Serializer):
    customers = serializers.SlugRelatedField(queryset=Customer.objects.all(), slug_field="email", many=True)
`),
  ).toEqual([expect.stringMatching(/Take a list of plain values and check all of them with one `filter\(email__in=…\)` in `validate`\.$/)]);
});

test("keys by the primary key", async () => {
  expect(
    await told(`from rest_framework import serializers

from shop.models import Customer, Order


class OrderSerializer(serializers.Serializer):
    customers = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all(), many=True)
`),
  ).toEqual([expect.stringMatching(/with one `filter\(pk__in=…\)` in `validate`\.$/)]);
});
