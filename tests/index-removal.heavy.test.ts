/** Indexes that could go, planted in a real PostgreSQL: unused, redundant and duplicate ones are found with proof, and what a rare statement needs is kept. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Snapshot } from "../src/model/index.ts";
import { writeSnapshot } from "../src/sources/snapshot-file.ts";
import { useBuiltCli } from "./support/built-cli.ts";
import { withGiven } from "./support/given.ts";
import { execute, look, startDebian, type RunningServer } from "./support/servers.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

let server: RunningServer;
let taken: Snapshot;
const run = useBuiltCli();

const SHOP = `
CREATE TABLE purchase (id bigint PRIMARY KEY, customer_id int NOT NULL, code text NOT NULL, status text NOT NULL, placed_at timestamptz NOT NULL, total int NOT NULL);
CREATE INDEX purchase_customer ON purchase (customer_id);
CREATE INDEX purchase_customer_placed ON purchase (customer_id, placed_at);
CREATE INDEX purchase_code ON purchase (code);
CREATE INDEX purchase_code_again ON purchase (code);
CREATE INDEX purchase_total ON purchase (total);
CREATE INDEX purchase_placed ON purchase (placed_at);
INSERT INTO purchase SELECT n, n % 4000, 'c' || n, 'paid', now() - n * interval '1 minute', n % 700 FROM generate_series(1, 60000) n;
VACUUM ANALYZE purchase`;

/** The monthly report ran before the counters' last reset: they say that nobody uses its index. */
const SEEN = `
-- given: index purchase_customer counters.scans = 4000
-- given: index purchase_customer_placed counters.scans = 90000
-- given: index purchase_code counters.scans = 5000
-- given: index purchase_code_again counters.scans = 0
-- given: index purchase_total counters.scans = 0
-- given: index purchase_placed counters.scans = 0
-- given: table purchase counters.indexScans = 99000
-- given: table purchase counters.seqScans = 3
-- given: statement {"sql": "SELECT id FROM purchase WHERE customer_id = $1", "calls": 4000, "rows": 60000, "totalMs": 4000}
-- given: statement {"sql": "SELECT id, placed_at FROM purchase WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 20", "calls": 90000, "rows": 1800000, "totalMs": 9000}
-- given: statement {"sql": "SELECT id FROM purchase WHERE code = $1", "calls": 5000, "rows": 5000, "totalMs": 300}
-- given: statement {"sql": "SELECT sum(total) FROM purchase WHERE placed_at > now() - interval '1 hour'", "calls": 1, "rows": 1, "totalMs": 12}`;

beforeAll(async () => {
  server = await startDebian();
  for (const statement of SHOP.split(/;\n/)) await execute(server.cluster.url, statement);
  taken = withGiven(await look(server.cluster.url), SEEN);
});
afterAll(() => server.stop());

function project(): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, "luthier.toml"), '[thresholds]\n"unused-index.bytes" = 8192\n');
  writeSnapshot(path.join(folder, ".luthier", "snapshot.json.gz"), taken);
  return folder;
}

interface Found {
  readonly rule: string;
  readonly claim: string;
  readonly evidence: readonly { readonly kind: string; readonly note?: string }[];
}

test("all planted ones are found, each with plans of the whole workload without it", async () => {
  const folder = project();
  const { stdout } = await run(["check", folder, "--phantom", "--select", "unused-index,redundant-index,duplicate-index", "--format", "json"], folder);
  const { findings, coverage } = JSON.parse(stdout) as {
    readonly findings: readonly Found[];
    readonly coverage: { readonly unknown?: readonly { readonly rule: string; readonly object?: string; readonly why: string }[] };
  };
  const of = (rule: string): string[] => findings.filter((one) => one.rule === rule).map(({ claim }) => /purchase_\w+/.exec(claim)?.[0] ?? claim);
  expect(of("unused-index")).toEqual(["purchase_total"]);
  expect(of("redundant-index")).toEqual(["purchase_customer"]);
  expect(of("duplicate-index")[0]).toMatch(/^purchase_code/);
  for (const one of findings) expect(one.evidence.find(({ kind }) => kind === "planned")?.note).toMatch(/4 statements planned without it by PostgreSQL 15/);
  const kept = JSON.stringify(coverage);
  expect(kept).toMatch(/public\.purchase_placed/);
  expect(kept).toMatch(/is kept: without it statement \d+ \(1 call\) would cost/);
});

test("the advisor prints what each index is for, however rare", async () => {
  const folder = project();
  const { stdout } = await run(["advise", "indexes", folder], folder);
  expect(stdout).toMatch(/No planned statement uses; whether one may go depends on its counters too\n(?: {2}.*\n)*? {2}public\.purchase_total\n/);
  // Where a line is broken hangs on how long its figures are.
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(
    /Needed .*public\.purchase_placed: without it 1 statement would suffer, the worst [\d.,]+ -> [\d.,]+ SELECT sum\(\) of purchase/,
  );
});
