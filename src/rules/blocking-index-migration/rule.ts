import { durationOf, PASSES } from "../../fixes/migrations/durations.ts";
import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, EditDraft, FixDraft, Judgement, Migration, Rule, RuleInput, Span } from "../../model/index.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { heapBytes, rowsOf } from "../database/index-figures.ts";
import { builtIndexes, type BuiltIndex } from "../database/migration-indexes.ts";
import { shortName, tableSpot } from "../database/names.ts";

/** This project's notes on PostgreSQL: a table is worth a thought from 10,000 rows on. */
const LEAST_ROWS = 10_000;
/** Ours: a million rows take a second or more, longer than clients wait unnoticed. */
const ERROR_ROWS = 1_000_000;

export const rule: Rule = {
  meta: {
    id: "blocking-index-migration",
    chapter: "1.2",
    summary: "A migration builds an index of a big table while nobody can write",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { source, database, thresholds } = input;
    if (source === null || source.migrations === undefined) return { drafts: [], unjudged: [{ object: "", why: "needs the project's migrations, which were not read" }], examined: "" };
    const built = builtIndexes(source, source.migrations, database);
    const verdicts = built.map((one) => judgeIndex(one, source, database, thresholds["blocking-index-migration"] ?? LEAST_ROWS));
    return { drafts: verdicts.flatMap((one) => one.drafts), unjudged: verdicts.flatMap((one) => one.unjudged), examined: `${source.migrations.migrations.length} migrations` };
  },
};

function judgeIndex(built: BuiltIndex, source: RuleInput, database: DatabaseInput["database"], least: number): Pick<Judgement, "drafts" | "unjudged"> {
  const { table } = built;
  const rows = rowsOf(table, database);
  if (rows === null) return { drafts: [], unjudged: [{ object: `table ${table.schema}.${table.name}`, why: "needs the number of rows: neither VACUUM nor ANALYZE has counted them" }] };
  return rows < least ? { drafts: [], unjudged: [] } : { drafts: [toDraft(built, rows, source, database)], unjudged: [] };
}

/** What was applied here has had its lock: it is told for the databases to which the migration has still to come. */
function toDraft(built: BuiltIndex, rows: number, source: RuleInput, database: Database): DatabaseDraft {
  const { table, migration, what, span, isApplied, model } = built;
  const bytes = heapBytes(table, database);
  const name = `${migration.app}.${migration.name}`;
  const count = formatNumber(Math.round(rows));
  const lock = built.lock === "SHARE" ? "writes" : "reads and writes";
  return {
    key: [migration.app, migration.name, what],
    severity: isApplied ? "info" : rows >= ERROR_ROWS ? "error" : "warning",
    confidence: isApplied ? "possible" : "certain",
    claim: isApplied ? `\`${name}\` built ${what} in one go; \`${shortName(table)}\`, now ${count} rows, took no ${lock} meanwhile.` : `\`${name}\` stops ${lock} of \`${shortName(table)}\` while it builds ${what} over ${count} rows.`,
    reason: `The build holds a ${built.lock} lock on the table, and ${migration.isAtomic ? "the migration's transaction keeps it to its end" : "whoever waits for it makes all others wait"}. Estimated time: ${durationOf(bytes, PASSES.build, "read")}.`,
    remedy: remedyOf(built),
    doubt: isApplied ? "it is done on this database: this counts for others that the migration has still to reach, with as many rows" : "nobody notices while the application is stopped for the migration",
    ...(model === null ? {} : { model }),
    places: [tableSpot(table, bytes === null ? `${count} rows` : `${count} rows, ${formatBytes(bytes)}`), { role: "definition", span, label: isApplied ? "built it so" : "builds it so" }],
    evidence: [catalogEvidence(database, { rows, ...(bytes === null ? {} : { bytes }) })],
    impact: {},
    fixes: isApplied ? [] : concurrentFix(built, source),
  };
}

function remedyOf({ table, kind }: BuiltIndex): string {
  if (table.kind === "partitioned") return "Build the index on each partition by SQL, concurrently, and attach it to the parent's.";
  if (kind === "AddIndex") return "Use `AddIndexConcurrently` in a migration of its own, with `atomic = False`.";
  if (kind === "RunSQL") return "Write CREATE INDEX CONCURRENTLY, in a migration of its own with `atomic = False`.";
  if (kind === "field") return "Build the index concurrently by SQL first, and let `SeparateDatabaseAndState` tell Django of the field's change.";
  return "Build a unique index concurrently first, and make the constraint by ADD CONSTRAINT … USING INDEX.";
}

/** Only a migration of nothing but indexes can go without its transaction; its first build carries the fix of all. */
function concurrentFix(built: BuiltIndex, source: RuleInput): readonly FixDraft[] {
  const { migration, kind, table, operation } = built;
  const builds = migration.operations.filter((one) => one.kind === "AddIndex");
  const isPure = migration.operations.every((one) => one.kind === "AddIndex" || one.kind === "AddIndexConcurrently");
  if (kind !== "AddIndex" || table.kind === "partitioned" || !isPure || operation !== builds[0]) return [];
  const edits = concurrentEdits(built, builds, source);
  return edits === null ? [] : [{ title: `Build ${builds.length === 1 ? built.what : `${builds.length} indexes`} concurrently`, safety: "review", edits }];
}

function concurrentEdits({ migration }: BuiltIndex, builds: readonly { readonly span: Span }[], source: RuleInput): readonly EditDraft[] | null {
  const { file } = migration;
  const text = source.text(file);
  const [first] = builds;
  const head = first === undefined ? "" : text.slice(0, first.span.start);
  const at = /^[ \t]+(?=dependencies\b)/m.exec(head.slice(migration.span.end));
  const imported = importEdit(migration, text);
  if (at === null || imported === null) return null;
  const before = migration.span.end + at.index;
  const calls = builds.map(({ span }) => ({ span: { file, start: span.start, end: span.start + text.slice(span.start, span.end).indexOf("(") }, text: "AddIndexConcurrently" }));
  const atomic = migration.isAtomic ? [{ span: { file, start: before, end: before }, text: `${at[0]}atomic = False\n\n` }] : [];
  return [...imported, ...atomic, ...calls];
}

/** Sorted as isort does: before Django's own `django.db`. */
function importEdit({ file, imports }: Migration, text: string): readonly EditDraft[] | null {
  if (imports.some(({ binds }) => binds === "AddIndexConcurrently")) return [];
  const line = /^from django\.db import /m.exec(text) ?? /^(?:from|import) /m.exec(text);
  if (line === null) return null;
  return [{ span: { file, start: line.index, end: line.index }, text: "from django.contrib.postgres.operations import AddIndexConcurrently\n" }];
}
