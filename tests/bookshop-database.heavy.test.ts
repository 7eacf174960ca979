/** Luthier's findings on the example project's database, held to the list of what was planted there. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyse } from "../src/analyse.ts";
import type { Finding, Report, Snapshot, StatementCounters } from "../src/model/index.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { bookshop, isNear, isOn, knownDatabaseGaps, planted, type Marked, type Planted } from "./support/bookshop.ts";
import { livedInBookshop, type LivedIn } from "./support/bookshop-database.ts";
import { withGiven } from "./support/given.ts";

/** Enough for statistics with common values and histograms; few enough for a test. */
const ROWS = 20_000;

/** Sizes from which a rule speaks, brought down to this small shop's. What is asked of the shapes of things stays as it is. */
const THRESHOLDS: Readonly<Record<string, number>> = {
  "missing-foreign-key-index": 500,
  "unused-index.bytes": 16_384,
  "useless-like-index.bytes": 8192,
  "bloated-index.small": 16_384,
  "bloated-index.share": 0.5,
  "null-heavy-index.bytes": 16_384,
  "constant-column-index.bytes": 16_384,
  "over-indexed-table.bytes": 16_384,
  "brin-index.bytes": 65_536,
  "blocking-index-migration": 1000,
  "partial-index.rows": 100,
  "covering-index.rows": 100,
  "covering-index": 2,
  "covering-index.visible": 0,
  "covering-index.share": 0,
  "partial-index.share": 0,
  "gin-index.share": 0,
  "pattern-ops-index.share": 0,
  "expression-index.share": 0,
  "gin-index.rows": 100,
  "pattern-ops-index.rows": 100,
  "expression-index.rows": 100,
  "column-padding.bytes": 1000,
  "low-cardinality-text": 1000,
  "never-null-nullable": 1000,
  "integer-primary-key": 1000,
  "sparse-columns.rows": 100,
  "uuid-as-text": 1000,
  "random-uuid-key.rows": 100,
  "top-statements.ms": 1,
  "denormalise-aggregate.ms": 1,
  "denormalise-aggregate": 0,
  "partition-candidate": 1000,
  // How long each statement takes here is the machine's; which of them name the key is not.
  "partition-candidate.time": 0,
  "offset-pagination": 100,
  "count-pagination": 100,
  "unbounded-queryset.large": 100,
  "functional-dependency.repeats": 10,
  "wide-row-split.calls": 1,
  "wide-row-split.hot": 100,
  "brin-index.changed": 10,
  "oversized-integer.rows": 100,
  "materialised-view-candidate": 0,
  "materialised-view-candidate.rows": 1000,
  "materialised-view-candidate.ms": 0,
  "plan.ms": 0,
  "plan-bitmap-and": 0,
  "plan-bitmap-and.entries": 100,
  "plan-blocks-per-row.share": 0,
  "plan-blocks-per-row": 10,
  "plan-cold-cache": 10,
  "plan-cold-cache.share": 0,
  "plan-distinct": 100,
  "plan-distinct.share": 0,
  "plan-hash-spill": 1,
  "plan-heap-fetches": 50,
  "plan-inefficient-index": 50,
  "plan-join-filter": 500,
  "plan-lossy-bitmap": 1,
  "plan-memoize-thrash": 10,
  "plan-memoize-thrash.hits": 0.95,
  "plan-nested-loop": 20,
  "plan-not-in": 1000,
  "plan-offset": 500,
  "plan-planning-time": 0.2,
  "plan-planning-time.share": 0,
  "plan-rows-removed": 500,
  "plan-sort-spill": 1,
  "plan-subplan-loops": 100,
  "plan-temp-io": 1,
  "plan-temp-io.share": 0,
  "plan-too-many-partitions": 2,
  "plan-triggers.ms": 0.1,
  "plan-unstable.share": 0,
  "plan-wide-rows": 100000,
  "plan-wrong-index-for-limit": 100,
  "plan-misestimate": 10,
  "plan-misestimate.rows": 20,
  "table-bloat": 16384,
  "never-analysed": 10,
  "plan-triggers": 0.05,
  "top-statements": 0.01,
  "top-statements.count": 50,
  "xmin-held": 5,
  "materialised-view-candidate.answer": 0.05,
  "function-on-column": 100,
  "function-on-column.share": 0,
  "implicit-cast": 100,
  "implicit-cast.share": 0,
  "or-across-relations": 100,
  "or-across-relations.share": 0,
  "low-hot-updates.updates": 500,
  "sort-without-index": 100,
  "partition-key-unused": 1,
  "cache-candidate.share": 0,
  // A tree of 64 genres takes the server a tenth of a millisecond: a cache next door is assumed that is faster still.
  "cache-candidate.get": 0.01,
  "cache-candidate.set": 0.01,
  "cache-candidate.remove": 0.01,
  "cache-candidate.count": 100,
};

