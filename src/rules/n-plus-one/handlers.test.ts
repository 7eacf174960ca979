import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const BOX = `from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from shop.models import Customer


class Box(models.Model):
    owner = models.ForeignKey(Customer, models.CASCADE)


@receiver(post_save, sender=Box)
def tell_owner(sender, instance, **kwargs):
`;

const DELETED = BOX.replaceAll("post_save", "post_delete");

const loops = (amount: number): string =>
  Array.from({ length: amount }, (_, at) => `\n\ndef work${at}():\n    for box in Box.objects.filter(pk__gt=${at}):\n        box.save()\n`).join("");

async function told(source: string): Promise<readonly string[]> {
  const { findings } = await analyseShop({ "shop/boxes.py": source });
  return findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence, message }) => `${confidence}: ${message}`);
}

test("what three loops set off is one finding, at the function that reads it", async () => {
  const read = `${BOX}    print(instance.owner.name)\n`;
  expect(await told(read + loops(2))).toHaveLength(2);
  expect(await told(read + loops(3))).toEqual([
    "certain: `tell_owner` loads `owner` in each round of 3 loops: one query a row. The querysets of the loops do not load it. " +
      'Have `tell_owner` read `owner_id`, which came with the row, where the key is enough; else add `select_related("owner")` to the loops\' querysets.',
  ]);
});

test("what is read far down in the job that a write sets off is a small part of it", async () => {
  const helpers = ["first(instance)", "second(instance)", "third(instance)"].map((call) => `    ${call}\n\n\ndef ${call}:\n`).join("");
  const read = "    print(instance.owner.name)\n";
  expect((await told(BOX + helpers + read + loops(1))).map((one) => one.split(":")[0])).toEqual(["possible"]);
  const deletes = "\n\ndef forget(labels):\n    Box.objects.filter(pk__gt=7).delete()\n";
  expect((await told(DELETED + read + deletes)).map((one) => one.split(":")[0])).toEqual(["likely"]);
  expect((await told(DELETED + helpers + read + deletes)).map((one) => one.split(":")[0])).toEqual(["possible"]);
  expect((await told(BOX + helpers + read + loops(3))).map((one) => one.split(":")[0])).toEqual(["possible"]);
});

test("what is narrowed there is not to be had by a plain prefetch", async () => {
  const read = `${BOX.replace("class Box(", "class Lid(models.Model):\n    box = models.ForeignKey('Box', models.CASCADE, related_name='lids')\n\n\nclass Box(")}    print(list(instance.lids.filter(pk__gt=3)))\n`;
  expect(await told(read + loops(3))).toEqual([
    "certain: `tell_owner` loads `lids` in each round of 3 loops: one query a row. The querysets of the loops do not load it. Have `tell_owner` do without it. " +
      'Else add `Prefetch("lids", queryset=…, to_attr=…)` with these rows to the loops\' querysets, or prefetch all and choose among them in Python: `filter()` would query again.',
  ]);
});

test("a method of the rows' own queryset asks for nothing: who calls it does", async () => {
  const own = `from django.db import models


class LidQuerySet(models.QuerySet):
    def high(self):
        return self.filter(pk__gt=3)

    def drop(self):
        for lid in self:
            print(lid.pk)


class Box(models.Model):
    def delete(self):
        self.lids.high().drop()
        return super().delete()


class Lid(models.Model):
    box = models.ForeignKey(Box, models.CASCADE, related_name="lids")
    objects = LidQuerySet.as_manager()
`;
  const [one, ...more] = await told(own + loops(3).replaceAll("save", "delete"));
  expect(more).toEqual([]);
  expect(one).toMatch(
    /^certain: `Box\.delete` loads `lids` in each round of 3 loops: .* Have `Box\.delete` do without it\. Else add `Prefetch\("lids", queryset=…/,
  );
});
