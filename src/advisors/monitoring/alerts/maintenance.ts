/** Vacuum, statistics, wraparound, checkpoints, and indexes that nobody can use. */
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { jumpAlert, levelAlert, MINUTE, SERVER, type Alert, type Trial } from "../alert.ts";
import { quoteLabel, type Labels } from "../promql-text.ts";
import { seconds } from "../words.ts";
import { triggerAt, type Trigger, type Watched, type WatchedTable } from "../watched.ts";

export function maintenanceAlerts(watched: Watched): Alert[] {
  return [...deadRowAlerts(watched), ...statisticsAlerts(watched), ...wraparoundAlerts(watched), checkpointAlert(watched), indexAlert(watched)];
}

// ---------------------------------------------------------------------------------------------------------------- tables

/** Autovacuum comes a little after its trigger, and one that is at work has not reported yet: twice is neither. Ours, as in `dead-tuples`. */
export const DEAD_TIMES = 2;
const STALE_TIMES = 3;
/** Fewer are not worth a ticket, however small the table: ours, as in `dead-tuples`. */
export const LEAST_ROWS = 1000;
const HOUR = 60 * MINUTE;

function deadRowAlerts(watched: Watched): Alert[] {
  return byTrigger(watched, ({ vacuum }) => vacuum).map(([trigger, tables, isRest]) =>
    tableAlert(
      watched,
      { trigger, tables, isRest, metric: "luthier_table_dead_rows", times: watched.thresholds["monitoring.dead-rows"] ?? DEAD_TIMES, name: "DeadRows" },
      {
        summary: ({ value, label }) => `${label("table")} has ${value} dead rows`,
        description: ({ plain }) => `Autovacuum begins at ${triggerWords(trigger)} there and has not come for an hour.${offWords(tables, plain)}`,
        steps: [
          "What holds the past back: SELECT pid, state, age(backend_xmin), now() - xact_start FROM pg_stat_activity WHERE backend_xmin IS NOT NULL ORDER BY 3 DESC LIMIT 3; and xmin of pg_replication_slots and pg_prepared_xacts.",
          "Nothing does: VACUUM (VERBOSE) the table, and see dead-tuples and autovacuum-settings in chapter 5 of the handbook.",
        ],
      },
    ),
  );
}

function statisticsAlerts(watched: Watched): Alert[] {
  return byTrigger(watched, ({ analyze }) => analyze).map(([trigger, tables, isRest]) =>
    tableAlert(
      watched,
      { trigger, tables, isRest, metric: "luthier_table_changed_rows", times: STALE_TIMES, name: "StaleStatistics" },
      {
        summary: ({ value, label }) => `${value} rows of ${label("table")} changed since its last ANALYZE`,
        description: ({ plain }) =>
          `Autovacuum analyses it at ${triggerWords(trigger)} and has not for an hour: plans rest on old figures.${offWords(tables, plain)}`,
        steps: ["ANALYZE the table. If it comes again, all workers are busy (SELECT * FROM pg_stat_progress_vacuum;) or autovacuum is off for it."],
      },
    ),
  );
}

const triggerWords = ({ base, factor, cap }: Trigger): string =>
  `${formatNumber(base)} + ${factor} × rows${cap === null ? "" : `, at most ${formatNumber(cap)}`}`;

function offWords(tables: readonly WatchedTable[], plain: (text: string) => string): string {
  const off = tables.filter((one) => one.off !== null);
  if (off.length === 0) return "";
  return off.some((one) => one.off === "server")
    ? " Autovacuum is off on this server."
    : ` Autovacuum is off for ${plain(off.map(({ name }) => name).join(", "))}.`;
}

type Group = readonly [trigger: Trigger, tables: readonly WatchedTable[], isRest: boolean];

/** Tables with the same trigger share a rule; the most common trigger takes all tables that have no other. */
function byTrigger({ tables }: Watched, of: (table: WatchedTable) => Trigger): Group[] {
  const groups = new Map<string, WatchedTable[]>();
  for (const table of tables) groups.set(JSON.stringify(of(table)), [...(groups.get(JSON.stringify(of(table))) ?? []), table]);
  const sorted = [...groups.values()].toSorted((a, b) => b.length - a.length);
  return sorted.flatMap((group, index): Group[] => {
    const [first] = group;
    return first === undefined ? [] : [[of(first), group, index === 0]];
  });
}

interface OfTables {
  readonly trigger: Trigger;
  readonly tables: readonly WatchedTable[];
  readonly isRest: boolean;
  readonly metric: string;
  readonly times: number;
  readonly name: string;
}

