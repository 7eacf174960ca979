/** Indexes that rules propose, each planned on a phantom of a real PostgreSQL: with proof where a plan gains, withdrawn with a reason where none does. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { advisor } from "../src/advisors/indexes/advisor.ts";
import { NO_DEPLOYMENT } from "../src/deployment/no-deployment.ts";
import { runRules, type Verdicts } from "../src/findings/run-rules.ts";
import type { Database, Finding } from "../src/model/index.ts";
import { openDatabase } from "../src/open-database.ts";
import { proposedBy } from "../src/proposals.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { studyOn } from "../src/sources/study-database.ts";
import { withGiven } from "./support/given.ts";
import { execute, look, startDebian, type RunningServer } from "./support/servers.ts";

const SHOP = `
CREATE TABLE job (id bigint PRIMARY KEY, done boolean NOT NULL, due timestamptz NOT NULL, note text NOT NULL);
INSERT INTO job SELECT n, n % 50 <> 0, now() + (n * 7919 % 40000) * interval '1 minute', repeat('x', 60) FROM generate_series(1, 40000) n;
CREATE TABLE line (id bigint PRIMARY KEY, book_id int NOT NULL, quantity int NOT NULL, remark text NOT NULL);
CREATE INDEX line_book ON line (book_id);
INSERT INTO line SELECT n, n % 100, n % 9, repeat('a remark ', 10) FROM generate_series(1, 40000) n;
CREATE TABLE book (id bigint PRIMARY KEY, title text NOT NULL, code text COLLATE "en-x-icu" NOT NULL, subtitle text COLLATE "en-x-icu" NOT NULL, email text NOT NULL);
INSERT INTO book SELECT n, md5(n::text) || ' ' || md5((n + 1)::text), md5((n + 2)::text), 'The subtitle ' || n, n || '@example.org' FROM generate_series(1, 40000) n;
CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, seen timestamptz NOT NULL, note text NOT NULL);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_seen ON event (seen);
INSERT INTO event SELECT n, '2026-01-01'::timestamptz + n * interval '1 minute', '2026-01-01'::timestamptz + n * interval '1 minute', repeat('x', 60) FROM generate_series(1, 40000) n;
CREATE TABLE visit (id bigint PRIMARY KEY, seen timestamptz NOT NULL, facts jsonb NOT NULL, plain jsonb NOT NULL, note text NOT NULL);
INSERT INTO visit SELECT n, '2026-01-01'::timestamptz + n * interval '20 minutes', jsonb_build_object('colour', 'c' || n % 4000), jsonb_build_object('kind', 1), repeat('x', 60) FROM generate_series(1, 40000) n;
VACUUM ANALYZE`;

const SEEN = `
-- given: age = 40
-- given: table event counters.inserted = 40000
-- given: table line relallvisible = 700
-- given: statement {"sql": "SELECT id FROM job WHERE NOT done ORDER BY due LIMIT 10", "calls": 100, "rows": 1000, "totalMs": 5000}
-- given: statement {"sql": "SELECT sum(quantity) FROM line WHERE book_id = 7", "calls": 100, "rows": 100, "totalMs": 5000}
-- given: statement {"sql": "SELECT id FROM book WHERE UPPER(title::text) LIKE UPPER('%beefcafe%')", "calls": 100, "rows": 10, "totalMs": 5000}
-- given: statement {"sql": "SELECT id FROM book WHERE code LIKE 'abc12%'", "calls": 100, "rows": 10, "totalMs": 5000}
-- given: statement {"sql": "SELECT id FROM book WHERE subtitle LIKE 'The%'", "calls": 100, "rows": 4000000, "totalMs": 5000}
-- given: statement {"sql": "SELECT id FROM book WHERE UPPER(email::text) = UPPER('7@example.org')", "calls": 100, "rows": 100, "totalMs": 5000}
-- given: statement {"sql": "SELECT count(note) FROM event WHERE at > '2026-01-02'", "calls": 10, "rows": 10, "totalMs": 5000}
-- given: statement {"sql": "SELECT count(note) FROM event WHERE seen > '2026-01-28 10:00' AND seen < '2026-01-28 10:20'", "calls": 10, "rows": 10, "totalMs": 5000}
-- given: statement {"sql": "SELECT id FROM visit WHERE (facts -> 'colour') = '\\"c77\\"'::jsonb", "calls": 100, "rows": 1000, "totalMs": 5000}
-- given: statement {"sql": "SELECT id FROM visit WHERE (plain -> 'kind') = '1'::jsonb", "calls": 100, "rows": 2000000, "totalMs": 5000}
-- given: statement {"sql": "SELECT id FROM visit WHERE (visit.seen AT TIME ZONE 'UTC')::date = '2026-03-04'", "calls": 100, "rows": 7200, "totalMs": 5000}
-- given: statement {"sql": "SELECT sum(id) FROM visit WHERE EXTRACT(MONTH FROM visit.seen AT TIME ZONE 'UTC') > 1", "calls": 100, "rows": 100, "totalMs": 5000}`;

const THRESHOLDS = { "brin-index.bytes": 65_536 };

let server: RunningServer;
let database: Database;
let before: Verdicts;
let after: Verdicts;

beforeAll(async () => {
  server = await startDebian();
  for (const statement of SHOP.split(/;\n/)) await execute(server.cluster.url, statement);
  const snapshot = withGiven(await look(server.cluster.url), SEEN);
  const opened = await openDatabase({ snapshot, file: ".luthier/snapshot.json.gz", plans: [], logged: [], stamp: "shop" }, null);
  const rules = (await loadRules()).filter(({ proposes }) => proposes === true);
  before = runRules(rules, { source: null, database: opened, thresholds: THRESHOLDS });
  database = { ...opened, study: await studyOn(opened, { seconds: 20, proposals: proposedBy(rules, opened, null, THRESHOLDS).indexes }) };
  after = runRules(rules, { source: null, database, thresholds: THRESHOLDS });
});
afterAll(() => server.stop());

const ids = ({ findings }: Verdicts): string[] => findings.map(({ rule, claim }) => `${rule} ${claim}`).toSorted();
const one = (rule: string): Finding | undefined => after.findings.find((finding) => finding.rule === rule);
const plannedOf = (finding: Finding | undefined): Finding["evidence"][number] | undefined => finding?.evidence.find(({ kind }) => kind === "planned");

test("six rules propose indexes, and each proposal was planned", () => {
  expect([...new Set(before.findings.map(({ rule }) => rule))].toSorted()).toEqual([
    "brin-index",
    "covering-index",
    "expression-index",
    "gin-index",
    "partial-index",
    "pattern-ops-index",
  ]);
  expect(database.study?.proposals?.map(({ refused }) => refused)).toEqual(before.findings.map(() => null));
});

test.each([
  ["partial-index", /Seq Scan on job/, /job_due_.*idx/],
  ["covering-index", /Bitmap Index Scan on line_book \(/, /Index Only Scan on line by line_book/],
  ["gin-index", /Seq Scan on book/, /Bitmap Index Scan on \w*title\w*/],
  ["pattern-ops-index", /Seq Scan on book/, /code/],
  ["expression-index", /Seq Scan on book/, /email/],
])("%s carries both plans and its costs", (rule, was, becomes) => {
  const evidence = plannedOf(one(rule));
  expect(evidence?.["planBefore"]).toMatch(was);
  expect(evidence?.["planAfter"]).toMatch(becomes);
  expect(Number(evidence?.["costAfter"])).toBeLessThan(Number(evidence?.["costBefore"]) * 0.9);
  expect(evidence?.note).toMatch(/^planned by PostgreSQL 15.* by itself, with/);
  expect(one(rule)?.doubt).not.toMatch(/not compared/);
  expect(one(rule)?.doubt).toMatch(/costs are the planner's, not time/);
  expect(one(rule)?.places.find(({ role }) => role === "statement")?.label).toMatch(/, cost [\d,.]+ to [\d,.]+$/);
});

const about = (word: string): Finding | undefined => after.findings.find(({ claim }) => claim.includes(word));

test("a key inside a document is planned with GIN as the statement would ask then", () => {
  const finding = about("a key inside `visit.facts`");
  expect(plannedOf(finding)?.["planBefore"]).toMatch(/Seq Scan on visit/);
  expect(plannedOf(finding)?.["planAfter"]).toMatch(/Bitmap Index Scan on \w*facts\w*/);
  expect(finding?.doubt).toMatch(/planned as 1 statement would ask then/);
});

test("the day of a time in one time zone is planned with an index on the expression", () => {
  const finding = about("the day of seen");
  expect(plannedOf(finding)?.["planAfter"]).toMatch(/visit_seen_date_idx/);
  expect(Number(plannedOf(finding)?.["costAfter"])).toBeLessThan(Number(plannedOf(finding)?.["costBefore"]) * 0.9);
  expect(finding?.fixes[0]?.sql?.forward[0]).toMatch(
    /^CREATE INDEX CONCURRENTLY "visit_seen_date_idx" ON .*"visit" USING btree \(+"seen" AT TIME ZONE 'UTC'\)::date\)+$/,
  );
});

