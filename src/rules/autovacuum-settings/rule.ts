import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Rule, Table, TableCounters, Unjudged } from "../../model/index.ts";
import { rowsOf } from "../database/columns.ts";
import { counterEvidence, LEAST_DAYS } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { countsNoWrites, rateOf, spanWords, type Rate } from "../database/rates.ts";
import { autovacuumOff, optionNumber, optionsFix, resetFix, triggersOf } from "../database/table-options.ts";
import { vacuumBudget } from "./budget.ts";

export const rule: Rule = {
  meta: {
    id: "autovacuum-settings",
    chapter: "5.2",
    summary: "Autovacuum's settings do not fit how a table is written",
    severity: "info",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database } = input;
    const unseen = countsNoWrites(database);
    if (unseen !== null) return { drafts: [], unjudged: [unseen], examined: "" };
    const tables = database.tables.filter(({ kind }) => kind === "table");
    const verdicts = tables.map((table) => judgeTable(input, table));
    const unknown = verdicts.flatMap((one) => one.unknown ?? []);
    return {
      drafts: [...serverOff(database), ...verdicts.flatMap(({ draft }) => draft ?? []), ...vacuumBudget(database)],
      unjudged: unknown.length > 0 && unknown.length === tables.length ? unknown.slice(0, 1).map(({ why }) => ({ object: "", why })) : unknown,
      examined: `${tables.length} tables`,
    };
  },
};

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeTable(input: DatabaseInput, table: Table): Verdict {
  const { database } = input;
  const counters = database.tableCounters(table);
  const off = autovacuumOff(database, table);
  if (off === "server") return {};
  const rows = rowsOf(database, table);
  if (counters === null || rows === null)
    return table.bytes === 0 ? {} : { unknown: { object: `table ${table.schema}.${table.name}`, why: "needs its counters and the number of its rows" } };
  if (off === "table") return isWritten(counters) ? { draft: switchedOff(input, table, counters) } : {};
  if (rows < LEAST_ROWS) return {};
  const dead = rateOf(database, table, ({ updated, deleted }) => updated + deleted);
  const inserted = rateOf(database, table, (one) => one.inserted);
  if (dead === null || inserted === null)
    return {
      unknown: { object: `table ${table.schema}.${table.name}`, why: `needs a rate of writes: counters of ${LEAST_DAYS} days, or two looks an hour apart` },
    };
  const draft = forUpdates(input, table, rows, dead) ?? forInserts(input, table, rows, inserted, dead);
  return draft === undefined ? {} : { draft };
}

// ------------------------------------------------------------------------------------------------------------- switched off

/** An empty or finished table needs no vacuum but the one that freezes it, which comes all the same. */
function isWritten({ deadRows, modifiedSinceAnalyze, insertedSinceVacuum, liveRows }: TableCounters): boolean {
  return Math.max(deadRows, modifiedSinceAnalyze, insertedSinceVacuum ?? 0) > LEAST_SHARE_WRITTEN * Math.max(liveRows, LEAST_WRITTEN);
}

const LEAST_SHARE_WRITTEN = 0.2;
const LEAST_WRITTEN = 1000;

function switchedOff({ database }: DatabaseInput, table: Table, { deadRows, modifiedSinceAnalyze }: TableCounters): DatabaseDraft {
  const triggers = triggersOf(database, table);
  return {
    ...common(database, table, "off", { deadRows, changed: modifiedSinceAnalyze }),
    severity: "warning",
    confidence: "certain",
    claim: `Autovacuum is off for \`${shortName(table)}\`, which is written to: ${formatNumber(deadRows)} dead rows, ${formatNumber(modifiedSinceAnalyze)} changes since ANALYZE.`,
    reason: `Nothing but the freeze against wraparound comes to it.${triggers === null ? "" : ` With it on, a vacuum would come at ${formatNumber(Math.round(triggers.vacuum))} dead rows.`}`,
    remedy: "Take `autovacuum_enabled` off the table; where loads are the reason, vacuum after each load instead.",
    doubt: "a job that vacuums and analyses the table by hand would do as well, if it has run",
    fixes: [resetFix(table, ["autovacuum_enabled"])],
  };
}

function serverOff(database: Database): DatabaseDraft[] {
  const name = ["autovacuum", "track_counts"].find((one) => database.setting(one) === "off");
  if (name === undefined) return [];
  return [
    {
      key: ["setting", name],
      severity: "error",
      confidence: "certain",
      claim: `\`${name}\` is off: no table of the server is vacuumed or analysed but against wraparound.`,
      reason: "Dead rows stay, statistics grow old, and at 200 million transactions the freeze of every table comes at once.",
      remedy: `Set \`${name}\` to on.`,
      doubt: "a scheduled VACUUM of all tables does part of it",
      places: [{ role: "setting", object: name }],
      evidence: [counterEvidence(database)],
      fixes: [
        {
          title: `Set ${name} to on`,
          kind: "config",
          safety: "review",
          edits: [],
          sql: {
            forward: [`ALTER SYSTEM SET ${name} = on`, "SELECT pg_reload_conf()"],
            reverse: [`ALTER SYSTEM SET ${name} = off`, "SELECT pg_reload_conf()"],
            isTransactional: false,
          },
        },
      ],
    },
  ];
}

// ------------------------------------------------------------------------------------------------- updates and deletions

/** Smaller tables are vacuumed in an instant by the defaults: ours. */
const LEAST_ROWS = 25_000;
/** Dead rows at which to come: a twentieth of the rows, or an hour's; within these. Ours. */
const TARGET_SHARE = 0.05;
const LEAST_TARGET = 5000;
const MOST_TARGET = 5_000_000;
const HOURS_A_DAY = 24;
/** Above so many rows a share of them is no measure: ours. */
const BY_NUMBER = 100_000_000;
/** Rows that die in eight hours, below which nothing is gained (pganalyze skips tables of little avoidable growth; the figure is ours). */
const LEAST_CHURN = 0.01;
/** A trigger that is not at least so much lower is not worth an option: ours. */
const LEAST_GAIN = 0.8;

