import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(key: string, more = ""): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/signals.py": "",
    "shop/kept.py": `from django.core.cache import cache
from django.db.models.signals import post_save
from django.dispatch import receiver
from shop.models import Tag


@receiver(post_save, sender=Tag)
def forget(sender, instance, **kwargs):
    cache.delete(${key})


def rename():
    Tag.objects.filter(name="a").update(name="b")
${more}`,
  });
  return report.findings.filter(({ rule }) => rule === "CACHE-S").map(({ claim, confidence }) => `${confidence}: ${claim}`);
}

test("what a signal alone removes stays where none is sent", async () => {
  expect(await told('"tags"')).toEqual(['likely: 1 write of Tag by update() leaves "tags" in the cache, which only post_save removes.']);
});

test("of a key that nobody knows it is a guess", async () => {
  expect(await told("instance.key()")).toEqual(["possible: 1 write of Tag by update() leaves what is kept of it in the cache, which only post_save removes."]);
});

test("where other code removes the key too, its author may have thought of all", async () => {
  const more = `\n\ndef clear():\n    cache.delete("tags")\n\n\ndef sync():\n    rename()\n    clear()\n`;
  expect(await told('"tags"', more)).toEqual(['possible: 1 write of Tag by update() leaves "tags" in the cache, which post_save removes.']);
});
