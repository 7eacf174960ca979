import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const child = (name: string): string => `

class ${name}(models.Model):
    event = models.OneToOneField(Event, models.CASCADE, related_name="${name.toLowerCase()}")
    note = models.CharField(max_length=80)
`;

async function sureness(children: readonly string[], work = ""): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models\n\n\nclass Event(models.Model):\n    name = models.CharField(max_length=80)\n${children.map(child).join("")}`,
    "shop/signals.py": "",
    "shop/work.py": `from shop.models import *\n\n\ndef notes():\n    return [event.${children[0]?.toLowerCase() ?? ""}.note for event in Event.objects.all()]\n${work}`,
  });
  return report.findings.filter(({ rule }) => rule === "always-joined-one-to-one").map(({ confidence }) => confidence);
}

test("a row of its own for what every parent has", async () => {
  expect(await sureness(["Report"])).toEqual(["likely"]);
  expect(await sureness(["Report"], '\n\ndef make():\n    event = Event.objects.create(name="a")\n    Report.objects.create(event=event, note="b")\n')).toEqual(
    ["likely"],
  );
});

test("what is made at another time may be rare", async () => {
  expect(await sureness(["Report"], '\n\ndef cancel(event):\n    Report.objects.create(event=event, note="late")\n')).toEqual(["possible"]);
});

test("a row has one of several kinds", async () => {
  expect(await sureness(["Credit", "Debit", "Refund"])).toEqual(["possible"]);
});
