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
