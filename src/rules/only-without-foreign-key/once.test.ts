import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("one only() is told once, whichever rows lead there", async () => {
  const report = await analyseShop({
    "shop/ledgers.py": `from django.db import models


class Ledger(models.Model):
    name = models.CharField(max_length=20)

    def days(self, short=True):
        entries = self.entries.only("day")
        if short:
            return [entry.day for entry in entries]
        return [entry.day.isoformat() for entry in entries]


class Entry(models.Model):
    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="entries")
    day = models.DateField()


class Note(models.Model):
    ledger = models.ForeignKey(Ledger, models.CASCADE)
`,
    "shop/work.py": `from shop.ledgers import Ledger, Note


def days():
    return [ledger.days() for ledger in Ledger.objects.all()]


def of_notes():
    return [note.ledger.days() for note in Note.objects.select_related("ledger")]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "only-without-foreign-key");
  expect(found.map(({ confidence, places }) => [confidence, places.flatMap(({ role, line }) => (role === "access" ? [line] : []))])).toEqual([
    ["certain", [10, 8, 11]],
  ]);
});