/** A provider's calls of forty days. */
const BUSY = {
  sql: 'SELECT "orders_payment"."id", "orders_payment"."order_id", "orders_payment"."amount", "orders_payment"."fee", "orders_payment"."provider", "orders_payment"."provider_reference", "orders_payment"."paid_at", "orders_payment"."response", "orders_payment"."country" FROM "orders_payment" WHERE "orders_payment"."provider_reference" = $1 ORDER BY "orders_payment"."id" ASC LIMIT $2',
  calls: 400_000,
  totalMs: 160_000,
};

/** What only planning tells, or a statement that is asked all day. */
const OF_BUSY: ReadonlySet<string> = new Set(["missing-index", "materialised-view-candidate"]);

/** How often the office opens its page of sales, in forty days. */
const SALES = { ofTable: "orders_orderline", like: /AS "order__placed_at__month"/, calls: 6000 };
/** Entries that were read from the disk each time, and a day's logins that took a third of it before. */
const ENTRIES = { ofTable: "orders_auditentry", like: /"action" = /, calls: 20, meanMs: 0.1, sharedRead: 20_000, sharedHit: 100 };
const LOGINS = { ofTable: "customers_loginevent", like: /"at" >= .*"at" < /, calls: 100, meanMs: 3 };
const LOGINS_BEFORE = { ...LOGINS, calls: 50, meanMs: 1 };
const AGED = "-- given: age = 40\n-- given: table orders_auditentry xidAge = 1200000000";

const judging = new Set((await loadRules()).filter((rule) => rule.judge !== undefined || rule.audit !== undefined).map((rule) => rule.meta.id));
const cases = planted.filter((row) => judging.has(row.rule) && row.evidence.includes("D"));
const GAPS = Object.keys(knownDatabaseGaps);
const nameOf = (row: Planted): string => `${row.rule} ${row.id}`;

let lived: LivedIn;
let report: Report;
/** With the workload planned without each index that can go. */
let planned: Report;

beforeAll(async () => {
  lived = await livedInBookshop(ROWS, bookshop, { office: true });
  const aged = withGiven(lived.snapshot, AGED);
  const snapshot = counted(counted(aged, ENTRIES), LOGINS);
  const database = { snapshot, earlier: counted(aged, LOGINS_BEFORE), file: ".luthier/snapshot.json.gz", logged: [], ...lived.logged, stamp: "lived-in" };
  const options = { root: bookshop, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: THRESHOLDS, database };
  report = await analyse(options, () => {});
  // The shop was played on once; whether an index pays is a question of how often its statement comes.
  const busy = {
    ...database,
    plans: [],
    snapshot: counted(withGiven(lived.snapshot, `-- given: age = 40\n-- given: statement ${JSON.stringify(BUSY)}`), SALES),
    stamp: "busy",
  };
  planned = await analyse({ ...options, database: busy, phantom: { seconds: 45 } }, () => {});
});
afterAll(() => lived.stop());

describe("indexes that can go, planned", () => {
  const REMOVALS = ["unused-index", "redundant-index", "duplicate-index"];
  const removals = ({ findings }: Report): readonly Finding[] => findings.filter(({ rule }) => REMOVALS.includes(rule));

  test("those that are still reported have the workload's cost without them as evidence", () => {
    expect(removals(planned).length).toBeGreaterThan(5);
    expect(
      removals(planned)
        .filter(({ evidence }) => !evidence.some(({ kind }) => kind === "planned"))
        .map(({ claim }) => claim),
    ).toEqual([]);
  });

  test("those that are not are kept for a statement that is named", () => {
    const kept = removals(report).filter(({ id }) => !planned.findings.some((one) => one.id === id));
    const reasons = planned.coverage.unknown.filter(({ rule, object }) => REMOVALS.includes(rule) && object !== undefined);
    const objects = kept.flatMap(({ places }) => places.slice(0, 1).map(({ object = "" }) => object));
    expect(objects.filter((object) => !reasons.some((one) => one.object?.includes(object) && /cost/.test(one.why)))).toEqual([]);
  });
});

