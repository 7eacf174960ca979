/**
 * Settings that counters ask to change. Each states the counters, the arithmetic and what it takes. Formulas that look at memory alone (a quarter for
 * shared_buffers) bound a size here; they never ask for it.
 */
import type { Database, Statement } from "../../model/index.ts";
import { formatBytes, formatCount, formatMilliseconds, formatNumber, formatPercent } from "../../model/numbers.ts";
import { statementName } from "../database/statement-places.ts";
import { spanWords } from "../database/rates.ts";
import { vacuumPasses } from "./vacuum-memory.ts";
import { machineOf, RAM_UNKNOWN, roundDown, roundUp, settingText, type KnownMachine } from "../scaling/machine.ts";

export interface SettingProposal {
  readonly name: string;
  readonly current: string;
  /** As ALTER SYSTEM takes it; null where what is known does not size it. */
  readonly value: string | null;
  /** What plans are made with where no value for everybody is proposed. */
  readonly tried?: string;
  readonly severity: "warning" | "info";
  /** At most 25 words. */
  readonly claim: string;
  /** The counters that ask for it. */
  readonly counters: string;
  /** How the value comes about, and what it takes. */
  readonly arithmetic: string;
  readonly doubt: string;
  /** Takes effect at the next restart alone. */
  readonly needsRestart: boolean;
  readonly statements: readonly Statement[];
  readonly figures: Readonly<Record<string, number>>;
}

export interface SettingInput {
  readonly database: Database;
  readonly thresholds: Readonly<Record<string, number>>;
}

export function proposeSettings(input: SettingInput): readonly SettingProposal[] {
  return [
    sharedBuffers(input),
    cacheSize(input),
    workMem(input),
    maintenanceMemory(input),
    walSize(input),
    randomPage(input),
    readAhead(input),
    compiling(input),
  ].flatMap((one) => one ?? []);
}

type Made = Omit<SettingProposal, "name" | "current" | "needsRestart">;

function proposal(database: Database, name: string, made: Made): SettingProposal {
  const setting = database.server.settings.find((one) => one.name === name);
  return { name, current: currentText(database, name), needsRestart: setting?.context === "postmaster", ...made };
}

export function currentText(database: Database, name: string): string {
  const setting = database.server.settings.find((one) => one.name === name);
  const number = database.settingNumber(name);
  if (setting === undefined) return "unknown";
  return number !== null && number > 0 && /^(?:\d*kB|MB|GB|B)$/.test(setting.unit ?? "")
    ? settingText(number)
    : `${setting.value}${setting.unit === null || setting.unit === "8kB" ? "" : setting.unit}`;
}

const DAY = 86_400_000;

/** Days that this database's counters cover; null where that is not known, and below a day: an hour's business is nobody's size. */
function counted({ server: { counters } }: Database): number | null {
  const days = counters.since === null ? 0 : (Date.parse(counters.at) - Date.parse(counters.since)) / DAY;
  return days < 1 ? null : days;
}

// ------------------------------------------------------------------------------------------------------ shared_buffers

/** Of blocks asked for, those that were not in shared_buffers. Ours: below this a larger cache has next to nothing to give. */
const LEAST_MISSES = 0.02;
/** Read from outside in a day, below which nobody waits for it. Ours. */
const LEAST_READ_BYTES = 10 * 1024 ** 3;
/** pgtune and the manual: a quarter of the memory. */
const SHARE_OF_RAM = 0.25;
/** Below so much of the memory the quarter is worth a restart. Ours. */
const SMALL_SHARE = 0.15;

