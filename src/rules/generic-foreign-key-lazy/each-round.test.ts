/** A prefetch for the one row that a round takes of its queryset saves nothing, whatever else the round does with the others. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const MODELS = `from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=80)


class Note(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes")
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.IntegerField()
    target = GenericForeignKey()
`;

const remedies = async (body: string) => {
  const report = await analyseShop({
    "shop/signals.py": "",
    "shop/models.py": MODELS,
    "shop/work.py": `from shop.models import Customer, Note\n\n\ndef work():\n    for customer in Customer.objects.all():\n        notes = Note.objects.filter(customer=customer)\n${body}`,
  });
  return report.findings.filter(({ rule }) => rule === "generic-foreign-key-lazy").map(({ message }) => message.replace(/^.*? (?=(?:Add|Fetch) )/, ""));
};

test("one row of each round", async () => {
  expect(await remedies("        print(notes[0].target, [note.object_id for note in notes])\n")).toEqual([
    expect.stringMatching(/^Fetch the rows of all rounds before the loop/),
  ]);
});

test("all rows of each round", async () => {
  expect(await remedies("        print(notes[0].target, [note.target for note in notes])\n")).toEqual([expect.stringMatching(/^Add `prefetch_related/)]);
});
