/** The chosen indexes built on a copy, and the workload run there with and without them. */
import type { Database, IndexMeasurement, IndexStudy, MeasuredIndex, MeasuredStatement, Spread, Statement } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import { createIndexSql } from "../../fixes/migrations/index.ts";
import { quoteQualified } from "../../postgres/quote.ts";
import { openStatementReader } from "../../sql/statement-parts.ts";
import { openCopy, type Copy } from "./copy.ts";
import { codeOf, medianOf, runRounds, type RoundsResult, type Timed } from "./rounds.ts";
import { makeRunnable, messageOf, type Runnable } from "./runnable.ts";

export interface MeasureOptions {
  /** The copy: a libpq URL, `key=value` words or the name of a service. */
  readonly target: string;
  /** Of one statement, in milliseconds. */
  readonly timeout: number;
  readonly rounds: number;
  /** Indexes that no statement uses stay in both states: what the new ones cost writes is not made up for by what those did. */
  readonly keepsUnused?: boolean;
  readonly isOver: () => boolean;
  /** Is told how to end what runs now. */
  readonly onCancel?: (cancel: () => void) => void;
  readonly progress: (phase: string, done: number, total: number) => void;
}

/** Statements that are run: those that the indexes change, then the ones that take most time. Ours. */
const MOST_STATEMENTS = 60;
const LOCK_TIMEOUT_MS = 2_000;
/** From which version on the server notices that its client is gone while a statement runs. */
const NOTICES_LOSS = 140_000;

export async function measureIndexes(study: IndexStudy, database: Database, options: MeasureOptions): Promise<IndexMeasurement> {
  const away = options.keepsUnused === true ? [] : droppable(study);
  if (study.added.length === 0 && away.length === 0)
    throw new UsageError("nothing-to-measure", "there is no index to add, and none that could go.", "Nothing was done to the copy.");
  const copy = await openCopy(options.target, database.snapshot);
  options.onCancel?.(() => void copy.cancel());
  try {
    const sequences = await sequencesOf(copy);
    try {
      await copy.run(
        `BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0${copy.versionNumber >= NOTICES_LOSS ? "; SET LOCAL client_connection_check_interval = '2s'" : ""}`,
      );
      return await measureIn(copy, study, database, options, away);
    } finally {
      await copy.run("ROLLBACK").catch(() => {});
      await restoreSequences(copy, sequences);
    }
  } catch (error) {
    throw readable(error, copy, options.isOver());
  } finally {
    await copy.close();
  }
}

function readable(error: unknown, { address, database }: Copy, isInterrupted: boolean): unknown {
  if (error instanceof UsageError) return error;
  if (isInterrupted)
    return new UsageError("interrupted", "measuring was interrupted before there was a figure.", "The copy is as it was: nothing there was committed.", {
      cause: error,
    });
  const code = codeOf(error);
  if (code === "" && !/connection|terminated|ECONN|socket/i.test(messageOf(error))) return error;
  return new UsageError(
    "measure-failed",
    `measuring on ${database} at ${address} failed: ${messageOf(error)}.`,
    "The copy is as it was: nothing there was committed.",
    { cause: error },
  );
}

/** What no planned statement uses, or would miss by a twentieth of its cost. */
function droppable(study: IndexStudy): readonly { readonly schema: string; readonly name: string }[] {
  return study.removals.filter(({ users }) => users.length === 0).map(({ index }) => ({ schema: index.schema, name: index.name }));
}

