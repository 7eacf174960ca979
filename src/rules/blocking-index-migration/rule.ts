import { durationOf, PASSES } from "../../fixes/migrations/durations.ts";
import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, EditDraft, FixDraft, Judgement, Migration, Rule, RuleInput, Span, Table } from "../../model/index.ts";
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
    if (source === null || source.migrations === undefined)
      return { drafts: [], unjudged: [{ object: "", why: "needs the project's migrations, which were not read" }], examined: "" };
    const built = builtIndexes(source, source.migrations, database);
    const verdicts = built.map((one) => judgeIndex(one, source, database, thresholds["blocking-index-migration"] ?? LEAST_ROWS));
    return {
      drafts: [
        ...verdicts.flatMap((one) => one.drafts),
        ...appliedDrafts(
          verdicts.flatMap((one) => one.applied),
          database,
        ),
      ],
      unjudged: verdicts.flatMap((one) => one.unjudged),
      examined: `${source.migrations.migrations.length} migrations`,
    };
  },
};

interface Applied {
  readonly built: BuiltIndex;
  readonly rows: number;
}

interface Verdict extends Pick<Judgement, "drafts" | "unjudged"> {
  readonly applied: readonly Applied[];
}

function judgeIndex(built: BuiltIndex, source: RuleInput, database: DatabaseInput["database"], least: number): Verdict {
  const { table, isApplied } = built;
  const rows = rowsOf(table, database);
  if (rows === null)
    return {
      drafts: [],
      applied: [],
      unjudged: [{ object: `table ${table.schema}.${table.name}`, why: "needs the number of rows: neither VACUUM nor ANALYZE has counted them" }],
    };
  if (rows < least) return { drafts: [], applied: [], unjudged: [] };
  return isApplied ? { drafts: [], applied: [{ built, rows }], unjudged: [] } : { drafts: [toDraft(built, rows, source, database)], applied: [], unjudged: [] };
}

function toDraft(built: BuiltIndex, rows: number, source: RuleInput, database: Database): DatabaseDraft {
  const { table, migration, what, span, model } = built;
  const bytes = heapBytes(table, database);
  const count = formatNumber(Math.round(rows));
  const lock = built.lock === "SHARE" ? "writes" : "reads and writes";
  return {
    key: [migration.app, migration.name, what],
    severity: rows >= ERROR_ROWS ? "error" : "warning",
    confidence: "certain",
    claim: `\`${nameOf(built)}\` stops ${lock} of \`${shortName(table)}\` while it builds ${what} over ${count} rows.`,
    reason: reasonOf(built, bytes),
    remedy: remedyOf(built),
    doubt: "nobody notices while the application is stopped for the migration",
    ...(model === null ? {} : { model }),
    places: [sizeSpot(table, rows, bytes), { role: "definition", span, label: "builds it so" }],
    evidence: [catalogEvidence(database, { rows, ...(bytes === null ? {} : { bytes }) })],
    impact: {},
    fixes: concurrentFix(built, source),
  };
}

const nameOf = ({ migration }: BuiltIndex): string => `${migration.app}.${migration.name}`;

function reasonOf({ lock, migration }: BuiltIndex, bytes: number | null): string {
  return `The build holds a ${lock} lock on the table, and ${migration.isAtomic ? "the migration's transaction keeps it to its end" : "whoever waits for it makes all others wait"}. Estimated time: ${durationOf(bytes, PASSES.build, "read")}.`;
}

function sizeSpot(table: Table, rows: number, bytes: number | null): ReturnType<typeof tableSpot> {
  const count = `${formatNumber(Math.round(rows))} rows`;
  return tableSpot(table, bytes === null ? count : `${count}, ${formatBytes(bytes)}`);
}

/** What was applied here has had its lock: it is told, once a table, for the databases to which the migrations have still to come. */
function appliedDrafts(applied: readonly Applied[], database: Database): readonly DatabaseDraft[] {
  const byTable = new Map<Table, Applied[]>();
  for (const one of applied) byTable.set(one.built.table, [...(byTable.get(one.built.table) ?? []), one]);
  return [...byTable.values()].flatMap((group) => appliedDraft(group, database) ?? []);
}

function appliedDraft(group: readonly Applied[], database: Database): DatabaseDraft | null {
  // The one that stopped most: what stops reads goes before what stops writes alone.
  const [worst] = group.toSorted((a, b) => Number(a.built.lock === "SHARE") - Number(b.built.lock === "SHARE"));
  if (worst === undefined) return null;
  const { built, rows } = worst;
  const { table, migration, what, model } = built;
  const bytes = heapBytes(table, database);
  const lock = built.lock === "SHARE" ? "writes" : "reads and writes";
  const migrations = new Set(group.map((one) => nameOf(one.built)));
  const builders = migrations.size === 1 ? `\`${nameOf(built)}\`` : `${migrations.size} migrations`;
  return {
    key: group.length === 1 ? [migration.app, migration.name, what] : ["applied", table.schema, table.name],
    severity: "info",
    confidence: "possible",
    claim: `${builders} built ${group.length === 1 ? what : `${group.length} indexes`} in one go; \`${shortName(table)}\`, now ${formatNumber(Math.round(rows))} rows, took no ${lock} meanwhile.`,
    reason: reasonOf(built, bytes),
    remedy: remedyOf(built),
    doubt: `${migrations.size === 1 ? "it is" : "they are"} done on this database: this counts for others that the ${migrations.size === 1 ? "migration has" : "migrations have"} still to reach, with as many rows`,
    ...(model === null ? {} : { model }),
    places: [sizeSpot(table, rows, bytes), ...group.map((one) => ({ role: "definition" as const, span: one.built.span, label: `built ${one.built.what} so` }))],
    evidence: [catalogEvidence(database, { rows, ...(bytes === null ? {} : { bytes }) })],
    impact: {},
    fixes: [],
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
  const calls = builds.map(({ span }) => ({
    span: { file, start: span.start, end: span.start + text.slice(span.start, span.end).indexOf("(") },
    text: "AddIndexConcurrently",
  }));
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