describe("indexes that rules propose, planned", () => {
  const PROPOSING = ["partial-index", "covering-index", "brin-index", "gin-index", "pattern-ops-index", "expression-index"];
  /** But for those that advise another question in place of an index. */
  const proposing = ({ findings }: Report): readonly Finding[] =>
    findings.filter(({ rule, message, fixes }) => PROPOSING.includes(rule) && fixes.length > 0 && !/ Ask by /.test(message));

  test("those that are still reported have both plans, or the reason for which there are none is said", () => {
    const bare = proposing(planned).filter(({ evidence }) => !evidence.some(({ kind }) => kind === "planned"));
    const reasons = planned.coverage.unknown.filter(({ rule, why }) => PROPOSING.includes(rule) && /^needs (?:plans|values)/.test(why));
    expect(proposing(planned).length).toBeGreaterThan(bare.length);
    expect(
      bare
        .filter(
          ({ rule, places }) =>
            !reasons.some((one) => one.rule === rule && places.some(({ object = "" }) => object !== "" && one.object?.endsWith(object) === true)),
        )
        .map(({ rule, claim }) => `${rule} ${claim}`),
    ).toEqual([]);
  });

  test("those that are not are withdrawn with the costs", () => {
    const gone = proposing(report).filter(({ id }) => !planned.findings.some((one) => one.id === id));
    const reasons = planned.coverage.unknown.filter(({ rule, why }) => PROPOSING.includes(rule) && /cost/.test(why));
    expect(
      gone
        .filter(
          ({ rule, places }) =>
            !reasons.some((one) => one.rule === rule && places.some(({ object = "" }) => object !== "" && one.object?.endsWith(object) === true)),
        )
        .map(({ rule, claim }) => `${rule} ${claim}`),
    ).toEqual([]);
  });
});

describe("what is planted is found", () => {
  test.each(cases.filter((row) => !GAPS.includes(nameOf(row))).map((row) => [nameOf(row), row] as const))("%s", (_, row) => {
    const own = findingsOf(row.rule);
    expect(own.filter((finding) => isAbout(finding, row)).length, describeAll(own)).toBeGreaterThan(0);
  });

  test("but for the known gaps, all of which are still open", () => {
    const open = cases.filter((row) => !findingsOf(row.rule).some((finding) => isAbout(finding, row))).map(nameOf);
    expect(GAPS.filter((name) => !open.includes(name))).toEqual([]);
  });

  test("and each of them says why", () => {
    expect(Object.values(knownDatabaseGaps).filter((reason) => reason.trim().length < 20)).toEqual([]);
  });
});

describe("what only looks like it is not", () => {
  test("text beside varchar: columns of both are looked at, and neither is to become the other", () => {
    const examined = report.coverage.sections.map(({ examined }) => examined);
    expect(examined.join("\n")).toMatch(/[1-9]\d* text and [1-9]\d* varchar columns, none of which gains/);
    expect(describeAll(findingsOf("text-or-varchar"))).toBe("");
  });

  test.each(cases.map((row) => [nameOf(row), row] as const))("%s", (_, row) => {
    expect(describeAll(findingsOf(row.rule).filter((finding) => finding.confidence !== "possible" && isOnTwin(finding, row.twin)))).toBe("");
  });
});

function findingsOf(rule: string): readonly Finding[] {
  return (OF_BUSY.has(rule) ? planned : report).findings.filter((finding) => finding.rule === rule);
}

/** The case's own line is among its places, or the object that stands for it. */
function isAbout(finding: Finding, row: Planted): boolean {
  return row.object === undefined ? isNear(finding, row) : namesObject(finding, row.object);
}

function isOnTwin(finding: Finding, twin: Marked): boolean {
  return twin.object === undefined ? isOn(finding, twin) : namesObject(finding, twin.object);
}

function namesObject({ places, claim }: Finding, name: string): boolean {
  return places.some(({ object = "" }) => object.includes(name)) || claim.includes(name);
}

function describeAll(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ claim, confidence, places }) =>
        `${confidence}: ${claim} ${places.map(({ role, object, file, line }) => `${role} ${object ?? `${file}:${line}`}`).join(", ")}`,
    )
    .join("\n");
}

interface Counted {
  readonly ofTable: string;
  readonly like: RegExp;
  readonly calls: number;
  readonly meanMs?: number;
  readonly sharedRead?: number;
  readonly sharedHit?: number;
}

/** A statement that was played a few times, as if it were asked so often: all else of it grows with its calls. */
function counted(snapshot: Snapshot, { ofTable, like, calls, meanMs, ...blocks }: Counted): Snapshot {
  const isMeant = ({ sql }: StatementCounters): boolean => sql.includes(` FROM "${ofTable}"`) && like.test(sql);
  const grown = (one: StatementCounters): StatementCounters => {
    const times = calls / one.calls;
    return { ...one, ...blocks, calls, rows: one.rows * times, meanMs: meanMs ?? one.meanMs, totalMs: (meanMs ?? one.meanMs) * calls };
  };
  const found = snapshot.servers.flatMap(({ statements }) => statements.filter(isMeant));
  if (found.length !== 1) throw new Error(`${found.length} statements of ${ofTable} like ${String(like)}`);
  return {
    ...snapshot,
    servers: snapshot.servers.map((server) => ({ ...server, statements: server.statements.map((one) => (isMeant(one) ? grown(one) : one)) })),
  };
}
