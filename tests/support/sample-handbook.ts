import type { Advice } from "../../src/model/advice.ts";
import type { Evidence, Finding, Rung } from "../../src/model/finding.ts";
import type { Change, Gain, Handbook, HandbookSection } from "../../src/model/handbook.ts";
import type { Report } from "../../src/model/report.ts";
import type { HandbookContext } from "../../src/report/handbook/html/context.ts";
import { shortIds } from "../../src/select/short-id.ts";
import { SAMPLE_ADVICE } from "./sample-advice.ts";
import { SAMPLE_PLOTS } from "./sample-plots.ts";
import { SAMPLE_FILES, SAMPLE_FINDINGS, SAMPLE_REPORT, sampleContext } from "./sample-report.ts";

/** What is proven, planned, measured or a risk, beside the sample report's findings of source and recording. */
const MORE: readonly Finding[] = [
  {
    ...base("p81c", "missing-index", "1.2"),
    confidence: "likely",
    claim: "A customer's newest orders are found by sorting all their orders: 412 calls a minute, 8.6 s.",
    doubt: "customers with fewer than 20 orders (61 %) gain nothing",
    places: [
      { role: "statement", object: "0x5d1e", file: "snapshot.json", line: 0, column: 0, endLine: 0, endColumn: 0, label: "412 calls a minute" },
      { role: "table", object: "public.shop_order", file: "snapshot.json", line: 0, column: 0, endLine: 0, endColumn: 0, label: "4.1 M rows, 1.9 GB" },
    ],
    evidence: [
      { kind: "planned", note: "cost 9,418 → 86 on production's statistics; the same plan at `random_page_cost` 1.1" },
      { kind: "recorded", note: "412 calls a minute in `pg_stat_statements`, 18 days" },
    ],
    impact: { milliseconds: { before: 8600, per: "minute" }, bytes: { before: 126e6 } },
    fixes: [
      {
        title: "index by customer, newest first",
        kind: "migration",
        safety: "review",
        edits: [
          {
            file: "shop/migrations/0043_order_customer_newest.py",
            start: 0,
            end: 0,
            expected: "",
            text: 'from django.contrib.postgres.operations import AddIndexConcurrently\nfrom django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    atomic = False\n    dependencies = [("shop", "0042_order_channel")]\n    operations = [\n        AddIndexConcurrently("order", models.Index("customer", "-placed_at", name="order_customer_newest")),\n    ]\n',
          },
        ],
        migration: { lock: "SHARE UPDATE EXCLUSIVE", duration: "about 40 s for 1.9 GB", rollback: "DROP INDEX CONCURRENTLY order_customer_newest" },
        sql: {
          forward: ["CREATE INDEX CONCURRENTLY order_customer_newest ON shop_order (customer_id, placed_at DESC)"],
          reverse: ["DROP INDEX CONCURRENTLY order_customer_newest"],
          isTransactional: false,
        },
      },
      {
        title: "a BRIN index by placed_at",
        kind: "sql",
        safety: "advice",
        edits: [],
        sql: { forward: ["CREATE INDEX CONCURRENTLY order_placed_brin ON shop_order USING brin (placed_at)"], reverse: [], isTransactional: false },
      },
    ],
  },
  {
    ...base("u5e0", "unused-index", "1.2"),
    severity: "info",
    claim: "Index `shop_order_reference_of_the_old_catalogue_6658fa84_like` (168 MB) has not been scanned in 18 days on the primary.",
    doubt: "the replica was not read; a monthly report falls outside of 18 days",
    places: [{ role: "index", object: "public.shop_order_reference_like", file: "snapshot.json", line: 0, column: 0, endLine: 0, endColumn: 0 }],
    evidence: [{ kind: "planned", note: "no statement of 1,204 changes its plan without it" }],
    impact: { bytes: { before: 168e6 } },
    fixes: [
      {
        title: "drop the index",
        kind: "sql",
        safety: "review",
        edits: [],
        sql: {
          forward: ["DROP INDEX CONCURRENTLY shop_order_reference_like"],
          reverse: ["CREATE INDEX CONCURRENTLY shop_order_reference_like ON shop_order (reference varchar_pattern_ops)"],
          isTransactional: false,
        },
      },
    ],
  },
  {
    ...base("v3ac", "dead-tuples", "5.1"),
    claim: "`shop_orderline` holds 3.1 M dead rows, 2.1 times its trigger of autovacuum.",
    doubt: "one look: whether it grows is not known",
    places: [{ role: "table", object: "public.shop_orderline", file: "snapshot.json", line: 0, column: 0, endLine: 0, endColumn: 0 }],
    evidence: [{ kind: "measured", note: "`pg_stat_user_tables`, 2026-11-22 15:31", rows: 3_100_000 }],
    impact: { milliseconds: { before: 900, per: "minute" } },
    fixes: [
      {
        title: "vacuum it at 2 % instead of 20 %",
        kind: "sql",
        safety: "review",
        edits: [],
        sql: {
          forward: ["ALTER TABLE shop_orderline SET (autovacuum_vacuum_scale_factor = 0.02)"],
          reverse: ["ALTER TABLE shop_orderline RESET (autovacuum_vacuum_scale_factor)"],
          isTransactional: true,
        },
      },
    ],
  },
  {
    ...base("z19f", "connection-budget", "4.2"),
    severity: "error",
    claim: "The app can ask for 222 connections; the server allows 200. The recorded peak was 96.",
    doubt: "hosts are counted from `compose.yaml`; an autoscaler would add to them",
    places: [{ role: "setting", object: "max_connections", file: "snapshot.json", line: 0, column: 0, endLine: 0, endColumn: 0, label: "200" }],
    evidence: [{ kind: "recorded", note: "6 hosts × 5 processes × 6 threads; peak of 96 in `pg_stat_activity`" }],
    impact: {},
    fixes: [{ title: "a pool of 3 per process", kind: "config", safety: "review", edits: [] }],
  },
  {
    ...base("c7b1", "cache-candidate", "2.3"),
    claim: "The bestseller list is asked 228 times a minute and changes 9 times: 3.8 s of database time.",
    doubt: "replayed from 41 minutes of one staging host",
    places: [{ role: "statement", object: "0x77af", file: "snapshot.json", line: 0, column: 0, endLine: 0, endColumn: 0, label: "228 calls a minute" }],
    evidence: [{ kind: "measured", note: "replayed 9,214 recorded calls and 388 writes" }],
    impact: { milliseconds: { before: 3800, per: "minute" } },
    fixes: [{ title: "cache the list for 60 s", kind: "edit", safety: "review", edits: [] }],
  },
];

