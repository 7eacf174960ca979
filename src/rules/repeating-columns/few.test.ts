/** Without rows, few numbered fields may be levels, codes or lines of a form. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test.each([
  [3, "possible"],
  [5, "possible"],
  [6, "likely"],
])("%i fields", async (count, confidence) => {
  const fields = Array.from({ length: count }, (_, at) => `    site_${at + 1} = models.CharField(max_length=50)\n`).join("");
  const { findings } = await analyseShop({ "shop/places.py": `from django.db import models\n\n\nclass Place(models.Model):\n${fields}` });
  expect(findings.filter(({ rule }) => rule === "repeating-columns").map((one) => one.confidence)).toEqual([confidence]);
});
