/** Disk, temporary files, cache, errors and WAL: only as far as this server measured what is usual. */
import { formatBytes, formatNumber } from "../../../model/numbers.ts";
import { JUMP_AT, jumpAlert, jumped, MINUTE, SERVER, type Alert, type Trial } from "../alert.ts";
import { selector } from "../promql-text.ts";
import { round, seconds } from "../words.ts";
import { WATCHED_SETTINGS } from "../exporter-queries.ts";
import type { Watched } from "../watched.ts";

export function resourceAlerts(watched: Watched): Alert[] {
  return [
    ...growthAlert(watched),
    temporaryAlert(watched),
    ...cacheAlert(watched),
    ...rollbackAlert(watched),
    deadlockAlert(watched),
    ...archiverAlert(watched),
    ...settingAlerts(watched),
  ];
}

const MB = 1_000_000;
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1440;

// ------------------------------------------------------------------------------------------------------------------ disk

/** Two looks closer than this tell of an hour's business: ours. */
const LEAST_LOOK_DAYS = 1;
const GROWTH_TIMES = 3;
const LEAST_GROWTH_MB = 100;
const GROWTH_HOURS = 6;

/** Megabytes a day between the two snapshots; null without an earlier one. */
export function growthOf({ database }: Pick<Watched, "database">): { readonly perDay: number; readonly days: number } | null {
  const { earlier, catalog, snapshot } = database;
  const now = catalog.database.bytes;
  const before = earlier?.snapshot.catalog.database.bytes ?? null;
  if (earlier === undefined || now === null || before === null) return null;
  const days = (Date.parse(snapshot.takenAt) - Date.parse(earlier.snapshot.takenAt)) / DAY_MS;
  return days < LEAST_LOOK_DAYS ? null : { perDay: (now - before) / days / MB, days };
}

function growthAlert(watched: Watched): Alert[] {
  const growth = growthOf(watched);
  if (growth === null) return [];
  const { target, database } = watched;
  const over = Math.max(LEAST_GROWTH_MB, Math.ceil((GROWTH_TIMES * growth.perDay * GROWTH_HOURS) / 24));
  const size = database.catalog.database.bytes ?? 0;
  const bytes = `luthier_database_bytes${selector({ job: target.job })}`;
  const before = GROWTH_HOURS * 60;
  const hold = 30;
  const series = (grown: number): Trial["series"] => [
    { metric: "luthier_database_bytes", labels: { ...target, ...SERVER }, values: `${size}+0x${before} ${size + grown * MB}+0x${hold + 2}` },
  ];
  const at = before + 1 + hold;
  return [
    {
      name: "DatabaseGrowth",
      expr: `max by (job, instance) (${bytes} - ${bytes} offset ${GROWTH_HOURS}h) / ${MB} > ${over}`,
      hold: hold * MINUTE,
      severity: "ticket",
      summary: ({ value }) => `The database grew by ${value} MB in ${GROWTH_HOURS} h`,
      description: () =>
        `${formatNumber(round(growth.perDay, 3))} MB a day is what it grew between the two snapshots, over ${formatNumber(round(growth.days))} days; it had ${formatBytes(size)}.`,
      because: `${GROWTH_TIMES} times what ${formatNumber(round(growth.perDay, 3))} MB a day between the two snapshots make in ${GROWTH_HOURS} h, ${LEAST_GROWTH_MB} MB at the least`,
      steps: [
        "Which table: SELECT oid::regclass, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC LIMIT 10; and compare with the sizes in the handbook.",
        "Dead rows are the commonest reason: see DeadRows.",
      ],
      trials: [
        { title: "fires", series: series(over + 1), at, fires: { labels: { ...target }, value: over + 1 } },
        { title: "just below", series: series(over), at, fires: null },
        { title: "not for long enough", series: series(over + 1), at: at - 1, fires: null },
        { title: "an ordinary day", series: series(Math.max(0, Math.round((growth.perDay * GROWTH_HOURS) / 24))), at, fires: null },
      ],
    },
  ];
}

// ------------------------------------------------------------------------------------------------------- temporary files

