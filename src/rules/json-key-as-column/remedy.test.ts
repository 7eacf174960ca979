import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(filter: string, file = "shop/work.py"): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Parcel(models.Model):
    facts = models.JSONField(default=dict)
    country = models.CharField(max_length=2)
    sender = models.ForeignKey("auth.User", models.CASCADE)
`,
    "shop/signals.py": "",
    [file]: `from shop.models import Parcel\n\n\ndef work(value):\n    return list(Parcel.objects.filter(${filter}))\n`,
  });
  return report.findings.filter(({ rule }) => rule === "json-key-as-column").map(({ remedy, confidence }) => `${confidence}: ${remedy ?? ""}`);
}

test("a field beside the document may hold the key already, and the other keys need one", async () => {
  expect(await told("facts__country=value")).toEqual(["likely: Ask the field `country` beside it."]);
  expect(await told("facts__country=value, facts__weight=value")).toEqual(["likely: Ask the field `country` beside it, and make `weight` a field too."]);
});

test("the row's own id is not the document's", async () => {
  expect(await told("facts__id=value, facts__weight=value")).toEqual([
    "likely: Make `id`, `weight` a field, or a `GeneratedField` over the document, and index that.",
  ]);
});

test("what only a command asks for may be a matter of one day", async () => {
  expect(await told("facts__a=value, facts__b=value", "shop/management/commands/mend.py")).toEqual([
    "possible: Make `a`, `b` a field, or a `GeneratedField` over the document, and index that.",
  ]);
});

test("documents of one user are few", async () => {
  expect(await told("sender=value, facts__a=value, facts__b=value")).toEqual([expect.stringMatching(/^possible/)]);
  expect(await told("sender__username=value, facts__a=value, facts__b=value")).toEqual([expect.stringMatching(/^likely/)]);
});

test("a lookup of the whole document as text asks for no key", async () => {
  expect(await told("facts__istartswith=value, facts__endswith=value")).toEqual([]);
});
