/** A model that asks which of its columns were left out deals with these itself. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const shop = (condition: string) => ({
  "shop/models.py": `from django.db import models


class Device(models.Model):
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=80)

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        ${condition}
            print(self.name)
`,
  "shop/tasks.py": `from shop.models import Device


def forget():
    for device in Device.objects.only("address"):
        device.address = ""
        device.save()
`,
});

test.each([
  ["by its method", 'if "name" not in self.get_deferred_fields():', "possible"],
  ["by the value that stands for one", "if self.__dict__.get('name', models.DEFERRED) != models.DEFERRED:", "possible"],
  ["not at all", "if self.address == '':", "certain"],
])("it asks %s", async (_what, condition, confidence) => {
  const { findings } = await analyseShop(shop(condition));
  expect(findings.filter(({ rule }) => rule === "deferred-field-load").map((one) => [one.relation, one.confidence])).toEqual([["name", confidence]]);
});