test("an operator class of an extension that the database does not have is planned with it, and the search is not", () => {
  expect(one("gin-index")?.doubt).toMatch(/made with extension pg_trgm, which the database does not have yet/);
  expect(database.study?.added.filter(({ label }) => label.includes("trgm"))).toEqual([]);
});

test("a smaller index in place of a larger one is proposed where no statement costs more", () => {
  expect(after.findings.filter(({ rule }) => rule === "brin-index").map(({ places }) => places[0]?.object)).toEqual(["public.event_at"]);
  expect(plannedOf(one("brin-index"))?.note).toMatch(/in place of `event_at`: none of 2 statements of the table costs 5 % more/);
  expect(plannedOf(one("brin-index"))?.["costAfter"]).toBeGreaterThan(0);
});

test("what no plan gains by is withdrawn, with the figures", () => {
  expect(
    ids(before)
      .filter((id) => !ids(after).includes(id))
      .map((id) => /^\S+/.exec(id)?.[0]),
  ).toEqual(["brin-index", "expression-index", "gin-index", "pattern-ops-index"]);
  expect(after.unknown.find(({ object, why }) => object === "table public.visit" && why.includes("jsonb_path_ops"))?.why).toMatch(
    /^gets no index on `visit USING gin \("plain" jsonb_path_ops\)`: with it, 1 statement would cost/,
  );
  expect(after.unknown.find(({ object }) => object === "index public.event_seen")?.why).toMatch(
    /^is kept: with the smaller one, statement \S+ \(10 calls\) would cost [\d,.]+ in place of [\d,.]+, as planned$/,
  );
  expect(after.unknown.find(({ object }) => object === "table public.book")?.why).toMatch(
    /^gets no index on `book USING btree \("subtitle" text_pattern_ops\)`: with it, 1 statement would cost/,
  );
});

test("the section draws both plans of what the choice of indexes does not hold", async () => {
  const [advice] = await advisor.advise({ source: null, deployment: NO_DEPLOYMENT, database, recording: null, thresholds: {}, findings: [] });
  const drawn = (advice?.plots ?? []).filter((plot) => plot.kind === "plans");
  const alone = drawn.filter(({ question }) => question.includes(" alone"));
  expect(alone.length).toBeGreaterThan(0);
  for (const { before: was, after: becomes, change } of alone) {
    expect(JSON.stringify(becomes?.root)).not.toBe(JSON.stringify(was.root));
    expect(change).toMatch(/^CREATE INDEX "(?!luthier_)/);
  }
});
