import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Finding, Index, IndexMeasurement, IndexStudy, Snapshot, Table } from "../model/index.ts";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { saveMeasurement, withMeasurements } from "./measurement-file.ts";

interface World {
  readonly database?: string;
  readonly system?: string | null;
  readonly takenAt?: string;
  readonly rows?: number;
  readonly indexes?: readonly string[];
}

function snapshot({
  database = "shop",
  system = "7000",
  takenAt = "2026-11-20T08:00:00Z",
  rows = 1000,
  indexes = ["CREATE UNIQUE INDEX purchase_pkey ON purchase (id)"],
}: World = {}): Snapshot {
  const table = { oid: 1, schema: "public", name: "purchase", reltuples: rows } as Table;
  return {
    takenAt,
    servers: [{ systemIdentifier: system }],
    catalog: { database: { name: database }, tables: [table], indexes: indexes.map((definition) => ({ table: 1, definition }) as Index) },
  } as unknown as Snapshot;
}

const LABEL = "purchase (customer_id)";
const STUDY = {
  added: [{ name: "purchase_cust_idx", label: LABEL, table: { oid: 1, schema: "public", name: "purchase", reltuples: 1000 } }],
} as unknown as IndexStudy;
const spread = (median: number): IndexMeasurement["statements"][number]["before"] => ({ median, low: median, high: median });
const ran = (statement: string, calls: number, before: number, after: number): IndexMeasurement["statements"][number] => ({
  statement,
  calls,
  kind: "read",
  values: "rows",
  before: spread(before),
  after: spread(after),
  verdict: after < before ? "faster" : "slower",
  uses: ["purchase_cust_idx"],
});

const MEASUREMENT: IndexMeasurement = {
  address: "localhost:5432",
  database: "shop_copy",
  version: "16.4",
  at: "2026-11-21T09:00:00Z",
  built: [{ label: LABEL, name: "purchase_cust_idx", bytes: 8192, milliseconds: 5, refused: null }],
  dropped: [],
  rounds: 5,
  statements: [ran("s1", 3, 10, 2), ran("s2", 1, 30, 40)],
  unmeasured: [],
  notes: [],
  isComplete: true,
};

function finding(statements: readonly string[] = ["s1"], claim = `An index on \`${LABEL}\` takes the estimated cost down.`): Finding {
  const places = [{ role: "table", object: "public.purchase" }, ...statements.map((object) => ({ role: "statement", object }))];
  return { rule: "missing-index", claim, places, evidence: [{ kind: "planned" }], impact: {} } as unknown as Finding;
}

function measuredFor(one: Finding, now: World = {}, then: World = {}): Finding["evidence"][number] | undefined {
  const root = temporaryFolder();
  saveMeasurement(root, MEASUREMENT, STUDY, snapshot(then));
  return withMeasurements(root, [one], snapshot(now))[0]?.evidence.find(({ kind }) => kind === "measured");
}

test("the finding of the same index, table and database says what its own statements did", () => {
  expect(measuredFor(finding())).toMatchObject({ statements: 1, slower: 0, millisecondsBefore: 10, millisecondsAfter: 2, bytes: 8192 });
  expect(measuredFor(finding())?.note).not.toMatch(/older|of its/);
  expect(measuredFor(finding(["s1", "s2"]))).toMatchObject({ statements: 2, slower: 1, millisecondsBefore: 15, millisecondsAfter: 11.5 });
});

test("statements that did not run are counted, and without any the finding stays planned", () => {
  expect(measuredFor(finding(["s1", "s9"]))?.note).toMatch(/; 1 of its 2 statements ran there$/);
  expect(measuredFor(finding(["s9"]))).toBeUndefined();
});

test("of a later snapshot it is said to be of an older state", () => {
  expect(measuredFor(finding(), { takenAt: "2026-11-25T10:30:00Z" })?.note).toMatch(
    /, for an older state: the snapshot of 2026-11-20 08:00, not the one of 2026-11-25 10:30$/,
  );
});

test("another database, server or index is not what was measured", () => {
  expect(measuredFor(finding(), { database: "other" })).toBeUndefined();
  expect(measuredFor(finding(), { system: "7001" })).toBeUndefined();
  // Who may not see the identifier is told by the name.
  expect(measuredFor(finding(), { system: null })).toBeDefined();
  expect(measuredFor(finding(["s1"], "An index on `purchase (total)` takes it down."))).toBeUndefined();
});

test("a table that has changed since is not what was measured", () => {
  expect(measuredFor(finding(), { rows: 1400 })).toBeDefined();
  expect(measuredFor(finding(), { rows: 1600 })).toBeUndefined();
  expect(measuredFor(finding(), { rows: 600 })).toBeUndefined();
  expect(
    measuredFor(finding(), { indexes: ["CREATE UNIQUE INDEX purchase_pkey ON purchase (id)", "CREATE INDEX purchase_total ON purchase (total)"] }),
  ).toBeUndefined();
  expect(measuredFor(finding(), { indexes: [] })).toBeUndefined();
});

test("a file of an earlier format, or one written halfway, is none", () => {
  const root = temporaryFolder();
  saveMeasurement(root, MEASUREMENT, STUDY, snapshot());
  const file = path.join(root, ".luthier", "measured.json");
  const text = readFileSync(file, "utf8");
  for (const other of [text.replace("luthier-measured/2", "luthier-measured/1"), text.slice(0, 200)]) {
    writeFileSync(file, other);
    expect(withMeasurements(root, [finding()], snapshot())).toEqual([finding()]);
  }
});
