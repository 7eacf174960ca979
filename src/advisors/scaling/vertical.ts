/** 7.2: what bounds the server, what its counters ask of its settings, and what the other chapters' changes free before hardware is bought. */
import type { Advice, AdviceTable, AdvisorInput, Database, Plot } from "../../model/index.ts";
import { capitalised } from "../../model/capitals.ts";
import { formatBytes, formatCost, formatCount, formatMilliseconds, formatNumber, formatPercent } from "../../model/numbers.ts";
import { spanWords } from "../../rules/database/rates.ts";
import { machineOf, RAM_UNKNOWN } from "../../rules/scaling/machine.ts";
import { noReadTime, proposeSettings, timesReads, walRate } from "../../rules/server-settings/proposals.ts";
import { boundOf, concurrencyOf, LEAST_SAMPLES, REMEDIES, sharesWords, splitOf, type BoundVerdict } from "./bound.ts";
import { freedBy, type Freed } from "./freed.ts";
import { settingsTable } from "./kept-settings.ts";
import { managedBy, settingsFiles } from "./settings-file.ts";

const SECTION = "7.2";

export function adviseVertical(input: AdvisorInput): Advice {
  const { database } = input;
  const freed = freedBy(input);
  return database === null ? withoutDatabase(input, freed) : withDatabase(input, database, freed);
}

const INTERVAL = "luthier snapshot --db URL --interval 60";

function withoutDatabase({ recording }: AdvisorInput, freed: Freed | null): Advice {
  return {
    advisor: "scaling",
    section: SECTION,
    claim:
      freed === null
        ? "What bounds the database's server is not known: no look at it was taken."
        : `What bounds the server is not known; changes found elsewhere remove ${removedWords(freed)} of the time recorded.`,
    reasons: freed === null ? [] : [freedWords(freed)],
    tables: freed === null ? [] : freedTable(freed),
    plots: freed === null ? [] : freedPlot(freed),
    artefacts: [],
    examples: [],
    rung: recording === null ? "inferred" : "recorded",
    examined: recording === null ? "no server, no recording" : `${formatNumber(recording.statements)} statements of a recording`,
    missing: `settings, counters and a minute of what sessions wait for: ${INTERVAL}`,
    doubt: freed === null ? "" : "the recording's mix of requests stands for production's",
  };
}

function withDatabase(input: AdvisorInput, database: Database, freed: Freed | null): Advice {
  const { thresholds } = input;
  const machine = machineOf(database, thresholds);
  const waits = database.server.waits ?? null;
  const verdict = boundOf(waits, machine);
  const proposals = proposeSettings({ database, thresholds });
  const settings = settingsTable(database, proposals, thresholds);
  return {
    advisor: "scaling",
    section: SECTION,
    claim: claimOf(database, verdict, freed),
    reasons: [...boundReasons(database, verdict), ...settingReasons(database, proposals), ...(freed === null ? [] : [freedWords(freed)])],
    tables: [boundTable(database, verdict), settings, ...(freed === null ? [] : freedTable(freed))],
    plots: [...boundPlot(database, verdict), ...(freed === null ? [] : freedPlot(freed))],
    artefacts: settingsFiles(database, proposals),
    examples: [],
    rung: waits === null ? "recorded" : verdict.bound === "unknown" ? "recorded" : "measured",
    examined: `${formatCount(settings.rows.length, "setting")}, ${formatCount(database.server.statements.length, "statement")}${waits === null ? "" : `, ${formatCount(waits.samples, "sample")} of sessions`}`,
    missing: missingOf(database, verdict, machine.memoryBytes, machine.cores),
    doubt: `${waits === null ? "counters are sums since their reset, and hide the hour that hurts" : `${formatCount(waits.samples, "second")} of sessions from ${waits.from.slice(0, 16).replace("T", " ")} on stand for the busy hour only if they were of it`}; gains of single changes are added up once each, and rest on the findings' own evidence`,
  };
}

// ------------------------------------------------------------------------------------------------------------------ words