/** So many sorts at once that each spill a work_mem: ours. */
const SPILLS = 256;
const TEMPORARY_TIMES = 5;
const TEMPORARY_WINDOW = 15;

function temporaryAlert({ target, database }: Watched): Alert {
  const memory = database.settingNumber("work_mem") ?? 4 * 1024 ** 2;
  const written = database.server.counters.database?.temporaryBytes ?? null;
  const days = database.age.days;
  const usual = written === null || days === null || days < 1 ? null : (written / days / DAY_MINUTES) * TEMPORARY_WINDOW;
  const floor = (SPILLS * memory) / MB;
  const over = Math.ceil(Math.max(floor, ((usual ?? 0) * TEMPORARY_TIMES) / MB));
  return jumpAlert({
    target,
    metric: "luthier_database_temporary_bytes",
    scale: MB,
    name: "TemporaryFiles",
    window: TEMPORARY_WINDOW,
    over,
    step: 1,
    normal: Math.min(over / 2, Math.round((usual ?? 0) / MB)),
    hold: 10 * MINUTE,
    severity: "ticket",
    summary: ({ value }) => `${value} MB of temporary files in ${TEMPORARY_WINDOW} min`,
    description: () => `Sorts and hashes of more than work_mem = ${formatBytes(memory)} go to disk.`,
    because: `${over > floor + 1 ? `${TEMPORARY_TIMES} times the usual ${formatBytes(Math.round(usual ?? 0))}` : `${SPILLS} times work_mem = ${formatBytes(memory)}`} in ${TEMPORARY_WINDOW} min${usual === null ? "; what is usual is not known, the counters are too young" : ""}`,
    steps: [
      "Which statement: SELECT queryid, calls, temp_blks_written FROM pg_stat_statements ORDER BY temp_blks_written DESC LIMIT 5; see plan-sort-spill and plan-hash-spill in the handbook.",
      "Raise work_mem for the role that sends it, not for the server: every connection may take it several times.",
    ],
  });
}

// ----------------------------------------------------------------------------------------------------------------- cache

/** Fewer blocks do not make a share, and a cold start does not make a day: ours. */
const LEAST_BLOCKS = 1_000_000;
const LEAST_DAYS = 1;
const MISS_TIMES = 3;
const LEAST_MISS = 0.05;
const RATIO_WINDOW = 30;
/** Asked for in trials: a power of two, so that shares come out to the last bit. */
const EXACT = 2 ** 20;

function cacheAlert({ target, database }: Watched): Alert[] {
  const counters = database.server.counters.database;
  const days = database.age.days;
  const asked = counters === null ? 0 : counters.blocksHit + counters.blocksRead;
  if (counters === null || days === null || days < LEAST_DAYS || asked < LEAST_BLOCKS) return [];
  const missed = counters.blocksRead / asked;
  const over = round(Math.max(MISS_TIMES * missed, LEAST_MISS), 2);
  const least = Math.max(1, Math.round(((asked / days / DAY_MINUTES) * RATIO_WINDOW) / 4));
  if (over >= 1) return [];
  return [
    ratioAlert(
      { target, part: "blocks_read", whole: "blocks_asked", over, least, usual: missed },
      {
        name: "CacheMisses",
        severity: "ticket",
        summary: ({ value }) => `${value} % of the blocks asked for were not in shared buffers`,
        description: () =>
          `${formatNumber(round(missed * 100))} % is usual here (${formatNumber(asked)} blocks in ${formatNumber(round(days))} days), with shared_buffers = ${formatBytes(database.settingNumber("shared_buffers") ?? 0)}.`,
        because: `${MISS_TIMES} times the ${formatNumber(round(missed * 100))} % of ${formatNumber(round(days))} days, ${LEAST_MISS * 100} % at the least, when at least ${formatNumber(least)} blocks were asked for`,
        steps: [
          "What reads: SELECT queryid, calls, shared_blks_read FROM pg_stat_statements ORDER BY shared_blks_read DESC LIMIT 5; a plan that became a sequential scan shows in StatementSlower too.",
          "A report or a backup reads much once and needs no answer.",
        ],
      },
    ),
  ];
}

// ---------------------------------------------------------------------------------------------------------------- errors

