/** A name that holds a manager has no select_related() put behind it where code may call the manager's own methods. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

test.each([
  [
    "a queryset is made further down",
    "    rows = Letter.letters\n    return rows.filter(sent=True)\n",
    "load it behind filter(), which makes a queryset of the manager",
  ],
  [
    "the manager is passed on",
    "    return chosen(Letter.letters)\n\n\ndef chosen(rows):\n    return rows.late()\n",
    "load it after the manager's own methods: a queryset has no late()",
  ],
])("%s", async (_what, body, reason) => {
  const { findings } = await analyseShop({
    "shop/letters.py": `from django.db import models
from shop.models import Customer


class Letters(models.Manager):
    def late(self):
        return self.filter(sent=False)


class Letter(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    sent = models.BooleanField()

    letters = Letters()
`,
    "shop/work.py": `from shop.letters import Letter


def letters():
${body}

def work():
    return [letter.customer.name for letter in letters()]
`,
  });
  expect(findings.filter(({ rule }) => rule === "n-plus-one").flatMap(({ fixes }) => fixes.map(({ title }) => title))).toEqual([
    `Load customer with the queryset: ${reason}`,
  ]);
});
