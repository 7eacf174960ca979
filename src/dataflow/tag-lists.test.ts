/** taggit's managers: what they list of the tags, and what a prefetch of the tags serves. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function remedies(read: string): Promise<readonly (string | undefined)[]> {
  const { findings } = await analyseShop({
    "shop/notes.py": `from django.db import models
from taggit.managers import TaggableManager


class Note(models.Model):
    text = models.TextField()
    tags = TaggableManager()


def shown():
    return [${read} for note in Note.objects.all()]
`,
  });
  return findings.filter(({ relation }) => relation === "tags").map(({ remedy }) => remedy);
}

test("names() asks again for what was prefetched", async () => {
  expect(await remedies("list(note.tags.all())")).toEqual(['Add `prefetch_related("tags")` to the queryset.']);
  expect(await remedies("list(note.tags.names())")).toEqual([expect.stringContaining("build the values from `all()` in Python: `values()` would query again")]);
});
