/** Statements of a workload as they can be run on a copy: with values, and without any that reach beyond what is rolled back. */
import type { Database, Statement, Table } from "../../model/index.ts";
import { inlineParameters } from "../../postgres/phantom/inline-parameters.ts";
import { quoteName, quoteQualified } from "../../postgres/quote.ts";
import type { ParameterUse, StatementParts } from "../../sql/statement-parts.ts";
import type { Copy } from "./copy.ts";

export interface Runnable {
  readonly statement: Statement;
  readonly kind: "read" | "write";
  readonly values: "log" | "rows" | "text";
  /** The statement with different values, to run in turn. */
  readonly texts: readonly string[];
}

export interface RunnableContext {
  readonly copy: Copy;
  readonly database: Database;
  readonly read: (sql: string) => StatementParts | null;
}

/** Values of one statement that are run. Ours: as many as are planned. */
const MOST_VALUES = 3;

export async function makeRunnable(statement: Statement, context: RunnableContext): Promise<Runnable | { readonly why: string }> {
  const parts = context.read(statement.sql);
  if (parts === null) return { why: "it is no statement of its own that PostgreSQL reads" };
  const refused = parts.kind === "other" ? "it writes in more than one way" : ((await volatileIn(parts, context)) ?? (await triggerOn(parts, context)));
  if (refused !== null) return { why: refused };
  const kind = parts.kind === "read" ? "read" : "write";
  if (parts.parameters.size === 0) return await tried({ statement, kind, values: "text", texts: [statement.sql] }, context);
  const logged = parts.kind === "insert" ? [] : statement.samples.slice(0, MOST_VALUES);
  const fromLog = await triedWith(statement, kind, "log", logged, context);
  if ("texts" in fromLog) return fromLog;
  const rows = await valuesFromRows(parts, context);
  return "why" in rows ? rows : await triedWith(statement, kind, "rows", rows.values, context);
}

async function triedWith(
  statement: Statement,
  kind: Runnable["kind"],
  values: Runnable["values"],
  all: readonly (readonly (string | null)[])[],
  context: RunnableContext,
): Promise<Runnable | { readonly why: string }> {
  let last: { readonly why: string } = { why: "no values of it are known" };
  for (const style of ["quoted", "bare numbers"] as const) {
    const texts = [...new Set(all.map((one) => inlineParameters(statement.sql, one, style)))];
    if (texts.length === 0 || texts.some((text) => (context.read(text)?.parameters.size ?? 1) > 0)) continue;
    const answer = await tried({ statement, kind, values, texts }, context);
    if ("texts" in answer) return answer;
    last = answer;
  }
  return last;
}

/** Planned, and not run: what cannot be planned cannot be run, and a plan names other servers. */
async function tried(runnable: Runnable, { copy }: RunnableContext): Promise<Runnable | { readonly why: string }> {
  for (const text of runnable.texts) {
    try {
      const [row] = await copy.ask<{ "QUERY PLAN": unknown }>(`EXPLAIN (FORMAT JSON) ${text}`);
      if (JSON.stringify(row?.["QUERY PLAN"] ?? "").includes('"Node Type":"Foreign Scan"')) return { why: "it reads another server's table" };
    } catch (error) {
      return { why: messageOf(error) };
    }
  }
  return runnable;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));

// ------------------------------------------------------------------------------------------------------------ what is not run

/** Volatile, and nothing happens by them beside their answer. */
const HARMLESS = ["random", "clock_timestamp", "timeofday", "gen_random_uuid", "uuid_generate_v4", "uuid_generate_v1", "uuidv4", "uuidv7", "nextval"];

async function volatileIn({ functions }: StatementParts, { copy }: RunnableContext): Promise<string | null> {
  const asked = functions.filter((one) => !HARMLESS.includes(one));
  if (asked.length === 0) return null;
  const names = asked.map((one) => `'${one.replaceAll("'", "''")}'`).join(", ");
  const found = await copy.ask<{ name: string }>(
    `SELECT DISTINCT proname AS name FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname IN (${names}) ORDER BY 1`,
  );
  return found[0] === undefined ? null : `it calls ${found[0].name}(), which does things that no rollback undoes`;
}

async function triggerOn({ kind, tables }: StatementParts, { copy, database }: RunnableContext): Promise<string | null> {
  const [first] = tables;
  const table = kind === "read" || kind === "lock" || first === undefined ? null : tableOf(first, database);
  if (table === null) return null;
  const name = quoteQualified(table).replaceAll("'", "''");
  const found = await copy.ask<{ name: string }>(
    `SELECT tgname AS name FROM pg_catalog.pg_trigger WHERE tgrelid = pg_catalog.to_regclass('${name}') AND NOT tgisinternal AND tgenabled <> 'D' LIMIT 1`,
  );
  return found[0] === undefined ? null : `${table.name} has the trigger ${found[0].name}, which could do things that no rollback undoes`;
}

