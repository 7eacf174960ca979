/** What is left out has to weigh something. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const found = async (last: string) => {
  const columns = Array.from({ length: 12 }, (_, index) => `    n${index} = models.IntegerField()\n`).join("");
  const report = await analyseShop({
    "shop/signals.py": "",
    "shop/models.py": `from django.contrib.postgres.fields import ArrayField\nfrom django.db import models\n\n\nclass Sheet(models.Model):\n${columns}    last = ${last}\n`,
    "shop/work.py": "from shop.models import Sheet\n\n\ndef work():\n    for sheet in Sheet.objects.filter(n1=3):\n        print(sheet.n0 + sheet.n1)\n",
  });
  return report.findings.filter(({ rule }) => rule === "unused-columns").map(({ confidence }) => confidence);
};

test("columns that can be long cost something, numbers and short texts hardly", async () => {
  expect(await found("models.TextField()")).toEqual(["likely"]);
  expect(await found("models.CharField(max_length=20)")).toEqual(["possible"]);
  expect(await found("ArrayField(models.CharField(max_length=16))")).toEqual(["possible"]);
  expect(await found("ArrayField(models.TextField())")).toEqual(["likely"]);
});

test("one row's columns are little", async () => {
  const columns = Array.from({ length: 12 }, (_, index) => `    n${index} = models.IntegerField()\n`).join("");
  const report = await analyseShop({
    "shop/signals.py": "",
    "shop/models.py": `from django.db import models\n\n\nclass Sheet(models.Model):\n${columns}    last = models.TextField()\n`,
    "shop/work.py": "from shop.models import Sheet\n\n\ndef work():\n    [sheet] = Sheet.objects.filter(n1=3)[:1] or [None]\n    return sheet.n0 + sheet.n1\n",
  });
  expect(report.findings.filter(({ rule }) => rule === "unused-columns").map(({ confidence }) => confidence)).not.toContain("likely");
});