function sharedBuffers({ database, thresholds }: SettingInput): SettingProposal | null {
  const buffers = database.settingNumber("shared_buffers");
  const bytes = database.catalog.database.bytes;
  const now = database.server.counters.database;
  const days = counted(database);
  if (buffers === null || bytes === null || now === null || days === null || bytes <= buffers) return null;
  const read = now.blocksRead * database.server.blockSize;
  const misses = now.blocksRead / Math.max(1, now.blocksRead + now.blocksHit);
  if (misses < (thresholds["server-settings.misses"] ?? LEAST_MISSES) || read / days < (thresholds["server-settings.readBytes"] ?? LEAST_READ_BYTES))
    return null;
  const machine = machineOf(database, thresholds);
  const { memoryBytes } = machine;
  if (memoryBytes !== null && buffers >= SMALL_SHARE * memoryBytes) return null;
  const target = memoryBytes === null ? null : Math.max(buffers, roundDown(Math.min(SHARE_OF_RAM * memoryBytes, roundUp(bytes))));
  if (target !== null && target <= buffers) return null;
  return proposal(database, "shared_buffers", {
    value: target === null ? null : settingText(target),
    severity: "warning",
    claim: `\`shared_buffers\` is ${settingText(buffers)} for a database of ${formatBytes(bytes)}: ${formatPercent(misses)} of its block reads come from outside, ${formatBytes(read / days)} a day.`,
    counters: `pg_stat_database over ${spanWords(days)}: ${formatNumber(now.blocksRead)} blocks read, ${formatNumber(now.blocksHit)} found in shared_buffers.${readTime(database)}`,
    arithmetic:
      target === null
        ? RAM_UNKNOWN
        : `A quarter of ${formatMemory(machine)} is ${settingText(roundDown(SHARE_OF_RAM * (memoryBytes ?? 0)))}; more than the database's ${formatBytes(bytes)} has no use. It takes a restart, and ${settingText(target - buffers)} more of memory.`,
    doubt: readsAreCached(database) ?? "whether these reads came from the disk or from the operating system's cache is not in the counters (track_io_timing)",
    statements: readers(database),
    figures: { sharedBuffers: buffers, databaseBytes: bytes, blocksRead: now.blocksRead, blocksHit: now.blocksHit },
  });
}

const formatMemory = ({ memoryBytes, memorySaid }: KnownMachine): string => `${settingText(memoryBytes ?? 0)} of memory (${memorySaid})`;

/** This project's measurements: 1 to 3 µs a block are a copy out of the operating system's cache, 5 and more a disk. */
const CACHED_MS = 0.005;

/** Milliseconds of one block read; null without track_io_timing. */
export function blockReadMs(database: Database): number | null {
  const timed = database.server.statements.filter(({ readMs, sharedRead }) => readMs !== null && sharedRead > 0);
  const blocks = timed.reduce((sum, one) => sum + one.sharedRead, 0);
  return blocks === 0 ? null : timed.reduce((sum, one) => sum + (one.readMs ?? 0), 0) / blocks;
}

/** Why no time of reads is known. Statements that found all in memory have none either, whatever the setting is. */
export function noReadTime(database: Database): string {
  return timesReads(database) ? "track_io_timing is on, and no read was timed" : "track_io_timing is off";
}

export const timesReads = ({ server }: Database): boolean => server.settings.some(({ name, value }) => name === "track_io_timing" && value === "on");

function readTime(database: Database): string {
  const ms = blockReadMs(database);
  return ms === null ? "" : ` A block read took ${formatMilliseconds(ms)} ms (pg_stat_statements).`;
}

function readsAreCached(database: Database): string | null {
  const ms = blockReadMs(database);
  if (ms === null) return null;
  return ms < CACHED_MS
    ? `at ${formatMilliseconds(ms)} ms a block these reads are copies out of the operating system's cache: little time is to be won`
    : "a table that is read whole once a day fills any cache and would still be read from outside";
}

const SHOWN = 3;

function readers({ workload }: Database): readonly Statement[] {
  return workload.statements
    .filter(({ sharedRead }) => (sharedRead ?? 0) > 0)
    .toSorted((a, b) => (b.sharedRead ?? 0) - (a.sharedRead ?? 0))
    .slice(0, SHOWN);
}