function claimOf(database: Database, { bound, said, shares }: BoundVerdict, freed: Freed | null): string {
  const removes = freed === null || freed.removed <= 0 ? "" : `; changes found elsewhere remove ${removedWords(freed)} of its statements' time`;
  const [most] = shares;
  if (bound === "nothing" && most !== undefined)
    return `Nothing bounds ${database.server.address}: ${said.split(",")[0] ?? ""}, ${formatPercent(most.share)} of them ${onWait(most.wait)}${removes}.`;
  if (bound === "nothing")
    return `Nothing bounds ${database.server.address}: no session was active in ${database.server.waits?.samples ?? 0} samples${removes}.`;
  if (bound !== "unknown" && most !== undefined)
    return `${bound} bounds ${database.server.address}: ${said.split(",")[0] ?? ""}, ${formatPercent(most.share)} of them ${onWait(most.wait)}${removes}.`;
  return `What bounds ${database.server.address} is not known${database.server.waits == null ? " from one look" : ""}${removes}.`;
}

const onWait = (wait: string): string => (wait === "CPU" ? "on the CPU" : wait === "reading" || wait === "writing WAL" ? wait : `waiting for ${wait}`);

/** Sessions at work: below it, no server is too small. Ours. */
const IDLE = 0.01;

function boundReasons(database: Database, verdict: BoundVerdict): string[] {
  const { bound, shares, said } = verdict;
  const reasons: string[] = [];
  if (said !== "") reasons.push(`${capitalised(said)}${shares.length === 0 ? "" : `: ${sharesWords(shares)}`}.`);
  const counted = concurrencyOf(database);
  if (counted !== null && counted.active < IDLE)
    reasons.push(
      `By pg_stat_database over ${spanWords(counted.seconds / 86_400)}, less than one session in a hundred of \`${database.catalog.database.name}\` was at work at any time: what is slow there is slow for its own reasons.`,
    );
  else if (counted !== null)
    reasons.push(
      `By pg_stat_database over ${spanWords(counted.seconds / 86_400)}, ${figure(counted.active)} sessions of \`${database.catalog.database.name}\` were at work on average and ${figure(counted.inTransaction)} idle in a transaction.`,
    );
  if (bound !== "unknown" && bound !== "nothing") reasons.push(`With ${bound} as the bound of ${database.server.address}: ${REMEDIES[bound]}.`);
  return reasons;
}

const figure = (value: number): string => formatNumber(Number(value.toPrecision(2)));

function settingReasons(database: Database, proposals: ReturnType<typeof proposeSettings>): string[] {
  const managed = managedBy(database);
  const words = proposals.map(
    ({ name, value, current, needsRestart }) => `\`${name}\` ${current} → ${value ?? "not sized"}${needsRestart && value !== null ? ", with a restart" : ""}`,
  );
  return proposals.length === 0
    ? []
    : [
        `Counters of ${database.server.address} ask for ${formatCount(proposals.length, "change")} of its settings: ${words.join("; ")}.${managed === null ? "" : ` ${managed}`}`,
      ];
}

function freedWords(freed: Freed): string {
  const { base, removed, low, high, changes, unsized } = freed;
  if (changes.length === 0)
    return `No finding has figures of what it removes of the ${timeWords(freed, base.total)} (${base.source})${unsized === 0 ? "" : `; ${formatCount(unsized, "finding")} lead to statements without them`}.`;
  const range =
    removed / base.total >= WORTH_SAYING && (low < removed * 0.95 || high > removed * 1.05)
      ? ` (${formatPercent(low / base.total)} to ${formatPercent(high / base.total)})`
      : "";
  const share = removed / base.total;
  const slower =
    share < WORTH_SAYING ? "" : `: what is left would fit a server ${formatNumber(Number((1 / Math.max(0.01, 1 - share)).toPrecision(2)))} times slower`;
  const rest = unsized === 0 ? "" : ` ${formatCount(unsized, "further finding")} lead to statements, with no figure of what they remove.`;
  return `Before hardware: ${formatCount(changes.length, "change")} of other chapters remove ${removedWords(freed)}${range} of the statements' time, ${timeWords(freed, base.total)} in all${slower}.${rest}`;
}

