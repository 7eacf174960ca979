/** One process analyses a project again and again: an editor's server, fixes that are tried in memory. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const COLUMNS = Array.from({ length: 14 }, (_, index) => `    note_${index} = models.CharField(max_length=9)`).join("\n");

test("a second analysis sees what is read through rows that lead back to their parent", async () => {
  const files = {
    "shop/halls.py": `from django.db import models


class Hall(models.Model):
    name = models.CharField(max_length=20)
${COLUMNS}


class Seat(models.Model):
    hall = models.ForeignKey(Hall, models.CASCADE, related_name="seats")


def names():
    halls = list(filter(lambda hall: hall.seats.exists(), Hall.objects.filter(name="A").order_by("?")))
    seat = halls[0].seats.order_by("?")[0]
    return seat.hall.name
`,
  };
  const claims = async (): Promise<string[]> => {
    const { findings } = await analyseShop(files);
    return findings.flatMap(({ rule, claim }) => (rule === "unused-columns" ? [claim] : []));
  };
  expect(await claims()).toEqual(["`names` fetches 16 columns of `Hall` and reads 2."]);
  expect(await claims()).toEqual(["`names` fetches 16 columns of `Hall` and reads 2."]);
});