// -------------------------------------------------------------------------------------------------- effective_cache_size

/** pgtune: three quarters of the memory. */
const CACHE_SHARE = 0.75;
/** Below this part of the memory the planner takes what is cached for what is not. Ours. */
const SMALL_CACHE = 0.375;

/** It takes no memory: the planner believes it. */
function cacheSize({ database, thresholds }: SettingInput): SettingProposal | null {
  const cache = database.settingNumber("effective_cache_size");
  const buffers = database.settingNumber("shared_buffers");
  const machine = machineOf(database, thresholds);
  const { memoryBytes } = machine;
  if (cache === null || buffers === null) return null;
  const target = memoryBytes === null ? null : roundDown(CACHE_SHARE * memoryBytes);
  const words = cacheWords(cache, buffers, machine, database.catalog.database.bytes ?? 0);
  if (words === null) return null;
  return proposal(database, "effective_cache_size", {
    ...words,
    value: target === null ? (cache < buffers ? settingText(buffers) : null) : settingText(Math.max(target, buffers)),
    severity: "info",
    arithmetic:
      target === null
        ? `At least shared_buffers, ${settingText(buffers)}, which is part of it. ${RAM_UNKNOWN}`
        : `Three quarters of ${formatMemory(machine)}. It reserves nothing: the planner reckons with it.`,
    doubt: "plans change with it: those of the statements with most time are to be compared before and after (luthier advise indexes plans with both)",
    statements: [],
    figures: { effectiveCacheSize: cache, sharedBuffers: buffers, ...(memoryBytes === null ? {} : { memory: memoryBytes }) },
  });
}

/** What is smaller than the cache is cached either way. */
function cacheWords(cache: number, buffers: number, { memoryBytes }: KnownMachine, bytes: number): Pick<Made, "claim" | "counters"> | null {
  const counters = `pg_settings: effective_cache_size ${settingText(cache)}, shared_buffers ${settingText(buffers)}.`;
  if (memoryBytes !== null && cache > memoryBytes && bytes > memoryBytes)
    return {
      claim: `\`effective_cache_size\` is ${settingText(cache)} on a server of ${settingText(memoryBytes)}: the planner takes for cached what is read from disk.`,
      counters,
    };
  if (cache < buffers)
    return {
      claim: `\`effective_cache_size\` is ${settingText(cache)}, less than \`shared_buffers\` of ${settingText(buffers)}, which it includes.`,
      counters,
    };
  if (memoryBytes !== null && cache < SMALL_CACHE * memoryBytes && bytes > cache)
    return {
      claim: `\`effective_cache_size\` is ${settingText(cache)} of ${settingText(memoryBytes)} of memory: the planner takes repeated index reads for disk reads.`,
      counters,
    };
  return null;
}

// -------------------------------------------------------------------------------------------------------------- work_mem

/** pganalyze warns from a gigabyte an hour on; of temporary files in a day. */
const LEAST_TEMP_BYTES = 1024 ** 3;
/** Of one call: less is an honest sort. Ours. */
const LEAST_CALL_BYTES = 1024 ** 2;
/** What spilled takes two to three times as much in memory (this project's notes on plans). */
const IN_MEMORY = 3;
/** Of the memory for all work areas at once, at two a session (this project's notes on settings). */
const WORK_SHARE = 0.25;
const AREAS = 2;