/** Ours: less is within the noise of the figures behind it. */
const WORTH_SAYING = 0.05;

/** `34 %, 0.41 s/min`; the share alone where the time is nothing to anybody. */
function removedWords(freed: Freed): string {
  const share = formatPercent(freed.removed / freed.base.total);
  return freed.removed < LEAST_TIME ? share : `${share}, ${timeWords(freed, freed.removed)},`;
}

const LEAST_TIME = 0.001;

function timeWords({ base }: Freed, time: number): string {
  return `${formatCost(time)} ${base.unit}`;
}

// ----------------------------------------------------------------------------------------------------------------- tables

function boundTable(database: Database, { shares, bound }: BoundVerdict): AdviceTable {
  const { server } = database;
  const { counters, waits = null } = server;
  const split = splitOf(server);
  const rows: string[][] = [
    ["bound", bound, waits === null ? "no --interval: nothing was sampled" : `${formatCount(waits.samples, "sample")}, ${LEAST_SAMPLES} needed`],
  ];
  for (const { wait, sessions, share } of shares)
    rows.push([`active sessions: ${wait}`, `${figure(sessions)} (${formatPercent(share)})`, "pg_stat_activity, once a second"]);
  if (split !== null) {
    const of = (ms: number): string => `${formatMilliseconds(ms)} ms (${formatPercent(ms / split.totalMs)})`;
    rows.push(["statements' time", `${formatMilliseconds(split.totalMs)} ms`, "pg_stat_statements"]);
    rows.push(["of it reading", split.readMs === null ? "not known" : of(split.readMs), split.readMs === null ? noReadTime(database) : "pg_stat_statements"]);
    if (split.readMs !== null)
      rows.push(["of it neither reading nor writing", of(Math.max(0, split.totalMs - split.readMs - (split.writeMs ?? 0))), "CPU, and waits for locks"]);
    if (split.jitMs > 0) rows.push(["of it compiling (JIT)", of(split.jitMs), "pg_stat_statements"]);
    if (split.planMs !== null) rows.push(["planning, beside it", `${formatMilliseconds(split.planMs)} ms`, "pg_stat_statements"]);
  }
  const { database: now, checkpoints } = counters;
  if (now !== null) {
    rows.push([
      "block reads from outside shared_buffers",
      `${formatNumber(now.blocksRead)} of ${formatNumber(now.blocksRead + now.blocksHit)} (${formatPercent(now.blocksRead / Math.max(1, now.blocksRead + now.blocksHit))})`,
      "pg_stat_database",
    ]);
    rows.push(["temporary files", `${formatCount(now.temporaryFiles, "file")}, ${formatBytes(now.temporaryBytes)}`, "pg_stat_database"]);
    rows.push(["deadlocks", formatNumber(now.deadlocks), "pg_stat_database"]);
  }
  if (checkpoints !== null)
    rows.push([
      "checkpoints forced, of all",
      `${formatNumber(checkpoints.requested)} of ${formatNumber(checkpoints.requested + checkpoints.timed)}`,
      server.versionNumber >= 170_000 ? "pg_stat_checkpointer" : "pg_stat_bgwriter",
    ]);
  const rate = walRate(counters.wal, counters.at);
  if (rate !== null) rows.push(["WAL", `${formatBytes(Math.round(rate))}/s`, "pg_stat_wal since its reset"]);
  rows.push(connectionsRow(database));
  return {
    title: `What ${server.address} is busy with`,
    head: ["figure", "value", "from"],
    rows,
    numeric: [1],
    source: `PostgreSQL ${server.version}, ${counters.at.slice(0, 16).replace("T", " ")}`,
  };
}

function connectionsRow(database: Database): string[] {
  const { server } = database;
  const clients = server.waits?.hidden === 0 ? Math.round(server.waits.sessions.most) : server.activity.filter(({ kind }) => kind === "client backend").length;
  return [
    "client sessions, of max_connections",
    `${formatNumber(clients)} of ${database.setting("max_connections") ?? "unknown"}`,
    server.waits?.hidden === 0 ? "most of the samples, all databases" : "one look, this database",
  ];
}

