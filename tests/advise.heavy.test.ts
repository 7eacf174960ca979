/** `luthier advise indexes` as a person runs it: on a shop that is read and written. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Snapshot } from "../src/model/index.ts";
import { redact } from "../src/postgres/redact.ts";
import { writeSnapshot } from "../src/sources/snapshot-file.ts";
import { useBuiltCli } from "./support/built-cli.ts";
import { withGiven } from "./support/given.ts";
import { execute, look, startDebian, type RunningServer } from "./support/servers.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

let server: RunningServer;
let bare: Snapshot;
let taken: Snapshot;
const run = useBuiltCli();

const SHOP = `
CREATE TABLE purchase (id bigint PRIMARY KEY, customer_id int NOT NULL, status text NOT NULL, placed_at timestamptz NOT NULL, total int NOT NULL);
CREATE INDEX purchase_status ON purchase (status);
CREATE INDEX purchase_total ON purchase (total);
CREATE INDEX purchase_placed ON purchase (placed_at);
CREATE TABLE visit (page int NOT NULL, at date NOT NULL, visitor text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE visit_early PARTITION OF visit FOR VALUES FROM ('2020-01-01') TO ('2026-01-01');
CREATE TABLE visit_late PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2030-01-01');
INSERT INTO visit SELECT n % 3000, date '2025-06-01' + n % 400, 'v' || n FROM generate_series(1, 60000) n;
INSERT INTO purchase SELECT n, n % 4000, 'paid', now() - n * interval '1 minute', n % 700 FROM generate_series(1, 120000) n;
VACUUM ANALYZE purchase;
VACUUM ANALYZE visit`;

/** What is read often, what is written often, and a report of once a month. */
const WORKLOAD = `
-- given: table purchase counters.inserted = 20000
-- given: table purchase counters.updated = 20000
-- given: table purchase counters.hotUpdated = 18000
-- given: statement {"sql": "SELECT id, placed_at FROM purchase WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 20", "calls": 90000, "rows": 1800000, "totalMs": 900000}
-- given: statement {"sql": "UPDATE purchase SET status = $1 WHERE id = $2", "calls": 20000, "rows": 20000, "totalMs": 4000}
-- given: statement {"sql": "INSERT INTO purchase (id, customer_id, status, placed_at, total) VALUES ($1, $2, $3, $4, $5)", "calls": 20000, "rows": 20000, "totalMs": 4000}
-- given: statement {"sql": "SELECT sum(total) FROM purchase WHERE placed_at > now() - interval '1 hour'", "calls": 1, "rows": 1, "totalMs": 12}`;

beforeAll(async () => {
  server = await startDebian();
  for (const statement of SHOP.split(";")) await execute(server.cluster.url, statement);
  bare = await look(server.cluster.url);
  taken = withGiven(bare, WORKLOAD);
});
afterAll(() => server.stop());

interface Advice {
  readonly complete: boolean;
  readonly add: readonly { readonly label: string; readonly sql: string; readonly upkeep: number; readonly name: string; readonly serves: readonly string[] }[];
  readonly rejected: readonly { readonly label: string; readonly why: string }[];
  readonly statements: readonly {
    readonly statement: string;
    readonly sql: string;
    readonly verdict: string;
    readonly uses: readonly string[];
    readonly server: { readonly before: number; readonly after: number };
  }[];
  readonly removals: readonly {
    readonly index: string;
    readonly users: readonly { readonly cost: { readonly before: number; readonly after: number }; readonly calls: number }[];
  }[];
}

function projectWith(snapshot: Snapshot): string {
  const folder = temporaryFolder();
  writeSnapshot(path.join(folder, ".luthier", "snapshot.json.gz"), snapshot);
  return folder;
}

async function advice(folder: string, ...more: readonly string[]): Promise<Advice> {
  const { stdout, stderr, status } = await run(["advise", "indexes", folder, "--format", "json", ...more], folder);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout) as Advice;
}