function workMem({ database, thresholds }: SettingInput): SettingProposal | null {
  const days = counted(database);
  const temporary = database.server.counters.database?.temporaryBytes ?? 0;
  const current = database.settingNumber("work_mem");
  if (days === null || current === null || temporary / days < (thresholds["server-settings.tempBytes"] ?? LEAST_TEMP_BYTES)) return null;
  const spilling = spillers(database);
  const largest = Math.max(0, ...spilling.map((one) => bytesACall(one, database)));
  const needed = roundUp(Math.max(current * 2, largest * IN_MEMORY));
  const bound = workBound(database, thresholds);
  const isGlobal = bound !== null && largest > 0 && needed <= bound.bytes;
  return proposal(database, "work_mem", {
    value: isGlobal ? settingText(needed) : null,
    ...(largest > 0 ? { tried: settingText(needed) } : {}),
    severity: "warning",
    claim: `Sorts and hashes outgrow \`work_mem\` of ${settingText(current)}: ${formatBytes(temporary / days)} of temporary files a day${largest === 0 ? "" : `, ${formatBytes(largest)} in one call`}.`,
    counters: `pg_stat_database over ${spanWords(days)}: ${formatCount(database.server.counters.database?.temporaryFiles ?? 0, "temporary file")}, ${formatBytes(temporary)}.${spillWords(spilling, database)}`,
    arithmetic: workWords({ largest, needed, bound, database }),
    doubt: "a session that sets work_mem for itself has another limit; a report that runs once a night needs it for itself alone",
    statements: spilling,
    figures: { temporaryBytes: temporary, days: Number(days.toFixed(2)), workMem: current, needed },
  });
}

const bytesACall = ({ tempWritten, calls }: Statement, { server }: Database): number => ((tempWritten ?? 0) * server.blockSize) / Math.max(1, calls);

function spillers(database: Database): readonly Statement[] {
  const spilling = database.workload.statements.filter((one) => bytesACall(one, database) >= LEAST_CALL_BYTES);
  return spilling.toSorted((a, b) => (b.tempWritten ?? 0) - (a.tempWritten ?? 0)).slice(0, SHOWN);
}

function spillWords(spilling: readonly Statement[], database: Database): string {
  if (spilling.length === 0) return " No statement of pg_stat_statements writes a megabyte a call: whose files they are is not known.";
  return ` ${spilling.map((one) => `${statementName(one)} writes ${formatBytes(bytesACall(one, database))} a call`).join("; ")}.`;
}

interface WorkBound {
  readonly bytes: number;
  readonly said: string;
}

/** What each work area can have when all active sessions have two; null without memory or sessions. */
function workBound(database: Database, thresholds: SettingInput["thresholds"]): WorkBound | null {
  const machine = machineOf(database, thresholds);
  const connections = database.settingNumber("max_connections");
  if (machine.memoryBytes === null || connections === null) return null;
  const seen = database.server.waits?.hidden === 0 ? Math.max(1, database.server.waits.active.most) : null;
  const sessions = seen ?? connections;
  const bytes = (WORK_SHARE * machine.memoryBytes) / (sessions * AREAS);
  return {
    bytes,
    said: `A quarter of ${formatMemory(machine)} for ${seen === null ? `all max_connections = ${connections}` : `${formatCount(seen, "session")} that were active at most`}, two areas each, is ${settingText(roundDown(bytes))}`,
  };
}

function workWords({
  largest,
  needed,
  bound,
  database,
}: {
  readonly largest: number;
  readonly needed: number;
  readonly bound: WorkBound | null;
  readonly database: Database;
}): string {
  const multiplier = database.settingNumber("hash_mem_multiplier");
  const hashes = multiplier === null || multiplier === 1 ? "" : ` A hash may take ${formatNumber(multiplier)} times as much (hash_mem_multiplier).`;
  const need = largest === 0 ? "" : `${formatBytes(largest)} on disk need about ${settingText(needed)} in memory. `;
  if (bound === null) return `${need}${RAM_UNKNOWN} Until then, SET LOCAL work_mem before these statements is bounded by what they need.${hashes}`;
  if (largest === 0) return `${bound.said}: the most that work_mem can be for everybody.${hashes}`;
  if (needed <= bound.bytes) return `${need}${bound.said}: it fits for everybody.${hashes}`;
  return `${need}${bound.said}: too little for everybody, so SET LOCAL work_mem = '${settingText(needed)}' before these statements, or ALTER ROLE for the reports' role.${hashes}`;
}