async function measureIn(
  copy: Copy,
  study: IndexStudy,
  database: Database,
  options: MeasureOptions,
  unused: ReturnType<typeof droppable>,
): Promise<IndexMeasurement> {
  const { rounds, timeout, isOver, progress } = options;
  await refuseUnlike(copy, study, database);
  const { built, made, names } = await build(copy, study, progress);
  const there = await present(copy, unused);
  const { runnables, unmeasured } = await prepare(copy, study, database, progress);
  if (runnables.length === 0)
    throw new UsageError(
      "nothing-to-measure",
      `no statement can be run${unmeasured[0] === undefined ? "" : `, the first since ${unmeasured[0].why}`}.`,
      "Values of statements come from a log (--log). The copy is as it was.",
    );
  const away = { before: made, after: there };
  // Writes come last: what they leave behind, though rolled back, would be in the way of reads.
  const results: { readonly runnables: readonly Runnable[]; readonly result: RoundsResult }[] = [];
  for (const kind of ["read", "write"] as const) {
    const own = runnables.filter((one) => one.kind === kind);
    if (own.length === 0 || isOver()) continue;
    const result = await runRounds({
      copy,
      runnables: own,
      away,
      timeout,
      rounds,
      isOver,
      progress: (done, total) => progress(`running ${kind}s`, done, total),
    });
    results.push({ runnables: own, result });
  }
  const statements = results.flatMap(({ runnables: own, result }) => own.flatMap((one, number) => measured(one, number, result)));
  return {
    address: copy.address,
    database: copy.database,
    version: copy.version,
    at: new Date().toISOString(),
    built,
    dropped: there.map(({ name }) => name),
    rounds,
    statements: statements
      .map((one) => ({ ...one, uses: [...new Set(one.uses.flatMap((name) => names.get(name) ?? []))].toSorted() }))
      .toSorted((a, b) => gainOf(b) - gainOf(a)),
    unmeasured: [
      ...unmeasured,
      ...results.flatMap(({ runnables: own, result }) => [...result.failed].map(([number, why]) => ({ statement: own[number]?.statement.id ?? "", why }))),
    ],
    notes: notesOf(
      copy,
      database,
      statements.filter(({ kind }) => kind === "write").length,
      results.every(({ result }) => result.isComplete),
    ),
    isComplete: results.every(({ result }) => result.isComplete) && !isOver(),
  };
}

const gainOf = ({ before, after, calls }: MeasuredStatement): number => ((before.median ?? 0) - (after.median ?? 0)) * calls;

function notesOf({ versionNumber, version }: Copy, { server }: Database, writes: number, isComplete: boolean): string[] {
  const isOther = Math.floor(versionNumber / 10_000) !== Math.floor(server.versionNumber / 10_000);
  return [
    ...(isOther ? [`the copy is PostgreSQL ${version}, and the snapshot's server ${server.version}: plans differ between them`] : []),
    ...(writes === 0 ? [] : ["writes were rolled back: their time is without the commit, and VACUUM clears the room that they took"]),
    ...(isComplete ? [] : ["it was ended early"]),
  ];
}

// ------------------------------------------------------------------------------------------------------------ the copy

/** Without rows' statistics, plans are guesses, and another schema is another database. */
async function refuseUnlike(copy: Copy, study: IndexStudy, database: Database): Promise<void> {
  const tables = [...new Set(study.added.map(({ table }) => table))];
  const names = tables.map((one) => `'${quoteQualified(one).replaceAll("'", "''")}'`);
  if (names.length === 0) return;
  const rows = await copy.ask<{
    name: string;
    missing: boolean;
    unread: boolean;
  }>(`SELECT n.name, c.oid IS NULL AS missing, c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages > 0) OR (pg_catalog.pg_relation_size(c.oid) > 0 AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (SELECT FROM pg_catalog.pg_stats s WHERE s.schemaname = (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = c.relnamespace) AND s.tablename = c.relname)) AS unread
    FROM unnest(ARRAY[${names.join(", ")}]) n(name) LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(n.name)`);
  const missing = rows.find((one) => one.missing);
  if (missing !== undefined)
    throw new UsageError(
      "unlike-copy",
      `${copy.database} at ${copy.address} has no table ${missing.name.replaceAll('"', "")}: it is no copy of ${database.catalog.database.name}.`,
      "Name a copy of the database that the snapshot was taken of.",
    );
  const unread = rows.find((one) => one.unread);
  if (unread !== undefined)
    throw new UsageError(
      "unlike-copy",
      `nobody has analysed ${unread.name.replaceAll('"', "")} in ${copy.database} yet, so that its plans are guesses.`,
      "Run VACUUM (ANALYZE) on the copy first: a restored dump has no statistics.",
    );
}

const temporaryName = (number: number): string => `luthier_measured_${number}`;

interface Built {
  readonly built: readonly MeasuredIndex[];
  readonly made: readonly { readonly schema: string; readonly name: string }[];
  /** What plans on the copy call an index or its part on a partition, and as what it was proposed. */
  readonly names: ReadonlyMap<string, string>;
}

