/** What blocking-index-migration makes of a migration. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Edit } from "../src/model/index.ts";
import { rule } from "../src/rules/blocking-index-migration/rule.ts";
import { databaseCases } from "./support/database-case.ts";
import { judgeCase, startDatabaseWorld, type DatabaseWorld } from "./support/database-world.ts";

const folder = path.join(fileURLToPath(new URL("../src/rules", import.meta.url)), "blocking-index-migration");
const file = "shop/migrations/0002_index.py";
let world: DatabaseWorld;

beforeAll(async () => {
  world = await startDatabaseWorld();
});
afterAll(() => world.stop());

test("the index is built concurrently, outside of a transaction", async () => {
  const one = databaseCases(folder).find(({ name }) => name === "bad-pending.md");
  if (one === undefined) throw new Error("there is no such fixture");
  const built = await world.build(one.sql);
  const { findings } = await judgeCase(rule, one, built.snapshot);
  const edits = findings.flatMap(({ fixes }) => fixes.flatMap((fix) => fix.edits));
  expect(applied(one.files[file] ?? "", edits)).toBe(`from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("shop", "0001_initial")]

    operations = [
        AddIndexConcurrently(  # expect: blocking-index-migration
            model_name="parcel",
            index=models.Index(fields=["state"], name="parcel_state_idx"),
        ),
    ]
`);
});

/** The fixture is ASCII, so that bytes are characters. */
function applied(text: string, edits: readonly Edit[]): string {
  return edits
    .filter((edit) => edit.file === file)
    .toSorted((a, b) => b.start - a.start)
    .reduce((result, { start, end, text: replacement }) => result.slice(0, start) + replacement + result.slice(end), text);
}