// -------------------------------------------------------------------------------------------------- maintenance_work_mem

function maintenanceMemory({ database, thresholds }: SettingInput): SettingProposal | null {
  const worst = vacuumPasses(database);
  if (worst === null) return null;
  const machine = machineOf(database, thresholds);
  const workers = database.settingNumber("autovacuum_max_workers") ?? 1;
  const target = roundUp(worst.needed);
  const fits = machine.memoryBytes === null ? null : workers * target <= machine.memoryBytes / 8;
  return proposal(database, worst.setting, {
    value: fits === true ? settingText(target) : null,
    severity: "info",
    claim: `A vacuum of \`${worst.table}\` removes ${formatNumber(worst.rows)} dead rows in ${worst.passes} passes over ${formatBytes(worst.indexBytes)} of indexes, with ${settingText(worst.memory)} for their list.`,
    counters: `Autovacuum comes to the table at ${formatNumber(worst.rows)} dead rows (its settings, pg_class); before 17, each takes 6 bytes of the list.`,
    arithmetic:
      fits === null
        ? `${formatNumber(worst.rows)} × 6 bytes = ${formatBytes(worst.needed)}. ${RAM_UNKNOWN}`
        : `${formatNumber(worst.rows)} × 6 bytes = ${formatBytes(worst.needed)}; ${workers} autovacuum workers take up to ${settingText(target * workers)} of ${formatMemory(machine)}.`,
    doubt: "a lower autovacuum_vacuum_scale_factor of the table makes the list shorter too, and is the better cure where vacuum comes too late",
    statements: [],
    figures: { deadRows: worst.rows, needed: worst.needed, indexBytes: worst.indexBytes, passes: worst.passes },
  });
}

// ---------------------------------------------------------------------------------------------------------- max_wal_size

/** Checkpoints that were asked for by WAL, of all (common rules of alerting: half). */
const LEAST_REQUESTED = 0.5;
/** Fewer checkpoints tell of one load or one backup. Ours. */
const LEAST_CHECKPOINTS = 20;
/** WAL between checkpoints that max_wal_size must hold (this project's notes on settings). */
const WAL_ROOM = 2.5;
const GIGABYTE = 1024 ** 3;

function walSize({ database, thresholds }: SettingInput): SettingProposal | null {
  const { checkpoints, wal, at } = database.server.counters;
  const current = database.settingNumber("max_wal_size");
  const timeout = database.settingNumber("checkpoint_timeout");
  if (checkpoints === null || current === null || timeout === null || checkpoints.since === null || database.server.role === "replica") return null;
  const all = checkpoints.timed + checkpoints.requested;
  const share = checkpoints.requested / Math.max(1, all);
  if (all < LEAST_CHECKPOINTS || share < (thresholds["server-settings.requested"] ?? LEAST_REQUESTED)) return null;
  const span = Date.parse(at) - Date.parse(checkpoints.since);
  const every = span / all;
  if (every >= timeout) return null;
  const bySpacing = (current * timeout) / every;
  const rate = walRate(wal, at);
  const byRate = rate === null ? 0 : ((rate * timeout) / 1000) * WAL_ROOM;
  const target = Math.ceil(Math.max(current * 2, bySpacing, byRate) / GIGABYTE) * GIGABYTE;
  const walWords = rate === null ? "" : ` WAL comes at ${formatBytes(rate)} a second (pg_stat_wal)${fullPages(wal)}.`;
  return proposal(database, "max_wal_size", {
    value: settingText(target),
    severity: "warning",
    claim: `${formatPercent(share)} of ${formatNumber(all)} checkpoints were forced by WAL beyond \`max_wal_size\` of ${settingText(current)}: one every ${spanWords(every / DAY)} instead of every ${spanWords(timeout / DAY)}.`,
    counters: `${formatNumber(checkpoints.requested)} requested and ${formatNumber(checkpoints.timed)} timed checkpoints in ${spanWords(span / DAY)}.${walWords} After each, every page that changes is written to WAL whole.`,
    arithmetic: `${settingText(current)} lasted ${spanWords(every / DAY)}; for checkpoint_timeout of ${spanWords(timeout / DAY)} it takes ${settingText(Math.ceil(bySpacing / 1024 ** 2) * 1024 ** 2)}${byRate > bySpacing ? `, and by the rate of WAL ${settingText(Math.ceil(byRate / 1024 ** 2) * 1024 ** 2)}` : ""}. pg_wal then takes up to ${settingText(target)} of disk, and recovery after a crash reads as much.`,
    doubt: "backups and CHECKPOINT commands are counted as requested too",
    statements: database.workload.statements
      .filter(({ walBytes }) => (walBytes ?? 0) > 0)
      .toSorted((a, b) => (b.walBytes ?? 0) - (a.walBytes ?? 0))
      .slice(0, SHOWN),
    figures: { requested: checkpoints.requested, timed: checkpoints.timed, everyMs: Math.round(every), maxWalSize: current },
  });
}