function base(id: string, rule: string, chapter: string): Omit<Finding, "claim" | "doubt" | "places"> {
  return { id: `${id}0123456789`, rule, chapter, severity: "warning", confidence: "certain", message: "", evidence: [], impact: {}, fixes: [] };
}

/** The orders list, rerun with its fix. */
const PROVEN: Evidence = {
  kind: "proven",
  note: "20 reruns each way with `pytest shop/tests/test_orders.py` on a copy; all 20 responses byte-equal",
  runs: 20,
  results: "equal",
};

const FINDINGS: readonly Finding[] = [
  ...SAMPLE_FINDINGS.map((finding): Finding =>
    finding.id.startsWith("k3f9")
      ? {
          ...finding,
          evidence: [...finding.evidence, PROVEN],
          impact: { statements: { before: 82, after: 32, per: "request" }, milliseconds: { before: 9800, after: 700, per: "minute" } },
        }
      : finding,
  ),
  ...MORE,
];

function gain(today: number, removed: number, range: readonly [number, number] = [removed, removed]): Gain {
  return { today, removed, low: range[0], high: range[1], marginal: removed, basis: "statement time × (1 − cost after / cost before)" };
}

function change(id: string, action: string, place: string, rung: Rung, facts: Partial<Change>): Change {
  const finding = FINDINGS.find((one) => one.id.startsWith(id));
  if (finding === undefined) throw new Error(`no finding ${id}`);
  return {
    finding: finding.id,
    rule: finding.rule,
    action,
    place,
    severity: finding.severity,
    confidence: finding.confidence,
    rung,
    gain: null,
    isRisk: false,
    safety: "safe",
    size: "1 line",
    after: [],
    patch: null,
    ...facts,
  };
}

