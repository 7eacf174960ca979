/** How sure it is that rows have an object to fetch. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const MODEL = (nullable: string): string => `from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Note(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE${nullable})
    object_id = models.PositiveIntegerField(${nullable.slice(2)})
    subject = GenericForeignKey("content_type", "object_id")


`;

async function told(nullable: string, code: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/notes.py": `${MODEL(nullable)}${code}` });
  return report.findings.filter(({ rule }) => rule === "generic-foreign-key-lazy").map(({ confidence }) => confidence);
}

const READ = "def work():\n    return [note.subject for note in Note.objects.all()]\n";
const NULLABLE = ", null=True";

test("a key that may be NULL and that nobody sets leads nowhere, as far as is known", async () => {
  expect(await told(NULLABLE, READ)).toEqual(["possible"]);
});

test.each([
  "Note.objects.create(subject=one)",
  "Note(object_id=one.pk)",
  'Note(**{"object_id": 1})',
  "Note().subject = one",
  'setattr(Note(), "subject", one)',
])("%s", async (set) => {
  expect(await told(NULLABLE, `${READ}\n\ndef make(one):\n    ${set}\n`)).toEqual(["certain"]);
});

test("a key that cannot be NULL is set by somebody", async () => {
  expect(await told("", READ)).toEqual(["certain"]);
});

test("code that expects to find no object is told as likely", async () => {
  const guarded =
    "def work():\n    for note in Note.objects.all():\n        try:\n            print(note.subject.name)\n        except AttributeError:\n            pass\n";
  expect(await told("", guarded)).toEqual(["likely"]);
  expect(await told("", guarded.replace("AttributeError", "ValueError"))).toEqual(["certain"]);
});