const ROLLBACK_TIMES = 3;
const LEAST_ROLLBACK = 0.05;
const LEAST_TRANSACTIONS = 10_000;

function rollbackAlert({ target, database }: Watched): Alert[] {
  const counters = database.server.counters.database;
  const days = database.age.days;
  const all = counters === null ? 0 : counters.commits + counters.rollbacks;
  if (counters === null || days === null || days < LEAST_DAYS || all < LEAST_TRANSACTIONS) return [];
  const share = counters.rollbacks / all;
  const over = round(Math.max(ROLLBACK_TIMES * share, LEAST_ROLLBACK), 2);
  const least = Math.max(1, Math.round(((all / days / DAY_MINUTES) * RATIO_WINDOW) / 4));
  if (over >= 1) return [];
  return [
    ratioAlert(
      { target, part: "rollbacks", whole: "transactions", over, least, usual: share },
      {
        name: "Rollbacks",
        severity: "ticket",
        summary: ({ value }) => `${value} % of transactions are rolled back`,
        description: () =>
          `${formatNumber(round(share * 100))} % is usual here (${formatNumber(all)} transactions in ${formatNumber(round(days))} days): views raise, or timeouts cut in.`,
        because: `${ROLLBACK_TIMES} times the ${formatNumber(round(share * 100))} % of ${formatNumber(round(days))} days, ${LEAST_ROLLBACK * 100} % at the least`,
        steps: [
          "Look at the application's errors of the same minutes: IntegrityError, OperationalError and timeouts roll back.",
          "The server's log has each error with its statement (log_min_error_statement).",
        ],
      },
    ),
  ];
}

interface Ratio {
  readonly target: Watched["target"];
  readonly part: string;
  readonly whole: string;
  readonly over: number;
  readonly least: number;
  readonly usual: number;
}

/** In percent, so that the value reads as it is said. */
function ratioAlert(
  { target, part, whole, over, least, usual }: Ratio,
  said: Pick<Alert, "name" | "severity" | "summary" | "description" | "because" | "steps">,
): Alert {
  const grown = (metric: string): string => `max by (job, instance) (increase(luthier_database_${metric}${selector({ job: target.job })}[${RATIO_WINDOW}m]))`;
  const limit = round(over * 100, 3);
  const asked = EXACT * Math.ceil(least / EXACT);
  const labels = { ...target, ...SERVER };
  const series = (share: number, count: number): Trial["series"] => [
    { metric: `luthier_database_${part}`, labels, values: jumped((share / 100) * count, RATIO_WINDOW) },
    { metric: `luthier_database_${whole}`, labels, values: jumped(count, RATIO_WINDOW) },
  ];
  const beyond = Number((limit * 1.02).toPrecision(4));
  const below = Number((limit * 0.99).toPrecision(4));
  const fires = { labels: { ...target }, value: beyond };
  const hold = 10;
  return {
    ...said,
    digits: 1,
    expr: `100 * ${grown(part)} / ${grown(whole)} > ${limit} and ${grown(whole)} >= ${least}`,
    hold: hold * MINUTE,
    trials: [
      { title: "fires", series: series(beyond, asked), at: JUMP_AT + hold, fires },
      { title: "just below", series: series(below, asked), at: JUMP_AT + hold, fires: null },
      { title: "an ordinary day", series: series(Math.min(below, usual * 100), asked), at: JUMP_AT + hold, fires: null },
      { title: "not for long enough", series: series(beyond, asked), at: JUMP_AT + hold - 1, fires: null },
      { title: "over long ago", series: series(beyond, asked), at: JUMP_AT + RATIO_WINDOW + 1, fires: null },
      { title: "just enough", series: series(beyond, least), at: JUMP_AT + hold, fires },
      { title: "a quiet hour", series: series(beyond, least - 1), at: JUMP_AT + hold, fires: null },
    ],
  };
}

