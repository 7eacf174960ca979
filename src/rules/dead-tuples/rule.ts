import { formatNumber } from "../../model/numbers.ts";
import { uncapitalised } from "../../model/capitals.ts";
import type { Database, DatabaseDraft, FixDraft, Rule, Table, TableCounters, Unjudged } from "../../model/index.ts";
import { counterEvidence } from "../database/evidence.ts";
import { holdersOf, isHolding } from "../database/horizon.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { countsNoWrites, daysSince, spanWords } from "../database/rates.ts";
import { tableName } from "../database/retype-fix.ts";
import { autovacuumOff, commandFix, isBeingVacuumed, lastVacuum, naptime, triggersOf } from "../database/table-options.ts";

export const rule: Rule = {
  meta: {
    id: "dead-tuples",
    chapter: "5.1",
    summary: "Dead rows pile up beyond where autovacuum begins",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const unseen = countsNoWrites(database);
    if (unseen !== null) return { drafts: [], unjudged: [unseen], examined: "" };
    const tables = database.tables.filter(({ kind }) => kind === "table");
    const verdicts = tables.map((table) => judgeTable(database, table, thresholds["dead-tuples"] ?? LEAST_DEAD));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${tables.length} tables`,
    };
  },
};

/** Fewer are not worth a word: ours. */
const LEAST_DEAD = 1000;
/** One look may fall just before a vacuum, so that a pile without a cause in view has to be twice what starts one: ours. */
const UNEXPLAINED = 2;

/** Why they are still there, in the order in which it is asked. */
interface Cause {
  readonly words: string;
  readonly remedy: string;
  readonly doubt: string;
  readonly isCertain: boolean;
  readonly fixes: readonly FixDraft[];
}

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeTable(database: Database, table: Table, least: number): Verdict {
  const counters = database.tableCounters(table);
  if (counters === null)
    return table.bytes === 0 ? {} : { unknown: { object: `table ${table.schema}.${table.name}`, why: "needs its counters, which could not be read" } };
  if (counters.deadRows < least) return {};
  const triggers = triggersOf(database, table);
  if (triggers === null) return { unknown: { object: `table ${table.schema}.${table.name}`, why: "needs the number of its rows, which was never estimated" } };
  if (counters.deadRows <= triggers.vacuum || isClearedLater(database, table, triggers.vacuum) || isBeingVacuumed(database, table)) return {};
  const cause = causeOf(database, table, counters, counters.deadRows / triggers.vacuum);
  return cause === null ? {} : { draft: toDraft(database, table, counters, triggers.vacuum, cause) };
}

function isClearedLater({ server: { later } }: Database, { oid }: Table, trigger: number): boolean {
  const counters = later?.tables[oid];
  return counters !== undefined && counters.deadRows <= trigger;
}

function causeOf(database: Database, table: Table, counters: TableCounters, times: number): Cause | null {
  return (
    disabled(database, table) ?? held(database, table) ?? blocked(database, table) ?? starved(database, table) ?? unexplained(database, table, counters, times)
  );
}

function disabled(database: Database, table: Table): Cause | null {
  const by = autovacuumOff(database, table);
  if (by === null) return null;
  const vacuum = vacuumFix(table);
  if (by === "server")
    return {
      words: "autovacuum is off on the whole server",
      remedy: "Turn autovacuum on.",
      doubt: "a schedule that vacuums by hand, and ran before this look, would do the same",
      isCertain: true,
      fixes: [vacuum],
    };
  return {
    words: "autovacuum is off for it",
    remedy: "Vacuum it once; they come back until autovacuum is on for it again, which autovacuum-settings tells.",
    doubt: "a job that vacuums the table by hand, and has not run for this long, would do the same",
    isCertain: true,
    fixes: [vacuum],
  };
}

function held(database: Database, table: Table): Cause | null {
  const holder = holdersOf(database).find((one) => isHolding(one));
  if (holder === undefined) return null;
  return {
    words: `${uncapitalised(holder.who)} holds them, ${holder.state}`,
    remedy: "End what holds the past, then vacuum: until then no vacuum removes them.",
    doubt: "rows that died before it began can be removed all the same",
    isCertain: false,
    fixes: [vacuumFix(table)],
  };
}

function blocked({ server }: Database, table: Table): Cause | null {
  const worker = server.activity.find(
    ({ kind, sql, blockedBy }) => kind === "autovacuum worker" && blockedBy.length > 0 && (sql ?? "").includes(`${table.schema}.${table.name}`),
  );
  if (worker === undefined) return null;
  return {
    words: `its vacuum waits for a lock of session ${worker.blockedBy.join(", ")}`,
    remedy: "End the session that holds the lock, or shorten its transactions.",
    doubt: "the lock can be gone a moment later",
    isCertain: false,
    fixes: [],
  };
}

function starved(database: Database, table: Table): Cause | null {
  const most = database.settingNumber("autovacuum_max_workers") ?? 3;
  const busy = database.server.activity.filter(({ kind }) => kind === "autovacuum worker").length;
  if (busy < most) return null;
  return {
    words: `all ${most} workers are busy elsewhere`,
    remedy: "Raise `autovacuum_vacuum_cost_limit` first, since the workers share it; then `autovacuum_max_workers`.",
    doubt: "the workers were busy at one look; a second one tells whether they always are",
    isCertain: false,
    fixes: [vacuumFix(table)],
  };
}

/** A vacuum that just ran and left dead rows behind met something that is gone by now. */
function unexplained(database: Database, table: Table, counters: TableCounters, times: number): Cause | null {
  const last = daysSince(database, lastVacuum(counters) ?? database.age.since);
  if (times < UNEXPLAINED || last === null || last <= 2 * naptime(database)) return null;
  return {
    words: `no vacuum came for ${spanWords(last)}`,
    remedy: "Look for `canceling autovacuum task` in the server's log: DDL and LOCK TABLE end a worker's vacuum each time.",
    doubt: "one look does not tell for how long they have been there; with `--interval` two looks do",
    isCertain: false,
    fixes: [vacuumFix(table)],
  };
}

const vacuumFix = (table: Table): FixDraft => commandFix(`Vacuum \`${shortName(table)}\` now`, `VACUUM ${tableName(table)}`);

function toDraft(database: Database, table: Table, { deadRows, liveRows }: TableCounters, trigger: number, cause: Cause): DatabaseDraft {
  const model = modelLabel(database, table);
  const isKept = database.server.later?.tables[table.oid] !== undefined;
  return {
    key: [shortName(table)],
    confidence: cause.isCertain ? "certain" : isKept ? "likely" : "possible",
    claim: `\`${shortName(table)}\` has ${formatNumber(deadRows)} dead rows beside ${formatNumber(liveRows)} live ones: ${cause.words}.`,
    reason: `Scans read them, indexes point to them, and their space is not used again. Autovacuum is meant to begin at ${formatNumber(Math.round(trigger))}.`,
    remedy: cause.remedy,
    doubt: cause.doubt,
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table, `${formatNumber(deadRows)} dead rows`)],
    evidence: [counterEvidence(database, { deadRows, liveRows, trigger: Math.round(trigger) })],
    fixes: cause.fixes,
  };
}