const CHANGES: readonly Change[] = [
  change("k3f9", "Load `customer` and `address` with the orders list", "shop/views/orders.py:31", "proven", {
    gain: gain(9.8, 9.1),
    patch: "01-k3f9-orders-list.patch",
  }),
  change("p81c", "Index `shop_order` by customer, newest first", "table shop_order", "planned", {
    gain: gain(8.6, 7.9, [6.8, 8.3]),
    safety: "review",
    size: "1 migration",
    patch: "02-p81c-order-customer-newest.patch",
  }),
  change("k90a", "Count order lines in the orders query", "shop/templates/orders/_row.html:9", "proven", {
    gain: gain(4.9, 4.3),
    size: "2 lines in 1 file",
    after: [{ finding: `k3f90123456789`, why: "both edit the queryset of line 31" }],
    patch: "03-k90a-count-lines.patch",
  }),
  change("c7b1", "Cache the bestseller list for 60 s", "catalog/views/front.py:18", "measured", {
    gain: gain(3.8, 3.2),
    safety: "review",
    size: "14 lines in 2 files",
  }),
  change("m2d7", "Stop counting all orders on each page of the admin", "shop/admin.py:44", "recorded", {
    gain: gain(3.6, 3.1, [2.2, 3.4]),
    safety: "review",
    size: "6 lines in 1 file",
  }),
  change("b41e", "Prefetch authors where `Book` is printed", "catalog/models.py:62", "recorded", { gain: gain(2.6, 2.2, [1.4, 2.5]) }),
  change("v3ac", "Vacuum `shop_orderline` at 2 % dead rows", "table shop_orderline", "measured", {
    gain: gain(0.9, 0.6, [0.2, 0.8]),
    safety: "review",
    size: "1 statement of SQL",
  }),
  change("t7c2", "Drop unpublished books in the query", "catalog/search.py:90", "inferred", { safety: "advice", size: "" }),
  change("c0aa", "Count lines and coupons once each", "shop/reports.py:58", "inferred", { isRisk: true, safety: "review", size: "2 lines in 1 file" }),
  change("z19f", "Cap connections at 3 per process", "bookshop/settings/prod.py:88", "recorded", { isRisk: true, safety: "review", size: "4 lines in 1 file" }),
  change("u5e0", "Drop the unused `_like` index", "table shop_order", "planned", { safety: "review", size: "1 statement of SQL" }),
  change("o001", "Name `author` in `only()`", "catalog/views/list.py:27", "inferred", { safety: "safe", size: "1 line" }),
];

function section(number: string, title: string, facts: Partial<HandbookSection>): HandbookSection {
  const findings = FINDINGS.filter(({ chapter }) => chapter === number).map(({ id }) => id);
  return {
    section: number,
    title,
    state: findings.length > 0 ? "findings" : "clean",
    stateLine: findings.length > 0 ? `${findings.length} findings` : "41 tables were weighed",
    examined: "",
    missing: "",
    findings,
    advice: adviceOf(number),
    plots: SAMPLE_PLOTS[number] ?? [],
    corrections: [],
    pages: [],
    ...facts,
  };
}

function adviceOf(number: string): readonly Advice[] {
  return SAMPLE_ADVICE.filter((advice) => advice.section === number);
}