function deadlockAlert({ target, database }: Watched): Alert {
  const counted = database.server.counters.database?.deadlocks ?? null;
  const days = database.age.days;
  const perHour = counted === null || days === null || days < LEAST_DAYS ? 0 : counted / (days * 24);
  const over = Math.ceil(perHour * MISS_TIMES);
  return jumpAlert({
    target,
    metric: "luthier_database_deadlocks",
    name: "Deadlocks",
    window: 60,
    over,
    step: 1,
    normal: Math.floor(perHour),
    hold: 0,
    severity: "ticket",
    summary: ({ value }) => `${value} deadlocks in an hour`,
    description: () =>
      `Each one ended a transaction with an error after ${seconds((database.settingNumber("deadlock_timeout") ?? 1000) / 1000)}: a request failed.`,
    because:
      counted === null
        ? "any at all: how many are usual was not read"
        : perHour === 0
          ? `any at all: ${formatNumber(counted)} were counted${days === null ? "" : days < 1 ? " in less than a day" : ` in ${formatNumber(round(days))} days`}`
          : `${MISS_TIMES} times the usual ${formatNumber(round(perHour))} an hour`,
    steps: [
      "The server's log names both statements of each deadlock.",
      "Take the rows in one order everywhere: order_by('pk') before select_for_update(), and one order of tables in a transaction.",
    ],
  });
}

// ------------------------------------------------------------------------------------------------------------------- WAL

function archiverAlert({ target, isArchiving, database }: Watched): Alert[] {
  if (!isArchiving) return [];
  return [
    jumpAlert({
      target,
      metric: "luthier_archiver_failed",
      name: "ArchivingFails",
      window: 30,
      over: 0,
      step: 1,
      normal: 0,
      hold: 15 * MINUTE,
      severity: "page",
      summary: ({ value }) => `Archiving WAL failed ${value} times in 30 min`,
      description: () => "Each WAL file is kept until it is archived: the disk fills, and backups end at the last file that went out.",
      because: `any at all for 15 min: archive_mode is ${database.setting("archive_mode") ?? "on"} here`,
      steps: [
        "SELECT last_failed_wal, last_failed_time FROM pg_stat_archiver; and the log: it has what archive_command said.",
        "Space left: SELECT count(*) * 16 AS megabytes FROM pg_ls_waldir();",
      ],
    }),
  ];
}

// -------------------------------------------------------------------------------------------------------------- settings

/** Sources of values that the exporter's own session does not see. */
const OF_ONE_ROLE: ReadonlySet<string> = new Set(["user", "database user", "client", "session"]);

/** Rules are made of these values: after a change they judge by the wrong ones. */
function settingAlerts({ target, database }: Watched): Alert[] {
  return WATCHED_SETTINGS.flatMap((name): Alert[] => {
    const setting = database.server.settings.find((one) => one.name === name);
    const value = Number(setting?.value ?? Number.NaN);
    if (setting === undefined || !Number.isFinite(value) || OF_ONE_ROLE.has(setting.source)) return [];
    const labels = { ...target, name };
    const series = (values: string): Trial["series"] => [{ metric: "luthier_setting_value", labels: { ...labels, ...SERVER }, values }];
    const fires = { labels, value: value + 1 };
    return [
      {
        name: "SettingChanged",
        expr: `max by (job, instance, name) (luthier_setting_value${selector({ job: target.job, name })}) != ${value}`,
        hold: 15 * MINUTE,
        severity: "ticket",
        labels: { name },
        digits: Number.isInteger(value) ? 0 : 2,
        summary: ({ value: now }) => `${name} is ${now} now`,
        description: () =>
          `These rules were made for ${name} = ${value}${setting.unit === null ? "" : ` (${setting.unit})`}: run luthier snapshot and luthier tune again.`,
        because: `${name} was ${value}${setting.unit === null ? "" : ` ${setting.unit}`} at the snapshot`,
        steps: ["luthier snapshot --db URL, then luthier tune: thresholds follow the new value."],
        trials: [
          { title: "fires", series: series(`${value + 1}+0x17`), at: 15, fires },
          { title: "fires below", series: series(`${value - 1}+0x17`), at: 15, fires: { labels, value: value - 1 } },
          { title: "as it was", series: series(`${value}+0x17`), at: 16, fires: null },
          { title: "not for long enough", series: series(`${value + 1}+0x17`), at: 14, fires: null },
        ],
      },
    ];
  });
}