const tableOf = ({ schema, name }: { readonly schema: string | null; readonly name: string }, database: Database): Table | null =>
  database.tableNamed(schema === null ? name : `${schema}.${name}`);

// ------------------------------------------------------------------------------------------------------------ values from the copy's rows

interface Rows {
  readonly values: readonly (readonly (string | null)[])[];
}

/** Of rows that are there: a question for them finds something. What is not compared by equality could be anything. */
async function valuesFromRows({ parameters }: StatementParts, context: RunnableContext): Promise<Rows | { readonly why: string }> {
  const unknown = [...parameters].find(([, use]) => use.kind === "unknown");
  if (unknown !== undefined) return { why: `no value of $${unknown[0]} is known` };
  const columns = new Map<string, Set<string>>();
  for (const use of parameters.values()) if ("column" in use) columns.set(use.table, (columns.get(use.table) ?? new Set()).add(use.column));
  const rows = new Map<string, readonly Row[]>();
  for (const [name, wanted] of columns) {
    const found = await rowsOf(name, [...wanted], context);
    if ("why" in found) return found;
    rows.set(name, found.rows);
  }
  const count = Math.max(...parameters.keys());
  return {
    values: Array.from({ length: MOST_VALUES }, (_, call) =>
      Array.from({ length: count }, (_none, index) => valueOf(parameters.get(index + 1), index, call, rows)),
    ),
  };
}

type Row = Readonly<Record<string, string | null>>;

/** What is written comes from another row than what is asked for: an update that changes nothing costs less. */
function valueOf(use: ParameterUse | undefined, place: number, call: number, rows: ReadonlyMap<string, readonly Row[]>): string | null {
  if (use === undefined || use.kind === "unknown") return null;
  if (!("column" in use)) return { limit: "20", offset: "0", output: "1" }[use.kind];
  const all = rows.get(use.table) ?? [];
  const isAsked = use.kind === "column";
  // Each of a list is another row's; columns of one call are of one row.
  const number = isAsked ? call : call + MOST_VALUES + use.row;
  const row = all[(isAsked && use.isArray ? call + place : number) % Math.max(1, all.length)];
  const value = row?.[isAsked || use.kind === "set" ? use.column : `new ${use.column}`] ?? null;
  return isAsked && use.isArray && value !== null ? `{${JSON.stringify(value)}}` : value;
}

const MOST_ROWS = 12;

/** As they lie, spread by a hash: the same rows each time. Beside each column, a value that a new row can have. */
async function rowsOf(
  name: string,
  columns: readonly string[],
  { copy, database }: RunnableContext,
): Promise<{ readonly rows: readonly Row[] } | { readonly why: string }> {
  const table = database.tableNamed(name);
  if (table === null || table.kind === "foreign") return { why: `${name} is no table of the snapshot, so that no values for it are known` };
  const unique = new Set(database.indexesOf(table).flatMap((one) => (one.unique && one.keys.length === 1 ? (one.keys[0]?.column ?? []) : [])));
  const from = quoteQualified(table);
  const types = new Map(table.columns.map((one) => [one.name, one.type]));
  const lists = columns.flatMap((one) => {
    const column = `t.${quoteName(one)}`;
    return [
      `${column}::text AS ${quoteName(one)}`,
      `${unique.has(one) ? fresh(one, types.get(one) ?? "", from) : `${column}::text`} AS ${quoteName(`new ${one}`)}`,
    ];
  });
  const share = Math.min(100, Math.max(0.001, (SAMPLED_ROWS / Math.max(1, table.reltuples)) * 100));
  const sampled = share >= 100 ? "" : ` TABLESAMPLE SYSTEM (${share.toFixed(4)}) REPEATABLE (1)`;
  const text = `SELECT ${lists.join(", ")} FROM ${from} t${sampled} ORDER BY (${columns.map((one) => `(t.${quoteName(one)} IS NULL)::int`).join(" + ")}), pg_catalog.hashtext(t.ctid::text) LIMIT ${MOST_ROWS}`;
  try {
    const rows = await copy.ask<Row>(text);
    return rows.length === 0 ? { why: `${name} has no rows in the copy` } : { rows };
  } catch (error) {
    return { why: messageOf(error) };
  }
}

const SAMPLED_ROWS = 20_000;

/** Beyond what is there. */
function fresh(column: string, type: string, from: string): string {
  if (/int|serial|numeric/i.test(type)) return `((SELECT max(${quoteName(column)}) FROM ${from}) + row_number() OVER ())::text`;
  if (/uuid/i.test(type)) return "pg_catalog.gen_random_uuid()::text";
  return `pg_catalog.md5(t.${quoteName(column)}::text || '-')`;
}