test("recommends what the reads want, nothing that makes a statement dearer, and proves what can go", async () => {
  const { add, statements, removals, complete } = await advice(projectWith(taken));
  expect(complete).toBe(true);
  expect(add.map(({ label }) => label.replace(/ INCLUDE.*/, ""))).toEqual(["purchase (customer_id, placed_at)"]);
  expect(statements.filter(({ server: cost }) => cost.after > cost.before * 1.05)).toEqual([]);
  expect(statements.find(({ sql }) => sql.includes("ORDER BY"))?.verdict).toBe("gain");
  const of = (name: string): Advice["removals"][number] | undefined => removals.find(({ index }) => index === `public.${name}`);
  expect(of("purchase_total")?.users).toEqual([]);
  expect(of("purchase_status")?.users).toEqual([]);
  // The report of once a month needs its index.
  const [report] = of("purchase_placed")?.users ?? [];
  expect(report?.calls).toBe(1);
  expect(report?.cost.after).toBeGreaterThan((report?.cost.before ?? 0) * 2);
});

test("is the same every time, and says costs, not time", async () => {
  const folder = projectWith(taken);
  expect((await advice(folder)).add).toEqual((await advice(folder)).add);
  const { stdout } = await run(["advise", "indexes", folder], folder);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("Costs are the planner's own, not time.");
  expect(stdout).toContain("CREATE INDEX CONCURRENTLY");
  expect(stdout).not.toMatch(/\bms\b|faster/);
});

test("the screen fits 80 columns, says how far from the best the choice is, and what was not taken and why", async () => {
  const folder = projectWith(taken);
  const { stdout } = await run(["advise", "indexes", folder], folder);
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(
    /No other choice costs (?:less|over [\d.]+ % less), of \d+ candidates, by \d+ plans that were made\. The budget is [\d.]+ MB\./,
  );
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(/Considered and not taken purchase \(.*?\): alone it would save/);
  expect(stdout).toMatch(/No planned statement uses; .*\n(?: {2}.*\n)* {2}public\.purchase_total/);
  const { rejected } = await advice(folder);
  const beginnings = rejected.map(({ label }) => label.replace(/[,)].*/, ""));
  expect(new Set(beginnings).size).toBe(beginnings.length);
});

test("an index on a partitioned table is used by the plans that use its parts", async () => {
  const folder = projectWith(
    withGiven(bare, `-- given: statement {"sql": "SELECT visitor FROM visit WHERE page = $1 AND at > $2", "calls": 9000, "rows": 9000, "totalMs": 90000}`),
  );
  const { add, statements } = await advice(folder);
  expect(add.map(({ label }) => label.replace(/\).*/, ")"))).toEqual([expect.stringMatching(/^visit \(page/)]);
  expect(add[0]?.serves).toEqual([statements[0]?.statement]);
  expect(statements[0]?.uses).toEqual([add[0]?.name]);
});

test("statements of a file take the place of those that were seen", async () => {
  const folder = projectWith(taken);
  const file = path.join(folder, "asked.sql");
  writeFileSync(file, "SELECT id FROM purchase WHERE total = 5 AND customer_id = 7; -- a note; with a semicolon\nSELECT 1;");
  expect((await advice(folder, "--workload", file)).statements.map(({ sql }) => sql.split("\n").at(-1))).toContain(
    "SELECT id FROM purchase WHERE total = 5 AND customer_id = 7",
  );
});

test.each([
  ["redacted", () => redact(taken), /redacted/],
  ["without a schema", () => ({ ...taken, catalog: { ...taken.catalog, ddl: [] } }), /holds no schema/],
])("a snapshot %s is one clear sentence", async (_name, make, words) => {
  const folder = projectWith(make());
  const { stderr, status } = await run(["advise", "indexes", folder], folder);
  expect(status).toBe(2);
  expect(stderr).toMatch(words);
  expect(stderr.trim().split("\n")).toHaveLength(2);
});

test("a snapshot of a version that nobody has is planned by PGlite, which is said", async () => {
  const folder = projectWith({ ...taken, servers: taken.servers.map((one) => ({ ...one, versionNumber: 90_600 })) });
  const { stdout, stderr, status } = await run(["advise", "indexes", folder], folder);
  expect(status).toBe(0);
  expect(`${stdout}${stderr}`.replaceAll(/\s+/g, " ")).toMatch(
    /plans are those of PGlite, PostgreSQL \d+ within this process \(there is no PostgreSQL 9 on this machine/,
  );
});