const SECTIONS: readonly HandbookSection[] = [
  section("1.1", "Normalization and Denormalization", {
    stateLine: "41 tables were weighed; no column repeats what a key already says",
    examined: "The nearest miss: `shop_order.customer_name` equals `shop_customer.name` in 91 % of 4.1 M rows",
  }),
  section("1.2", "Indexing Strategies", { stateLine: "2 findings: 2 planned. 1,187 of 1,204 statements give production's plan", pages: ["index-analysis.md"] }),
  section("1.3", "Data Type Selection", {
    corrections: [
      {
        advice: "use `varchar(n)` instead of `text`, it is smaller",
        truth: "both are stored alike; a length is a check, not a saving",
        shown: "`catalog_book.title` as `text` and as `varchar(200)`: 310,402 rows, 21.4 MB both ways",
      },
    ],
  }),
  section("1.4", "Partitioning", {
    stateLine: "The largest table, `shop_orderline` (2.9 GB), is read by key in 99.6 % of its calls; no partition key prunes more than 3 % of its time",
  }),
  section("1.5", "Using Views", { state: "failed", stateLine: "permission denied for view `monthly_sales`", examined: "`.luthier/tune.log`, line 41" }),
  section("2.1", "Query Profiling", {
    state: "partial",
    stateLine: "17 of 1,204 statements were left out: production's plan for them could not be reproduced",
    missing: "The rest is planned on a copy: luthier snapshot --db $COPY_URL",
  }),
  section("2.2", "Query Optimization Techniques", { stateLine: "3 findings: 1 recorded, 2 inferred" }),
  section("2.3", "Query Caching", { stateLine: "1 finding: 1 measured", pages: ["cache-analysis.md"] }),
  section("2.4", "Avoiding N+1 Query Problem", {
    stateLine: "3 findings: 1 proven, 2 recorded. 871 of 912 querysets followed",
    pages: ["n1-analysis.md", "n1-examples.md"],
  }),
  section("2.5", "Lazy Loading", {
    pages: ["lazy-loading-analysis.md", "lazy-loading-examples.md"],
    stateLine: "871 querysets were followed; none loads a relation lazily outside of 2.4",
  }),
  section("3.1", "Selecting Fields Wisely", {
    pages: ["orm-fields-analysis.md", "orm-fields-examples.md"],
    stateLine: "214 querysets feed templates; none reads fewer than half of the bytes it loads",
  }),
  section("3.2", "Using `select_related` and `prefetch_related`", { stateLine: "63 calls were weighed" }),
  section("3.3", "Queryset Optimization", { stateLine: "871 querysets were weighed" }),
  section("3.4", "Avoiding Unnecessary Joins", { stateLine: "1,204 statements were weighed; each join of 310 is read or filters" }),
  section("3.5", "Using `only()` and `defer()`", { stateLine: "4 findings: 4 inferred" }),
  section("4.1", "Connection Pooling Setup", { state: "findings", stateLine: "advice from 3 settings and 5 process models" }),
  section("4.2", "Managing Database Connections", { stateLine: "1 finding: 1 recorded" }),
  section("4.3", "Connection Timeouts", { stateLine: "5 timeouts were read from `prod.py` and `pg_settings`; they nest" }),
  section("5.1", "Vacuuming and Analyzing", { stateLine: "1 finding: 1 measured" }),
  section("5.2", "Autovacuum Configuration", { stateLine: "41 tables were weighed; 40 are vacuumed before their trigger" }),
  section("5.3", "Monitoring and Alerting", {
    state: "unknown",
    stateLine: "no exporter was named, so no rule can be linted",
    missing: "Name it: luthier tune --exporter postgres_exporter:0.15",
  }),
  section("6.1", "Caching Queries", { state: "findings", stateLine: "advice from 9,214 recorded calls", pages: ["cache-examples.md"] }),
  section("6.2", "Cache Invalidation", {
    pages: ["cache-invalidation.md"],
    stateLine: "12 write sites of `catalog_book` were found; 12 are seen by the invalidation",
  }),
  section("6.3", "Using Third-party Cache Libraries", { pages: ["third-party-possible-solutions.md"], stateLine: "2 libraries were weighed on 5 candidates" }),
  section("7.1", "Horizontal Scaling with Load Balancers", {
    state: "unknown",
    stateLine: "no load balancer was named in `compose.yaml`",
    missing: "Say how many hosts there are: luthier tune --hosts 6",
  }),
  section("7.2", "Vertical Scaling with Hardware Upgrades", { stateLine: "processor 31 %, disk 12 % busy in 18 days: nothing bounds the server" }),
  section("7.3", "Using Read Replicas", {
    state: "unknown",
    stateLine: "71 % of read time could move by what the code does; no replica was seen, so neither its lag nor its load is known",
    missing: "To say more: luthier snapshot --db $REPLICA_URL",
  }),
];

const REPORT: Report = {
  ...SAMPLE_REPORT,
  evidence: ["source", "recording", "database"],
  project: { ...SAMPLE_REPORT.project, models: 41, lines: 58_214 },
  findings: FINDINGS,
  silenced: { ignored: 3, baseline: 0, belowConfidence: 0 },
};

