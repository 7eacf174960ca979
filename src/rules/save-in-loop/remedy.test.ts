import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("bulk_update() is told of what each save stamps, not of what the first one did", async () => {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Visit(models.Model):
    made = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)
    seen = models.BooleanField(default=False)
`,
    "shop/signals.py": "",
    "shop/work.py": `from shop.models import Visit


def work(request):
    for visit in Visit.objects.all():
        visit.seen = bool(visit.made)
        visit.save()
`,
  });
  const told = report.findings.filter(({ rule }) => rule === "save-in-loop").map(({ message }) => message);
  expect(told).toEqual([expect.stringContaining("It does not stamp `changed`: set and list them.")]);
});
