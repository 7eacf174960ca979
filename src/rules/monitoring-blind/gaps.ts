/** What this server does not measure or write down, as its settings and counters prove; each with the command that changes it and its undo. */
import { formatCount, formatNumber } from "../../model/numbers.ts";
import type { Database, Setting } from "../../model/index.ts";
import { quoteLiteral } from "../../postgres/quote.ts";
import { statementDays } from "../database/evidence.ts";
import { isApplication } from "../database/statement-kind.ts";

export interface MonitoringGap {
  /** `statements`: nothing is known of them; `evicted`; `cut`: texts are; `timing`, `locks`, `slow`: not measured or not logged. */
  readonly kind: "statements" | "evicted" | "cut" | "timing" | "locks" | "slow";
  readonly setting: string;
  /** `track_io_timing is off`. */
  readonly state: string;
  /** What cannot be known for it. */
  readonly cost: string;
  readonly forward: readonly string[];
  readonly reverse: readonly string[];
  readonly needsRestart: boolean;
  readonly figures: Readonly<Record<string, number>>;
}

/** Off on a server that nobody has set up; `cost` is what is not known then. Of the others it is a whole sentence. */
export const isQuiet = ({ kind }: Pick<MonitoringGap, "kind">): boolean => kind === "timing" || kind === "locks" || kind === "slow";

export function monitoringGaps(database: Database): MonitoringGap[] {
  return [statements, evicted, cut, timing, locks, slow].flatMap((gap) => gap(database) ?? []);
}

const settingOf = ({ server }: Database, name: string): Setting | undefined => server.settings.find((one) => one.name === name);

/** A change of the server's configuration, and back to what it was. */
function change(database: Database, name: string, value: string): Pick<MonitoringGap, "forward" | "reverse"> {
  const was = settingOf(database, name);
  const reverse = was === undefined || was.source === "default" ? `ALTER SYSTEM RESET ${name}` : `ALTER SYSTEM SET ${name} = ${quoteLiteral(was.value)}`;
  return { forward: [`ALTER SYSTEM SET ${name} = ${value}`], reverse: [reverse] };
}

const RELOAD = "SELECT pg_reload_conf()";

const reloaded = ({ forward, reverse }: Pick<MonitoringGap, "forward" | "reverse">): Pick<MonitoringGap, "forward" | "reverse" | "needsRestart"> => ({
  forward: [...forward, RELOAD],
  reverse: [...reverse, RELOAD],
  needsRestart: false,
});

// ------------------------------------------------------------------------------------------------------------ statements

function statements(database: Database): MonitoringGap | null {
  const extension = database.catalog.extensions.find(({ name }) => name === "pg_stat_statements");
  const libraries = settingOf(database, "shared_preload_libraries")?.value ?? null;
  const names = (libraries ?? "")
    .split(",")
    .map((one) => one.trim().replaceAll('"', ""))
    .filter((one) => one !== "");
  const isLoaded = libraries === null ? null : names.includes("pg_stat_statements");
  const isTracking = settingOf(database, "pg_stat_statements.track")?.value ?? "top";
  if (extension !== undefined && isLoaded !== false && isTracking !== "none") return null;
  if (extension !== undefined && isTracking === "none")
    return {
      kind: "statements",
      setting: "pg_stat_statements.track",
      state: "pg_stat_statements.track is none",
      cost: NO_STATEMENTS,
      ...reloaded(change(database, "pg_stat_statements.track", "'top'")),
      figures: {},
    };
  if (isLoaded === null) return null;
  const load = isLoaded ? { forward: [], reverse: [] } : change(database, "shared_preload_libraries", listed([...names, "pg_stat_statements"]));
  const create =
    extension === undefined
      ? { forward: ["CREATE EXTENSION pg_stat_statements"], reverse: ["DROP EXTENSION pg_stat_statements"] }
      : { forward: [], reverse: [] };
  return {
    kind: "statements",
    setting: "shared_preload_libraries",
    state: isLoaded ? "pg_stat_statements is loaded, and its extension is not in this database" : "pg_stat_statements is not loaded",
    cost: NO_STATEMENTS,
    forward: [...load.forward, ...create.forward],
    reverse: [...create.reverse, ...load.reverse],
    needsRestart: !isLoaded,
    figures: {},
  };
}

const NO_STATEMENTS = "which statement takes the server's time is not known";

/** ALTER SYSTEM takes a list as words, each in quotes. */
const listed = (names: readonly string[]): string => names.map((one) => quoteLiteral(one)).join(", ");

/** Rounds of eviction a day from which statements that run daily are lost: each throws out 5 %, so that twenty replace all. Ours. */
const MOST_ROUNDS = 20;

