import type { Database, ExtendedStatistics, FixDraft, Index, Table } from "../../model/index.ts";
import { CATALOG_ONLY, durationOf } from "./durations.ts";
import { runSql } from "./operations.ts";
import { migrationFix, placeOf, sqlFix, type ChangeInput } from "./place.ts";
import type { WrittenAs } from "./rebuild-index.ts";
import { indexRef, quoteName, quoteText, tableRef } from "./sql-text.ts";

/** Storage parameters by name: `fillfactor`, `autovacuum_vacuum_scale_factor`, `toast.autovacuum_enabled`. */
export type StorageOptions = Readonly<Record<string, string | number | boolean>>;

/** `ALTER TABLE … SET`, in a migration or as SQL for this database alone. Old rows keep their place until they are written again. */
export function setTableOptions(input: ChangeInput, table: Table, options: StorageOptions, as: WrittenAs = "migration"): FixDraft {
  const title = `Set ${Object.keys(options).join(", ")} of ${table.name}`;
  return setOptions(input, table, { title, slug: `set_${table.name}_options`, object: `TABLE ${tableRef(table)}`, before: table.options, options, as });
}

/** `ALTER INDEX … SET`: `fastupdate`, `fillfactor`, `deduplicate_items`. */
export function setIndexOptions(input: ChangeInput, index: Index, options: StorageOptions, as: WrittenAs = "migration"): FixDraft {
  const title = `Set ${Object.keys(options).join(", ")} of \`${index.name}\``;
  const table = input.database.table(index.table);
  const change = { title, slug: `set_${index.name}_options`, object: `INDEX ${indexRef(index)}`, before: index.options, options };
  return setOptions(input, table, { ...change, as: table === null ? "sql" : as });
}

interface OptionChange {
  readonly title: string;
  readonly slug: string;
  readonly object: string;
  readonly before: Readonly<Record<string, string>>;
  readonly options: StorageOptions;
  readonly as: WrittenAs;
}

function setOptions(input: ChangeInput, table: Table | null, { title, slug, object, before, options, as }: OptionChange): FixDraft {
  const names = Object.keys(options);
  const known = names.filter((name) => before[name] !== undefined);
  const fresh = names.filter((name) => before[name] === undefined);
  const assigned = (pairs: readonly (readonly [string, unknown])[]): string => pairs.map(([name, value]) => `${name} = ${String(value)}`).join(", ");
  const forward = [`ALTER ${object} SET (${assigned(Object.entries(options))})`];
  const reverse = [
    ...(known.length === 0 ? [] : [`ALTER ${object} SET (${assigned(known.map((name) => [name, before[name]]))})`]),
    ...(fresh.length === 0 ? [] : [`ALTER ${object} RESET (${fresh.join(", ")})`]),
  ];
  const sql = { forward, reverse, isTransactional: true };
  if (as === "sql" || table === null) return sqlFix(title, sql);
  const place = placeOf(input, table);
  if ("why" in place) return sqlFix(title, sql, place.why);
  const isIndex = object.startsWith("INDEX");
  return migrationFix({
    title,
    place,
    steps: [{ slug, isAtomic: true, operations: [runSql(forward, reverse)] }],
    plan: {
      lock: isIndex ? "ACCESS EXCLUSIVE on the index for a moment" : "SHARE UPDATE EXCLUSIVE",
      duration: CATALOG_ONLY,
      rollback: "Migrate back: the old values hold again.",
    },
  });
}

/** `ALTER COLUMN … SET STATISTICS`, and the ANALYZE that makes it count. */
export function setStatisticsTarget(input: ChangeInput, table: Table, column: string, target: number): FixDraft {
  const title = `Sample more of ${table.name}.${column}: statistics target ${target}`;
  const before = input.database.column(table, column)?.statisticsTarget ?? -1;
  const alter = (value: number): string => `ALTER TABLE ${tableRef(table)} ALTER COLUMN ${quoteName(column)} SET STATISTICS ${value}`;
  return analysed(input, table, { title, slug: `sample_${table.name}_${column}`, forward: alter(target), reverse: alter(before) });
}

export interface StatisticsSpec {
  readonly columns: readonly string[];
  readonly kinds: readonly Exclude<ExtendedStatistics["kinds"][number], "expressions">[];
  readonly name?: string;
}

/** `CREATE STATISTICS` for columns that depend on each other, and the ANALYZE that fills it. Django has no words for it. */
export function createStatistics(
  input: ChangeInput,
  table: Table,
  { columns, kinds, name = `${table.name}_${columns.join("_")}_stats`.slice(0, 63) }: StatisticsSpec,
): FixDraft {
  const title = `Measure ${columns.join(", ")} of ${table.name} together`;
  const statistics = tableRef({ schema: table.schema, name });
  const forward = `CREATE STATISTICS ${statistics} (${kinds.join(", ")}) ON ${columns.map(quoteName).join(", ")} FROM ${tableRef(table)}`;
  return analysed(input, table, { title, slug: `measure_${name}`, forward, reverse: `DROP STATISTICS IF EXISTS ${statistics}` });
}

interface Analysed {
  readonly title: string;
  readonly slug: string;
  readonly forward: string;
  readonly reverse: string;
}

/** Rows that ANALYZE reads for each unit of the target (PostgreSQL, ANALYZE), each from a page of its own at worst. */
const SAMPLE_PAGES = 300 * 100;

function analysed(input: ChangeInput, table: Table, { title, slug, forward, reverse }: Analysed): FixDraft {
  const statements = [forward, `ANALYZE ${tableRef(table)}`];
  const place = placeOf(input, table);
  if ("why" in place) return sqlFix(title, { forward: statements, reverse: [reverse], isTransactional: true }, place.why);
  const sampled = table.bytes === null ? null : Math.min(table.bytes, SAMPLE_PAGES * input.database.server.blockSize);
  return migrationFix({
    title,
    place,
    steps: [{ slug, isAtomic: true, operations: [runSql(statements, [reverse])] }],
    plan: {
      lock: "SHARE UPDATE EXCLUSIVE",
      duration: durationOf(sampled, 1, "sampled"),
      rollback: "Migrate back: the next ANALYZE goes by the old statistics.",
    },
  });
}

/** Of the server, not of the project: SQL for whoever may, with its undo. */
export function setSetting(database: Database, name: string, value: string): FixDraft {
  const before = database.server.settings.find((one) => one.name === name);
  const needsRestart = before?.context === "postmaster";
  const set = (to: string): string => `ALTER SYSTEM SET ${name} = ${/^-?\d+(?:\.\d+)?$/.test(to) ? to : quoteText(to)}`;
  const isOwn = before?.source === "configuration file";
  const reload = needsRestart ? [] : ["SELECT pg_reload_conf()"];
  const undo = isOwn ? set(before.value) : `ALTER SYSTEM RESET ${name}`;
  return {
    title: `Set ${name} to ${value}${needsRestart ? ", and restart the server" : ""}`,
    safety: "review",
    kind: "config",
    edits: [],
    sql: { forward: [set(value), ...reload], reverse: [undo, ...reload], isTransactional: false },
  };
}