function tableAlert({ target, tables: all }: Watched, of: OfTables, said: Pick<Alert, "summary" | "description" | "steps">): Alert {
  const { trigger, tables, isRest, metric, times, name } = of;
  const others = all.filter((one) => !tables.includes(one)).map((one) => one.name);
  const matchers = [`job=${quoteLabel(target.job)}`, ...(isRest ? others.map((one) => `table!=${quoteLabel(one)}`) : [])];
  const pick = (which: string, extra: readonly string[]): string => `max by (job, instance, table) (${which}{${[...matchers, ...extra].join(", ")}})`;
  const each = isRest ? [[]] : tables.map((one) => [`table=${quoteLabel(one.name)}`]);
  const rows = (extra: readonly string[]): string => pick("luthier_table_live_rows", extra);
  const limit = (extra: readonly string[]): string =>
    `clamp_min(${times} * ${trigger.cap === null ? plainLimit(trigger, rows(extra)) : `clamp_max(${plainLimit(trigger, rows(extra))}, ${trigger.cap})`}, ${LEAST_ROWS})`;
  const [widest] = tables.toSorted((a, b) => b.rows - a.rows);
  const example = widest?.name ?? "";
  return {
    ...said,
    name,
    expr: each.map((extra) => `${pick(metric, extra)} > ${limit(extra)}`).join(" or "),
    hold: HOUR,
    severity: "ticket",
    labels: { trigger: triggerWords(trigger) },
    because: `${times} times ${triggerWords(trigger)}${isRest && others.length > 0 ? `, as the server's settings say; ${formatCount(others.length, "table")} ${others.length === 1 ? "has its" : "have their"} own` : ` for ${tables.length === 1 ? example : `${tables.length} tables`}`}, ${formatNumber(LEAST_ROWS)} at the least. ${example} has ${formatNumber(widest?.rows ?? 0)} rows: ${formatNumber(Math.round(Math.max(LEAST_ROWS, times * triggerAt(trigger, widest?.rows ?? 0))))}`,
    trials: tables.length === 0 ? [] : tableTrials({ ...target, table: example }, of),
  };
}

const plainLimit = ({ base, factor }: Trigger, rows: string): string => `(${base} + ${factor} * ${rows})`;

/** A power of two, so that the share of it comes out to the last bit. */
const EXACT_ROWS = 4096;

function tableTrials(labels: Labels, { trigger, metric, times }: OfTables): Trial[] {
  const limit = Math.max(LEAST_ROWS, times * triggerAt(trigger, EXACT_ROWS));
  const beyond = Math.floor(limit) + 1;
  const minutes = HOUR / MINUTE;
  const series = (values: string): Trial["series"] => [
    { metric, labels: { ...labels, ...SERVER }, values },
    { metric: "luthier_table_live_rows", labels: { ...labels, ...SERVER }, values: `${EXACT_ROWS}+0x${minutes + 2}` },
  ];
  const fires = { labels, value: beyond };
  return [
    { title: "fires", series: series(`${beyond}+0x${minutes + 2}`), at: minutes, fires },
    { title: "just below", series: series(`${limit}+0x${minutes + 2}`), at: minutes + 1, fires: null },
    { title: "an ordinary day", series: series(`0+0x${minutes + 2}`), at: minutes + 1, fires: null },
    { title: "not for long enough", series: series(`${beyond}+0x${minutes + 2}`), at: minutes - 1, fires: null },
    { title: "not without a break", series: series(`${beyond}+0x${minutes - 2} 0 ${beyond}+0x2`), at: minutes + 1, fires: null },
  ];
}

// ------------------------------------------------------------------------------------------------------------ wraparound

/** All numbers that there are. */
const END = 2 ** 31;
/** Of what lies between the age at which autovacuum is forced and the end: at a tenth it did not keep up, at a half it will not. Ours. */
const LATE_SHARE = 0.1;
const LOST_SHARE = 0.5;

function wraparoundAlerts(watched: Watched): Alert[] {
  return [
    ...ageAlerts(watched, "transactions", "autovacuum_freeze_max_age", 200_000_000),
    ...ageAlerts(watched, "multixacts", "autovacuum_multixact_freeze_max_age", 400_000_000),
  ];
}

