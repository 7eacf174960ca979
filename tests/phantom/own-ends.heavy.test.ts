/** A real index shows the planner a column's real ends. One that is not there does too, where the statistics are of every row; where rows came since, nobody knows. */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Snapshot } from "../../src/model/index.ts";
import { openPhantom, type Phantom } from "../../src/sources/phantom/open-phantom.ts";
import { seenWhole } from "../../src/sources/phantom/own-ends.ts";
import { execute, look, startDebian, withClient, type RunningServer } from "../support/servers.ts";
import { tryIndex } from "./compare.ts";

let server: RunningServer;
let snapshot: Snapshot;

beforeAll(async () => {
  server = await startDebian({ settings: { autovacuum: "off" } });
  await execute(
    server.cluster.url,
    'CREATE TABLE visit (id serial PRIMARY KEY, created timestamptz NOT NULL, kind varchar(20) COLLATE "C", amount numeric(8, 2), token uuid)',
    "INSERT INTO visit (created, kind, amount, token) SELECT timestamptz '2023-01-01' + n * interval '11 minutes', 'kind ' || n % 400, n % 700, md5(n::text)::uuid FROM generate_series(1, 15000) n",
    "CREATE TABLE grown (created timestamptz NOT NULL)",
    "INSERT INTO grown SELECT timestamptz '2023-01-01' + n * interval '11 minutes' FROM generate_series(1, 15000) n",
    "CREATE TABLE large (created timestamptz NOT NULL)",
    "INSERT INTO large SELECT timestamptz '2023-01-01' + n * interval '11 minutes' FROM generate_series(1, 40000) n",
  );
  // Of another session, as rows of one's own are counted late.
  await execute(server.cluster.url, "VACUUM ANALYZE");
  await execute(
    server.cluster.url,
    "INSERT INTO grown SELECT timestamptz '2024-01-01' + n * interval '11 minutes' FROM generate_series(1, 500) n",
    "CHECKPOINT",
  );
  snapshot = await look(server.cluster.url);
});
afterAll(() => server.stop());

async function open(): Promise<Phantom> {
  const phantom = await openPhantom(snapshot, { folders: [server.cluster.binaries] });
  onTestFinished(() => phantom.close());
  return phantom;
}

test("tables are told whose statistics are of every row as it is now", () => {
  const whole = seenWhole(snapshot);
  expect(snapshot.catalog.tables.filter(({ oid }) => whole.has(oid)).map(({ name }) => name)).toEqual(["visit"]);
});

const BEYOND = [
  {
    index: "CREATE INDEX ON visit (created)",
    questions: [
      "SELECT * FROM visit WHERE created > '2024-02-01' ORDER BY created LIMIT 20",
      "SELECT * FROM visit WHERE created < '2022-02-01'",
      "SELECT * FROM visit WHERE created > '2023-04-20'",
    ],
  },
  {
    index: "CREATE INDEX ON visit (created DESC NULLS LAST, kind) INCLUDE (amount)",
    questions: ["SELECT * FROM visit WHERE created > '2024-02-01' ORDER BY created LIMIT 20", "SELECT * FROM visit WHERE created < '2022-02-01'"],
  },
  { index: "CREATE INDEX ON visit (kind)", questions: ["SELECT * FROM visit WHERE kind > 'zzz'", "SELECT * FROM visit WHERE kind < 'a'"] },
  { index: "CREATE INDEX ON visit (amount)", questions: ["SELECT * FROM visit WHERE amount > 699.5", "SELECT * FROM visit WHERE amount < 0"] },
  { index: "CREATE INDEX ON visit (token)", questions: ["SELECT * FROM visit WHERE token > 'ffffffff-0000-0000-0000-000000000000'"] },
];

test("what goes beyond the histogram costs what it does with a real index", async () => {
  const phantom = await open();
  const pairs = await withClient(server.cluster.url, async (client) => {
    const all = [];
    for (const one of BEYOND) all.push(...(await tryIndex(client, phantom, one)));
    return all;
  });
  expect(pairs).toHaveLength(10);
  expect(pairs.filter(({ error, isSamePlan }) => error > 0 || !isSamePlan)).toEqual([]);
});

test("where rows came since, the end is not made up", async () => {
  const phantom = await open();
  const rowsBeyond = await phantom.whatIf(
    { add: ["CREATE INDEX ON grown (created)"] },
    async ({ plan }) => (await plan("SELECT * FROM grown WHERE created > '2024-01-02'")).root.planRows,
  );
  // A hundredth of a step of the histogram, which is what the planner takes where it cannot look.
  expect(rowsBeyond).toBe(2);
});