function freedTable(freed: Freed): AdviceTable[] {
  const { base, changes } = freed;
  if (changes.length === 0) return [];
  return [
    {
      title: "Fixes before hardware",
      head: ["change", "place", "rule", "of all time", "basis"],
      rows: changes.slice(0, SHOWN).map(({ claim, place, rule, marginal, basis }) => [claim, place, rule, formatPercent(marginal / base.total), basis]),
      numeric: [3],
      source: base.source,
    },
  ];
}

const SHOWN = 10;

// ------------------------------------------------------------------------------------------------------------------ plots

function boundPlot(database: Database, { shares, said, bound }: BoundVerdict): Plot[] {
  const [most] = shares;
  if (most !== undefined) {
    return [
      {
        kind: "bars",
        question: "What are active sessions busy with?",
        answer: `${formatPercent(most.share)} ${onWait(most.wait)}; ${said}.`,
        source: `pg_stat_activity of ${database.server.address}, once a second`,
        unit: "sessions",
        bars: shares.map(({ wait, sessions }, index) => ({
          label: wait,
          value: sessions,
          tone: index === 0 && bound !== "nothing" && bound !== "unknown" ? ("found" as const) : ("other" as const),
        })),
      },
    ];
  }
  const split = splitOf(database.server);
  if (split === null || split.readMs === null) return [];
  const rest = Math.max(0, split.totalMs - split.readMs - (split.writeMs ?? 0) - split.jitMs);
  return [
    {
      kind: "bars",
      question: "What does the statements' time go on?",
      answer: `${formatPercent(split.readMs / split.totalMs)} of ${formatMilliseconds(split.totalMs)} ms is reading; ${formatPercent(rest / split.totalMs)} is CPU and waits that no counter splits.`,
      source: `pg_stat_statements of ${database.server.address}`,
      unit: "ms",
      bars: [
        { label: "CPU and waits", value: rest, tone: "other" as const },
        { label: "reading", value: split.readMs, tone: "other" as const },
        ...(split.jitMs > 0 ? [{ label: "compiling (JIT)", value: split.jitMs, tone: "other" as const }] : []),
        ...((split.writeMs ?? 0) > 0 ? [{ label: "writing", value: split.writeMs ?? 0, tone: "other" as const }] : []),
      ],
    },
  ];
}

function freedPlot(freed: Freed): Plot[] {
  const { base, changes, removed } = freed;
  if (changes.length === 0) return [];
  const shown = changes.slice(0, SHOWN);
  return [
    {
      kind: "bars",
      question: "What do fixes free before hardware is bought?",
      answer: `${formatPercent(removed / base.total)} of ${timeWords(freed, base.total)}.`,
      source: base.source,
      unit: base.unit,
      whole: base.total,
      bars: [
        ...shown.map(({ claim, marginal, finding }) => ({ label: claim.replaceAll("`", ""), value: marginal, tone: "found" as const, finding })),
        { label: "stays", value: Math.max(0, base.total - removed), tone: "other" as const },
      ],
    },
  ];
}

// ---------------------------------------------------------------------------------------------------------------- missing

function missingOf(database: Database, { bound }: BoundVerdict, memory: number | null, cores: number | null): string {
  const wanted: string[] = [];
  const { waits = null, statements } = database.server;
  if (waits === null || waits.samples < LEAST_SAMPLES) wanted.push(`what sessions wait for, sampled in the busy hour: ${INTERVAL}`);
  else if (waits.hidden > 0) wanted.push("the sessions of others: GRANT pg_monitor to the role of the snapshot");
  if (memory === null) wanted.push(RAM_UNKNOWN.replace(/\.$/, ""));
  if (cores === null && bound !== "nothing") wanted.push("the server's cores: `luthier snapshot --cores 8` says them");
  if (statements.length > 0 && splitOf(database.server)?.readMs === null && !timesReads(database))
    wanted.push(`what reading takes: ALTER SYSTEM SET track_io_timing = on at ${database.server.address}`);
  if (memory !== null && wanted.length === 0) return "";
  return wanted.join("; ");
}