/** An invented handbook with every state, every plot and every rung in it. */
export const SAMPLE_HANDBOOK: Handbook = {
  at: "2026-11-22T16:00:00Z",
  project: { name: "bookshop", commit: "4f1c2ab", isDirty: false, django: "5.2", postgres: "16.4" },
  report: REPORT,
  shortIds: shortIds(FINDINGS),
  time: { unit: "s/min", total: 48, source: "`pg_stat_statements` of primary db:5432, 18 days from 2026-11-04 on" },
  headline:
    "Ten changes remove 30.4 of the 48.0 seconds of database time that bookshop uses each minute. 13.4 s of that is proven: the app was rerun with the change applied and gave equal results. Not seen: the replicas, and 41 of 912 querysets.",
  split: {
    kind: "split",
    question: "How much goes, and how sure?",
    answer: "30.4 of 48.0 s go: 13.4 s proven, 3.8 s measured, 7.9 s planned, 5.3 s recorded.",
    source: "the ten changes",
    unit: "s/min",
    parts: [
      { rung: "proven", value: 13.4 },
      { rung: "measured", value: 3.8 },
      { rung: "planned", value: 7.9 },
      { rung: "recorded", value: 5.3 },
      { rung: "remain", value: 17.6 },
    ],
    range: { low: 27.1, high: 33.9 },
  },
  changes: CHANGES,
  rests: [
    { kind: "source", isThere: true, what: "386 of 387 files; 871 of 912 querysets resolved", age: "", command: "" },
    { kind: "recording", isThere: true, what: "12,480 requests in 41 min, staging", age: "2 days old", command: "" },
    { kind: "snapshot", isThere: true, what: "14.2 GB, 41 tables, 96 indexes", age: "of 15:31", command: "" },
    { kind: "statements", isThere: true, what: "1,204 statements", age: "18 days", command: "" },
    { kind: "plans", isThere: true, what: "1,187 statements give production's plan", age: "", command: "" },
    {
      kind: "replicas",
      isThere: false,
      what: "two indexes look unused on the primary and are not judged",
      age: "",
      command: "luthier snapshot --db $REPLICA_URL",
    },
    {
      kind: "pooler",
      isThere: false,
      what: "its pools say how long a request waits for a connection",
      age: "",
      command: "luthier tune --pooler $PGBOUNCER_URL",
    },
  ],
  overview: SAMPLE_PLOTS["overview"] ?? [],
  sections: SECTIONS,
  since: {
    at: "2026-11-15T09:12:00Z",
    commit: "9be0d11",
    fixed: [{ id: "gone", rule: "n-plus-one", claim: "The author page loads each book's publisher separately: 14 extra queries a page." }],
    added: ["c7b10123456789", "u5e00123456789"],
    worse: [{ finding: "p81c0123456789", before: 6.9, now: 8.6 }],
  },
};

export function sampleHandbookContext(handbook: Handbook = SAMPLE_HANDBOOK): HandbookContext {
  return {
    ...sampleContext(handbook.report.findings),
    pathPrefix: "../",
    read: (file) => SAMPLE_FILES[file],
    assets: { style: "", script: "", planPage: "" },
    findingPage: ({ chapter, id }) => `chapter-${chapter.split(".")[0] ?? ""}.md#${handbook.shortIds.get(id) ?? ""}`,
    pages: [
      { file: "introduction.md", title: "Introduction" },
      { file: "conclusion.md", title: "Conclusion" },
    ],
  };
}

/** The same without anything that measured time. */
export function untimedHandbook(): Handbook {
  return {
    ...SAMPLE_HANDBOOK,
    time: null,
    split: null,
    since: null,
    overview: [],
    headline: "16 findings, 13 of them certain; no cost is known, because nothing was recorded.",
    changes: CHANGES.map((one) => ({ ...one, gain: null, rung: "inferred" })),
  };
}

/** Two thousand findings over all sections. */
export function largeHandbook(count = 2000): Handbook {
  const files = ["shop/views/orders.py", "catalog/models.py", "catalog/search.py", "shop/admin.py", "catalog/views/feed.py"];
  const many = Array.from({ length: count - FINDINGS.length }, (_, index): Finding => {
    const model = SAMPLE_FINDINGS[index % SAMPLE_FINDINGS.length] ?? FINDINGS[0];
    const chapter = SECTIONS[(index * 7) % SECTIONS.length]?.section ?? "2.4";
    if (model === undefined) throw new Error("no finding");
    return {
      ...model,
      id: `g${index.toString(36).padStart(5, "0")}0123456789`,
      chapter,
      claim: `View number ${index} of \`${files[index % files.length] ?? ""}\` loads each of its ${10 + (index % 90)} rows' relation separately.`,
    };
  });
  const findings = [...FINDINGS, ...many];
  const sections = SECTIONS.map((one): HandbookSection => {
    const ids = findings.filter(({ chapter }) => chapter === one.section).map(({ id }) => id);
    return { ...one, state: ids.length > 0 && one.state === "clean" ? "findings" : one.state, findings: ids };
  });
  const changes = [
    ...CHANGES,
    ...many.map((finding): Change => ({
      ...CHANGES[7],
      finding: finding.id,
      rule: finding.rule,
      action: `Change view ${finding.id}`,
      place: finding.places[0]?.file ?? "",
      severity: finding.severity,
      confidence: finding.confidence,
      rung: "recorded",
      gain: gain(0.02, 0.01),
      isRisk: false,
      safety: "review",
      size: "1 line",
      after: [],
      patch: null,
    })),
  ];
  return { ...SAMPLE_HANDBOOK, report: { ...REPORT, findings }, shortIds: shortIds(findings), sections, changes };
}