/** Bytes a second since the counters' reset. */
export function walRate(wal: Database["server"]["counters"]["wal"], at: string): number | null {
  const bytes = Number(wal?.["wal_bytes"] ?? Number.NaN);
  const since = wal?.["stats_reset"];
  const seconds = typeof since === "string" ? (Date.parse(at) - Date.parse(since)) / 1000 : Number.NaN;
  return Number.isFinite(bytes) && seconds > 0 ? bytes / seconds : null;
}

function fullPages(wal: Database["server"]["counters"]["wal"]): string {
  const pages = Number(wal?.["wal_fpi"] ?? Number.NaN);
  const bytes = Number(wal?.["wal_bytes"] ?? Number.NaN);
  return Number.isFinite(pages) && bytes > 0 ? `, ${formatPercent(Math.min(1, (pages * 8192) / bytes))} of it whole pages at most` : "";
}

// ------------------------------------------------------------------------------------------------------ planner, reading

/**
 * Only what is wrong on any disk. 1.1, which is advised everywhere, made this project's own benchmark twice as slow with effective_cache_size at its default
 * (TPC-H SF1, 18 queries, 2 workers: 11.4 s to 23.0 s), so that it is never proposed: a cheaper page has to be tried on the statements themselves.
 */
function randomPage({ database }: SettingInput): SettingProposal | null {
  const random = Number(database.setting("random_page_cost"));
  const sequential = Number(database.setting("seq_page_cost"));
  if (!(random > 0) || !(sequential > 0) || random >= sequential) return null;
  return proposal(database, "random_page_cost", {
    value: String(sequential),
    severity: "warning",
    claim: `\`random_page_cost\` is ${random}, below \`seq_page_cost\` of ${sequential}: the planner takes reading here and there for cheaper than reading on.`,
    counters: `pg_settings.${readTime(database)}`,
    arithmetic: "Equal costs say that all is in memory; no storage reads at random faster than in order. It takes no memory.",
    doubt: "plans of all statements hang on it: compare those with most time before and after",
    statements: [],
    figures: { randomPageCost: random, seqPageCost: sequential },
  });
}

/** Of statements' time, spent on reading. Ours. */
const LEAST_READING = 0.1;
/** The default from PostgreSQL 18 on. */
const READ_AHEAD = 16;