function ageAlerts({ target, database }: Watched, what: "transactions" | "multixacts", setting: string, fallback: number): Alert[] {
  const forced = database.settingNumber(setting) ?? fallback;
  const { xidAge, multixactAge } = database.catalog.database;
  const now = (what === "transactions" ? xidAge : multixactAge) ?? 0;
  const at = (share: number): number => Math.round((forced + share * (END - forced)) / 1_000_000);
  const common = {
    target,
    metric: `luthier_wraparound_${what}`,
    scale: 1_000_000,
    step: 1,
    normal: Math.min(now, forced / 2),
    summary: ({ value }: { readonly value: string }) => `The oldest database was frozen ${value} million ${what} ago`,
    steps: [
      "Which: SELECT datname, age(datfrozenxid), mxid_age(datminmxid) FROM pg_database ORDER BY 2 DESC; then in it: SELECT oid::regclass, age(relfrozenxid) FROM pg_class WHERE relkind IN ('r', 't', 'm') ORDER BY 2 DESC LIMIT 5;",
      "What holds the past back: old transactions, slots and prepared transactions (see DeadRows). End it, then VACUUM (FREEZE) the table.",
    ],
  };
  const name = what === "transactions" ? "Wraparound" : "MultixactWraparound";
  const because = (share: number): string =>
    `${setting} = ${formatNumber(forced)} plus ${Math.round(share * 100)} % of the way to 2,147 million; it was ${formatNumber(now)} at the snapshot`;
  return [
    levelAlert({
      ...common,
      name: `${name}Late`,
      over: at(LATE_SHARE),
      hold: HOUR,
      severity: "ticket",
      because: because(LATE_SHARE),
      description: () => `Autovacuum is forced at ${formatNumber(Math.round(forced / 1_000_000))} million and does not keep up.`,
    }),
    levelAlert({
      ...common,
      name: `${name}Near`,
      over: at(LOST_SHARE),
      hold: 5 * MINUTE,
      severity: "page",
      because: because(LOST_SHARE),
      description: () => "At 2,147 million PostgreSQL refuses every write until somebody has frozen it by hand.",
    }),
  ];
}

// ----------------------------------------------------------------------------------------------------------- checkpoints

/** Of the checkpoints that the clock would make: more than half as many again come from WAL alone (check_postgres and PostgreSQL's own hint agree on the remedy; the share is ours). */
const REQUESTED_SHARE = 0.5;
const WINDOW = 60;
const TIMED_AT_LEAST = 4;
/** Nobody waits longer than half a day for a ticket, however rare checkpoints are: ours. */
const MOST_WINDOW = 720;

function checkpointAlert({ target, database }: Watched): Alert {
  const every = (database.settingNumber("checkpoint_timeout") ?? 300_000) / 60_000;
  const window = Math.min(MOST_WINDOW, Math.max(WINDOW, Math.ceil(TIMED_AT_LEAST * every)));
  const timed = Math.max(1, Math.floor(window / every));
  const over = Math.max(2, Math.floor(timed * REQUESTED_SHARE));
  const size = database.settingNumber("max_wal_size");
  const before = database.server.counters.checkpoints;
  return jumpAlert({
    target,
    metric: "luthier_checkpoint_requested",
    name: "CheckpointsRequested",
    window,
    over,
    step: 1,
    normal: 1,
    hold: 15 * MINUTE,
    severity: "ticket",
    summary: ({ value }) => `${value} checkpoints in ${window} min came before their time`,
    description: () =>
      `checkpoint_timeout is ${seconds(every * 60)}, so that ${timed} are due; the others came because max_wal_size${size === null ? "" : ` = ${formatNumber(size / 1024 ** 2)} MB`} was full. Each writes every page whole into WAL again.`,
    because: `half of the ${timed} that checkpoint_timeout = ${seconds(every * 60)} makes in ${window} min${before === null ? "" : `; ${formatNumber(before.requested)} of ${formatNumber(before.requested + before.timed)} came early until the snapshot`}`,
    steps: [
      "What wrote so much: SELECT queryid, calls, wal_bytes FROM pg_stat_statements ORDER BY wal_bytes DESC LIMIT 5; a bulk load once a night is no reason to act.",
      `It is every day's business: raise max_wal_size${size === null ? "" : ` above ${formatNumber(size / 1024 ** 2)} MB`} (a reload).`,
    ],
  });
}

// --------------------------------------------------------------------------------------------------------------- indexes

function indexAlert({ target, database }: Watched): Alert {
  const now = database.catalog.indexes.filter(({ valid }) => !valid).length;
  return levelAlert({
    target,
    metric: "luthier_index_invalid",
    name: "InvalidIndex",
    over: now,
    step: 1,
    normal: now,
    hold: 30 * MINUTE,
    severity: "ticket",
    summary: ({ value }) => `${value} indexes of this database are invalid`,
    description: () => "An AddIndexConcurrently did not come to its end: each write keeps the index up, and no statement uses it.",
    because:
      now === 0
        ? `none of the ${formatNumber(database.catalog.indexes.length)} indexes was invalid at the snapshot`
        : `${now} of ${formatNumber(database.catalog.indexes.length)} were invalid at the snapshot already (rule invalid-index)`,
    steps: ["Which: SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;", "DROP INDEX CONCURRENTLY it, and run the migration again."],
  });
}