function evicted(database: Database): MonitoringGap | null {
  const rounds = database.server.counters.statementsEvicted;
  const days = statementDays(database);
  const most = database.settingNumber("pg_stat_statements.max");
  if (rounds === null || days === null || days < 1 || most === null || rounds / days <= MOST_ROUNDS) return null;
  const perDay = Math.round(rounds / days);
  return {
    kind: "evicted",
    setting: "pg_stat_statements.max",
    state: `pg_stat_statements throws entries out ${formatNumber(perDay)} times a day`,
    cost: `of the ${formatNumber(most)} entries all are replaced ${formatNumber(Math.round(perDay / MOST_ROUNDS))} times a day: rare statements are never seen`,
    ...change(database, "pg_stat_statements.max", String(most * 2)),
    needsRestart: true,
    figures: { rounds, days: Math.round(days), most },
  };
}

/** PostgreSQL's own default is 1,024 bytes, which the columns of one wide model fill. */
function cut(database: Database): MonitoringGap | null {
  const size = database.settingNumber("track_activity_query_size");
  if (size === null) return null;
  const all = database.workload.statements.filter((one) => isApplication(one));
  const long = all.filter(({ sql }) => Buffer.byteLength(sql) >= size);
  const share = long.reduce((sum, one) => sum + one.share, 0);
  if (long.length === 0 || share < LEAST_CUT) return null;
  const longest = Math.max(...long.map(({ sql }) => Buffer.byteLength(sql)));
  const enough = 2 ** Math.ceil(Math.log2(longest * 2));
  return {
    kind: "cut",
    setting: "track_activity_query_size",
    state: `track_activity_query_size is ${formatNumber(size)} bytes, and ${formatCount(long.length, "statement")} of the application ${long.length === 1 ? "is" : "are"} longer`,
    cost: `pg_stat_activity shows their SELECT list and not their WHERE: of what blocks or waits the part that matters is missing, for ${Math.round(share * 100)} % of the statements' time`,
    ...change(database, "track_activity_query_size", String(enough)),
    needsRestart: true,
    figures: { size, longest, statements: long.length },
  };
}

/** Of the statements' time: less is nobody's incident. Ours. */
const LEAST_CUT = 0.01;

// ------------------------------------------------------------------------------------------------------------------- log

function timing(database: Database): MonitoringGap | null {
  if (settingOf(database, "track_io_timing")?.value !== "off") return null;
  return {
    kind: "timing",
    setting: "track_io_timing",
    state: "track_io_timing is off",
    cost: "how much of a statement's time is reading",
    ...reloaded(change(database, "track_io_timing", "on")),
    figures: {},
  };
}

function locks(database: Database): MonitoringGap | null {
  if (settingOf(database, "log_lock_waits")?.value !== "off") return null;
  return {
    kind: "locks",
    setting: "log_lock_waits",
    state: "log_lock_waits is off",
    cost: "who waited for whom once a wait is over",
    ...reloaded(change(database, "log_lock_waits", "on")),
    figures: {},
  };
}

function slow(database: Database): MonitoringGap | null {
  const names = ["log_min_duration_statement", "log_min_duration_sample", "auto_explain.log_min_duration"];
  const isLogged = names.some((name) => (database.settingNumber(name) ?? -1) >= 0);
  if (isLogged || settingOf(database, "log_min_duration_statement") === undefined) return null;
  const from = slowFrom(database);
  return {
    kind: "slow",
    setting: "log_min_duration_statement",
    state: "log_min_duration_statement is -1",
    cost: "which values made a statement slow",
    ...reloaded(change(database, "log_min_duration_statement", quoteLiteral(`${from}ms`))),
    figures: { from },
  };
}

/** Milliseconds that one call of a thousand exceeds, as far as means and deviations tell; within these bounds. Ours. */
const RARE = 0.999;
const LEAST_MS = 100;
const MOST_MS = 5000;
const DEVIATIONS = 3;

function slowFrom({ workload }: Database): number {
  const tops = workload.statements
    .filter((one) => isApplication(one))
    .map(({ calls, meanMs, deviationMs }) => ({ calls, top: meanMs + DEVIATIONS * (deviationMs ?? meanMs) }))
    .toSorted((a, b) => a.top - b.top);
  const all = tops.reduce((sum, { calls }) => sum + calls, 0);
  let seen = 0;
  const found = tops.find(({ calls }) => (seen += calls) >= RARE * all);
  return Math.min(MOST_MS, Math.max(LEAST_MS, found === undefined ? 0 : Number(found.top.toPrecision(1))));
}