/** Bitmap scans alone read ahead before 18. */
function readAhead({ database, thresholds }: SettingInput): SettingProposal | null {
  const current = Number(database.setting("effective_io_concurrency"));
  const ms = blockReadMs(database);
  if (!(current >= 0) || current > 1 || ms === null || ms < CACHED_MS) return null;
  const bitmaps = database.workload.plans.filter(({ root }) => bitmapReads(root) > 0);
  if (bitmaps.length === 0) return null;
  const total = database.server.statements.reduce((sum, one) => sum + one.totalMs, 0);
  const reading = database.server.statements.reduce((sum, one) => sum + (one.readMs ?? 0), 0);
  if (total === 0 || reading / total < (thresholds["server-settings.reading"] ?? LEAST_READING)) return null;
  const ids = new Set(bitmaps.map(({ statement }) => statement));
  return proposal(database, "effective_io_concurrency", {
    value: String(READ_AHEAD),
    severity: "info",
    claim: `Bitmap scans read one page at a time: \`effective_io_concurrency\` is ${current}, a block takes ${formatMilliseconds(ms)} ms, reading is ${formatPercent(reading / total)} of all time.`,
    counters: `pg_stat_statements: ${formatMilliseconds(reading)} of ${formatMilliseconds(total)} ms spent on reading; ${formatCount(bitmaps.length, "plan")} with a bitmap scan that reads from outside.`,
    arithmetic: `${READ_AHEAD} is the default from PostgreSQL 18 on. It takes no memory to speak of.`,
    doubt: "on one spinning disk there is nothing to read at once",
    statements: database.workload.statements.filter(({ id }) => ids.has(id)).slice(0, SHOWN),
    figures: { readMs: Math.round(reading), totalMs: Math.round(total) },
  });
}

type Node = Database["workload"]["plans"][number]["root"];

function bitmapReads(node: Node): number {
  const own = node.type === "Bitmap Heap Scan" ? (node.blocks?.read ?? 0) : 0;
  return own + node.children.reduce((sum, one) => sum + bitmapReads(one), 0);
}

/** Of all statements' time. Ours: where it is less, single statements are the matter (plan-jit). */
const LEAST_COMPILING = 0.05;

/** Statements that are named, the most compiling first; the others' part is small. Ours. */
const MOST_COMPILED = 12;

const sumOf = (values: readonly number[]): number => Math.round(values.reduce((sum, one) => sum + one, 0));

function compiling({ database, thresholds }: SettingInput): SettingProposal | null {
  if (database.setting("jit") !== "on") return null;
  const timed = database.workload.statements.filter(({ jitMs }) => jitMs !== null);
  const jit = timed.reduce((sum, { jitMs }) => sum + (jitMs ?? 0), 0);
  const total = database.workload.totalMs;
  if (total <= 0 || jit / total < (thresholds["server-settings.jit"] ?? LEAST_COMPILING)) return null;
  const compiled = timed
    .filter(({ jitMs }) => (jitMs ?? 0) > 0)
    .toSorted((a, b) => (b.jitMs ?? 0) - (a.jitMs ?? 0))
    .slice(0, MOST_COMPILED);
  const worst = compiled.slice(0, SHOWN);
  return proposal(database, "jit", {
    value: "off",
    severity: "warning",
    claim: `Compiling statements (JIT) takes ${formatPercent(Math.min(1, jit / total))} of the time of all statements: ${formatMilliseconds(jit)} of ${formatMilliseconds(total)} ms.`,
    counters: `pg_stat_statements: ${worst.map((one) => `${statementName(one)} ${formatMilliseconds((one.jitMs ?? 0) / Math.max(1, one.calls))} of ${formatMilliseconds(one.meanMs)} ms a call`).join("; ")}.`,
    arithmetic: "It takes no memory; a report that gains by it can SET jit = on for itself.",
    doubt: "statements of many seconds may run longer without it",
    statements: compiled,
    figures: {
      jitMs: Math.round(jit),
      totalMs: Math.round(total),
      removedMs: sumOf(compiled.map(({ jitMs }) => jitMs ?? 0)),
      ofMs: sumOf(compiled.map(({ totalMs }) => totalMs)),
    },
  });
}