function forUpdates(input: DatabaseInput, table: Table, rows: number, rate: Rate): DatabaseDraft | undefined {
  const { database } = input;
  if (rate.perDay / 3 < LEAST_CHURN * rows) return undefined;
  const now = triggersOf(database, table)?.vacuum ?? null;
  const target = Math.min(MOST_TARGET, Math.max(LEAST_TARGET, Math.min(TARGET_SHARE * rows, rate.perDay / HOURS_A_DAY)));
  const options = updateOptions(rows, target);
  const then = options.autovacuum_vacuum_threshold + options.autovacuum_vacuum_scale_factor * rows;
  if (now === null || then > LEAST_GAIN * now) return undefined;
  const cadence = `every ${spanWords(then / rate.perDay)} instead of every ${spanWords(now / rate.perDay)}`;
  return {
    ...common(database, table, "updates", {
      deadPerDay: Math.round(rate.perDay),
      rows: Math.round(rows),
      trigger: Math.round(now),
      proposed: Math.round(then),
    }),
    claim: `\`${shortName(table)}\` gets ${formatNumber(Math.round(rate.perDay))} dead rows a day and is vacuumed at ${formatNumber(Math.round(now))}: every ${spanWords(now / rate.perDay)}.`,
    reason: `So many dead rows lie in its ${formatNumber(Math.round(rows))} until then, and each vacuum has as many to remove at once (${rate.said}).`,
    remedy: `Set the table's own scale factors: vacuum then comes ${cadence}, ANALYZE twice as often.`,
    doubt: "rows that HOT pruning removes by itself are counted as dead here, so that vacuum comes less often than reckoned",
    fixes: [optionsFix(input, table, options, `Vacuum \`${shortName(table)}\` ${cadence}`)],
  };
}

/** Digits of a scale factor: 0.0001 of a hundred million rows is ten thousand. */
const DIGITS = 4;
const LEAST_FACTOR = 0.001;
const MOST_FACTOR = 0.2;
const LEAST_ANALYZE_FACTOR = 0.005;

function updateOptions(
  rows: number,
  target: number,
): { readonly autovacuum_vacuum_scale_factor: number; readonly autovacuum_vacuum_threshold: number; readonly autovacuum_analyze_scale_factor: number } {
  const factor = Math.min(MOST_FACTOR, Math.max(LEAST_FACTOR, Number((target / rows).toFixed(DIGITS))));
  const analyze = Math.max(LEAST_ANALYZE_FACTOR, Number((factor / 2).toFixed(DIGITS)));
  if (rows > BY_NUMBER) return { autovacuum_vacuum_scale_factor: 0, autovacuum_vacuum_threshold: Math.round(target), autovacuum_analyze_scale_factor: analyze };
  return { autovacuum_vacuum_scale_factor: factor, autovacuum_vacuum_threshold: 1000, autovacuum_analyze_scale_factor: analyze };
}

// ------------------------------------------------------------------------------------------------------------ insertions

/** Rows from which a fifth is too much to wait for: ours. */
const LARGE = 10_000_000;
const INSERT_FACTOR = 0.05;
/** Of all writes, from which a table counts as appended to: ours. */
const APPENDED = 0.9;

/** Pages that no vacuum has been to are not marked all-visible, and an index-only scan has to look at each. */
function forInserts(input: DatabaseInput, table: Table, rows: number, inserted: Rate, dead: Rate): DatabaseDraft | undefined {
  const { database } = input;
  const now = triggersOf(database, table)?.insert ?? null;
  const isAppended = inserted.perDay > 0 && inserted.perDay >= APPENDED * (inserted.perDay + dead.perDay);
  const factor = optionNumber(database, table, "autovacuum_vacuum_insert_scale_factor") ?? MOST_FACTOR;
  if (rows < LARGE || !isAppended || now === null || factor <= INSERT_FACTOR) return undefined;
  const then = now * (INSERT_FACTOR / factor);
  if (now / inserted.perDay < 1) return undefined;
  const cadence = `every ${spanWords(then / inserted.perDay)} instead of every ${spanWords(now / inserted.perDay)}`;
  return {
    ...common(database, table, "inserts", {
      insertedPerDay: Math.round(inserted.perDay),
      rows: Math.round(rows),
      trigger: Math.round(now),
      proposed: Math.round(then),
    }),
    claim: `\`${shortName(table)}\` gets ${formatNumber(Math.round(inserted.perDay))} new rows a day and is vacuumed after ${formatNumber(Math.round(now))}: every ${spanWords(now / inserted.perDay)}.`,
    reason: `Until then index-only scans look up each new row in the heap, and one vacuum freezes them all at once (${inserted.said}).`,
    remedy: `Set \`autovacuum_vacuum_insert_scale_factor\` to ${INSERT_FACTOR}: it then comes ${cadence}.`,
    doubt: "a table that nothing reads by an index-only scan gains the smaller freeze alone",
    fixes: [optionsFix(input, table, { autovacuum_vacuum_insert_scale_factor: INSERT_FACTOR }, `Vacuum \`${shortName(table)}\` ${cadence}`)],
  };
}

function common(
  database: Database,
  table: Table,
  what: string,
  figures: Readonly<Record<string, number>>,
): Pick<DatabaseDraft, "key" | "model" | "places" | "evidence"> {
  const model = modelLabel(database, table);
  return {
    key: [shortName(table), what],
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table)],
    evidence: [counterEvidence(database, figures)],
  };
}