async function build(copy: Copy, study: IndexStudy, progress: MeasureOptions["progress"]): Promise<Built> {
  const built: MeasuredIndex[] = [];
  const names = new Map<string, string>();
  const made: { schema: string; name: string }[] = [];
  for (const [number, { table, spec, label, name }] of study.added.entries()) {
    progress("building indexes", number, study.added.length);
    await copy.refuseCompany();
    const index = { schema: table.schema, name: temporaryName(number) };
    const started = performance.now();
    await copy.run("SAVEPOINT luthier_build");
    try {
      await copy.run(createIndexSql(spec, index.name, table, false));
      const milliseconds = performance.now() - started;
      // What an expression's values are is only known once they were looked at.
      if (spec.keys.some(({ kind }) => kind !== "column")) await copy.run(`ANALYZE ${quoteQualified(table)}`);
      await copy.run("RELEASE SAVEPOINT luthier_build");
      built.push({ label, name, bytes: await bytesOf(copy, index), milliseconds, refused: null });
      made.push(index);
      for (const part of [index.name, ...(await partsOf(copy, index))]) names.set(part, name);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await copy.run("ROLLBACK TO SAVEPOINT luthier_build; RELEASE SAVEPOINT luthier_build");
      built.push({ label, name, bytes: null, milliseconds: 0, refused: messageOf(error) });
    }
  }
  return { built, made, names };
}

async function partsOf(copy: Copy, index: { readonly schema: string; readonly name: string }): Promise<string[]> {
  const rows = await copy.ask<{ name: string }>(
    `SELECT c.relname AS name FROM pg_catalog.pg_partition_tree('${quoteQualified(index).replaceAll("'", "''")}') t JOIN pg_catalog.pg_class c ON c.oid = t.relid`,
  );
  return rows.map(({ name }) => name);
}

/** Definitions that the copy does not take, not rights, room, a lock or an end from outside. */
const isRefusal = (error: unknown): boolean => /^(?:0A|22|42(?!501)|54)/.test(codeOf(error));

async function bytesOf(copy: Copy, index: { readonly schema: string; readonly name: string }): Promise<number> {
  const name = quoteQualified(index).replaceAll("'", "''");
  const [row] = await copy.ask<{ bytes: string }>(
    `SELECT coalesce(sum(pg_catalog.pg_relation_size(t.relid)), 0)::text AS bytes FROM pg_catalog.pg_partition_tree('${name}') t`,
  );
  const [own] = await copy.ask<{ bytes: string }>(`SELECT pg_catalog.pg_relation_size('${name}')::text AS bytes`);
  return Math.max(Number(row?.bytes ?? 0), Number(own?.bytes ?? 0));
}

async function present(copy: Copy, wanted: ReturnType<typeof droppable>): Promise<ReturnType<typeof droppable>> {
  if (wanted.length === 0) return [];
  const names = wanted.map((one) => `'${quoteQualified(one).replaceAll("'", "''")}'`).join(", ");
  const rows = await copy.ask<{ there: boolean }>(
    `SELECT pg_catalog.to_regclass(name) IS NOT NULL AS there FROM unnest(ARRAY[${names}]) WITH ORDINALITY u(name, place) ORDER BY place`,
  );
  return wanted.filter((_, place) => rows[place]?.there === true);
}

interface SequenceState {
  readonly schema: string;
  readonly name: string;
  readonly last: string | null;
  readonly start: string;
}

/** The one thing that a rollback does not bring back. */
const sequencesOf = (copy: Copy): Promise<SequenceState[]> =>
  copy.ask<SequenceState>(
    "SELECT schemaname AS schema, sequencename AS name, last_value::text AS last, start_value::text AS start FROM pg_catalog.pg_sequences",
  );

async function restoreSequences(copy: Copy, before: readonly SequenceState[]): Promise<void> {
  const now = await sequencesOf(copy).catch(() => []);
  for (const { schema, name, last, start } of before) {
    const later = now.find((one) => one.schema === schema && one.name === name);
    if (later === undefined || later.last === last) continue;
    const quoted = quoteQualified({ schema, name }).replaceAll("'", "''");
    await copy.run(`SELECT pg_catalog.setval('${quoted}', ${last ?? start}, ${last !== null})`).catch(() => {});
  }
}

