/** What rules propose beside indexes, planned on a phantom of a real PostgreSQL: with both plans where one becomes another, withdrawn with a reason where none does. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runRules, type Verdicts } from "../src/findings/run-rules.ts";
import type { Database, Evidence, Finding } from "../src/model/index.ts";
import { openDatabase } from "../src/open-database.ts";
import { readPlan } from "../src/postgres/plans/read-plan.ts";
import { proposedBy } from "../src/proposals.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { studyOn } from "../src/sources/study-database.ts";
import { withGiven } from "./support/given.ts";
import { execute, look, startDebian, withClient, type RunningServer } from "./support/servers.ts";

const WORLD = `
CREATE TABLE place (id int PRIMARY KEY, city text NOT NULL, code text NOT NULL, mixed int NOT NULL, note text NOT NULL);
INSERT INTO place SELECT n, 'city' || n % 30, 'code' || n % 30, n % 7, repeat('x', 40) FROM generate_series(1, 60000) n;
CREATE TABLE visit (id int PRIMARY KEY, place_id int NOT NULL, note text NOT NULL);
CREATE INDEX visit_place ON visit (place_id);
CREATE INDEX place_city ON place (city);
INSERT INTO visit SELECT n, n % 60000, repeat('y', 40) FROM generate_series(1, 120000) n;
CREATE TABLE event (id int NOT NULL, at date NOT NULL, kind int NOT NULL, note text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE event_3 PARTITION OF event FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
INSERT INTO event SELECT n, date '2026-01-01' + n % 90, n % 50, repeat('z', 40) FROM generate_series(1, 30000) n;
VACUUM ANALYZE`;

const TOGETHER = "SELECT v.note FROM place p JOIN visit v ON v.place_id = p.id WHERE p.city = 'city7' AND p.code = 'code7'";
const ALONE = "SELECT note FROM place WHERE city = 'city9' AND code = 'code9'";

const SEEN = `
-- given: age = 40
-- given: statement {"sql": "${TOGETHER}", "calls": 100, "rows": 40000, "totalMs": 5000}
-- given: statement {"sql": "${ALONE}", "calls": 100, "rows": 20000, "totalMs": 5000}
-- given: statement {"sql": "SELECT count(*) FROM event WHERE kind = 3", "calls": 500, "rows": 500, "totalMs": 5000}
-- given: statement {"sql": "SELECT p.note FROM place p JOIN visit v ON v.place_id = p.id ORDER BY v.note", "calls": 10, "rows": 1000, "totalMs": 5000, "tempWritten": 30000, "tempRead": 30000}
-- given: server counters.database.temporaryBytes = 900000000000
-- given: server counters.database.temporaryFiles = 9000`;

let server: RunningServer;
let database: Database;
let before: Verdicts;
let after: Verdicts;

const RULES = ["plan-misestimate", "partition-key-unused", "server-settings"];
const THRESHOLDS = { "plan.ms": 0, "plan-misestimate": 5 };

beforeAll(async () => {
  server = await startDebian({ settings: { autovacuum: "off" } });
  for (const statement of WORLD.split(/;\n/)) await execute(server.cluster.url, statement);
  const plans = await withClient(server.cluster.url, async (client) => {
    const all = [];
    for (const sql of [TOGETHER, ALONE]) {
      const { rows } = await client.query<{ "QUERY PLAN": readonly unknown[] }>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`);
      const plan = readPlan(rows[0]?.["QUERY PLAN"][0], { file: "plans.json", line: 1 });
      if (plan !== null) all.push({ ...plan, sql });
    }
    return all;
  });
  const snapshot = withGiven(await look(server.cluster.url), SEEN);
  const opened = await openDatabase({ snapshot, file: ".luthier/snapshot.json.gz", plans, logged: [], stamp: "places" }, null);
  const rules = (await loadRules()).filter(({ meta }) => RULES.includes(meta.id));
  before = runRules(rules, { source: null, database: opened, thresholds: THRESHOLDS });
  const { indexes, changes } = proposedBy(rules, opened, null, THRESHOLDS);
  database = { ...opened, study: await studyOn(opened, { seconds: 20, proposals: indexes, changes }) };
  after = runRules(rules, { source: null, database, thresholds: THRESHOLDS });
});
afterAll(() => server.stop());

const of = ({ findings }: Verdicts, rule: string): Finding[] => findings.filter((one) => one.rule === rule);
const planned = (finding: Finding | undefined): Evidence | undefined => finding?.evidence.find(({ kind }) => kind === "planned");

test("statistics of two columns together, made up from the rows that came, are planned with", () => {
  const [both, ...more] = of(before, "plan-misestimate");
  expect(more).toEqual([]);
  expect(both?.places.filter(({ role }) => role === "statement")).toHaveLength(2);
  const [finding] = of(after, "plan-misestimate");
  const evidence = planned(finding);
  expect(evidence?.note).toMatch(
    /^planned by PostgreSQL 15.* on a copy without rows, with statistics of city and code together: another plan, of cost [\d.,]+ instead of [\d.,]+; the statistics are made up so that the condition has the rows that it really had$/,
  );
  expect(evidence?.["planBefore"]).toMatch(/Nested Loop/);
  expect(evidence?.["planAfter"]).toMatch(/Hash Join/);
});

test("where the plan stays, the finding is withdrawn, and says so", () => {
  expect(of(after, "plan-misestimate")).toHaveLength(1);
  expect(after.unknown.filter(({ rule }) => rule === "plan-misestimate").map(({ why }) => why)).toEqual([
    "stays as it is: with statistics of city and code together the statement gets no other plan, as planned",
  ]);
});

test("a statement that reads all partitions is planned with a bound of their key", () => {
  const evidence = planned(of(after, "partition-key-unused")[0]);
  expect(evidence?.["planBefore"]).toMatch(/event_1.*event_2.*event_3/);
  expect(evidence?.["planAfter"]).not.toMatch(/event_1|event_2/);
  expect(Number(evidence?.["costAfter"])).toBeLessThan(Number(evidence?.["costBefore"]) * 0.5);
});

test("a setting is planned with over the whole workload", () => {
  const finding = of(after, "server-settings").find(({ places }) => places[0]?.object === "work_mem");
  expect(database.study?.changes?.find(({ proposal }) => proposal.kind === "setting")?.statements).toHaveLength(4);
  expect(planned(finding)?.note).toMatch(/^planned by PostgreSQL 15.* on a copy without rows, with work_mem = \d+(MB|GB): /);
});