// ------------------------------------------------------------------------------------------------------------ statements

async function prepare(
  copy: Copy,
  study: IndexStudy,
  database: Database,
  progress: MeasureOptions["progress"],
): Promise<{ readonly runnables: readonly Runnable[]; readonly unmeasured: IndexMeasurement["unmeasured"] }> {
  const read = await openStatementReader();
  const runnables: Runnable[] = [];
  const unmeasured: { statement: string; why: string }[] = [];
  const wanted = wantedStatements(study, database);
  for (const [number, statement] of wanted.entries()) {
    progress("preparing statements", number, wanted.length);
    await copy.run("SAVEPOINT luthier_look; SET LOCAL transaction_read_only = on");
    const made = await withSavepoints(copy, (safe) => makeRunnable(statement, { copy: safe, database, read }));
    await copy.run("ROLLBACK TO SAVEPOINT luthier_look; RELEASE SAVEPOINT luthier_look");
    if ("why" in made) unmeasured.push({ statement: statement.id, why: made.why });
    else runnables.push(made);
  }
  return { runnables, unmeasured };
}

/** A statement that cannot be planned must not end the transaction. */
function withSavepoints<Result>(copy: Copy, work: (safe: Copy) => Promise<Result>): Promise<Result> {
  const ask: Copy["ask"] = async (sql) => {
    await copy.run("SAVEPOINT luthier_ask");
    try {
      return await copy.ask(sql);
    } finally {
      await copy.run("ROLLBACK TO SAVEPOINT luthier_ask; RELEASE SAVEPOINT luthier_ask");
    }
  };
  return work({ ...copy, ask });
}

/** Those whose plan changes, those that write to the tables, and then by time. */
function wantedStatements(study: IndexStudy, database: Database): readonly Statement[] {
  const changed = new Set(study.statements.filter(({ verdict }) => verdict !== "same").map(({ statement }) => statement));
  const planned = new Set(study.statements.map(({ statement }) => statement));
  const tables = new Set([
    ...study.added.map(({ table }) => table.name),
    ...study.removals.flatMap(({ index, users }) => (users.length === 0 ? (database.table(index.table)?.name ?? []) : [])),
  ]);
  const writes = (one: Statement): boolean => one.shape !== null && one.shape.kind !== "select" && one.shape.base !== null && tables.has(one.shape.base.name);
  const rank = (one: Statement): number => (changed.has(one.id) ? 0 : writes(one) ? 1 : 2);
  const all = database.workload.statements.filter((one) => planned.has(one.id) || writes(one));
  return all.toSorted((a, b) => rank(a) - rank(b) || b.totalMs - a.totalMs).slice(0, MOST_STATEMENTS);
}

// ------------------------------------------------------------------------------------------------------------ figures

/** By so much at least. Ours: medians of equal plans differ by less on a quiet machine. */
const NOTABLE = 0.05;

function measured({ statement, kind, values }: Runnable, number: number, { times, failed }: RoundsResult): MeasuredStatement[] {
  const own = times[number];
  if (own === undefined || failed.has(number)) return [];
  const [before, after] = [spreadOf(own.before), spreadOf(own.after)];
  if (isEmpty(own.before) || isEmpty(own.after)) return [];
  return [{ statement: statement.id, calls: statement.calls, kind, values, before, after, verdict: verdictOf(before, after), uses: [...own.after.uses] }];
}

const isEmpty = ({ rounds, isLate }: Timed): boolean => rounds.length === 0 && !isLate;

function spreadOf({ rounds, isLate }: Timed): Spread {
  if (isLate) return { median: null, low: null, high: null };
  return { median: medianOf(rounds), low: Math.min(...rounds), high: Math.max(...rounds) };
}

function verdictOf(before: Spread, after: Spread): MeasuredStatement["verdict"] {
  if (before.median === null || after.median === null) return before.median === after.median ? "same" : before.median === null ? "faster" : "slower";
  if (after.median < before.median * (1 - NOTABLE) && (after.high ?? 0) < (before.low ?? 0)) return "faster";
  if (after.median > before.median * (1 + NOTABLE) && (after.low ?? 0) > (before.high ?? 0)) return "slower";
  return "same";
}
