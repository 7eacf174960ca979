import type { Database, DatabaseDraft, DatabaseInput, FixDraft, ObjectSpot, Rule, Server, Severity, Unjudged } from "../../model/index.ts";
import { formatBytes, formatCount, formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import { counterEvidence, gapIn } from "../database/evidence.ts";
import { shortName, tableSpot } from "../database/names.ts";
import { statementSpot } from "../database/statement-places.ts";
import { judgeReads } from "../scaling/movable-reads.ts";

export const rule: Rule = {
  meta: {
    id: "SCALE-D",
    chapter: "7.3",
    summary: "A replica is behind or cut off, cancels its readers, or costs the primary disk or commits",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database } = input;
    const { servers } = database.snapshot;
    const replicas = servers.filter(({ role }) => role === "replica");
    const primary = servers.find(({ role }) => role === "primary") ?? null;
    return {
      drafts: [
        ...replicas.flatMap((one) => ofReplica(one, primary, input)),
        ...(primary === null ? [] : [...lagging(primary, replicas, input), ...slots(primary, input), ...synchronous(primary, input)]),
        ...unloggedReads(input, replicas.length),
      ],
      unjudged: unknowns(database),
      examined: `${formatCount(replicas.length, "replica")}, ${formatCount(primary?.replication.standbys.length ?? 0, "standby", "standbys")} and ${formatCount(primary?.replication.slots.length ?? 0, "slot")} of the primary`,
    };
  },
};

function unknowns(database: Database): Unjudged[] {
  const gap = gapIn(database, "replication", "replication slots");
  if (gap !== null) return [gap];
  const { servers } = database.snapshot;
  const [first] = servers;
  const followed = first?.role === "primary" ? first.replication.standbys.filter(isStandby).length : 0;
  const seen = servers.filter(({ role }) => role === "replica").length;
  return followed > seen
    ? [
        {
          object: "",
          why: `needs a look at ${followed - seen} more ${followed - seen === 1 ? "replica" : "replicas"}, whose cancelled queries the primary does not know`,
        },
      ]
    : [];
}

/** A backup streams for a while too. */
const isStandby = ({ application, state }: Server["replication"]["standbys"][number]): boolean =>
  state !== "backup" && !/^pg_(?:basebackup|receivewal|recvlogical)/.test(application);

function draft(
  database: Database,
  key: readonly string[],
  object: string,
  words: Pick<DatabaseDraft, "claim" | "reason" | "remedy" | "doubt"> & {
    readonly severity?: Severity;
    readonly figures?: Readonly<Record<string, number>>;
    readonly fixes?: readonly FixDraft[];
    readonly places?: readonly ObjectSpot[];
  },
): DatabaseDraft {
  const { figures = {}, fixes = [], places = [], severity, ...rest } = words;
  return {
    key,
    ...(severity === undefined ? {} : { severity }),
    ...rest,
    places: [{ role: "setting", object }, ...places],
    evidence: [counterEvidence(database, figures)],
    fixes,
  };
}

// -------------------------------------------------------------------------------------------------------------------- lag

/** Milliseconds: a replica further behind is not read, and somebody is told (this project's notes on operations: 5 s and 30 s). */
const WARNING_LAG = 5_000;
const ERROR_LAG = 30_000;
const WARNING_BYTES = 256 * 1024 ** 2;

function lagging(primary: Server, replicas: readonly Server[], { database, thresholds }: DatabaseInput): DatabaseDraft[] {
  const known = new Set(replicas.flatMap(({ replication }) => (replication.replayLagMs !== null && replication.replayLagMs >= WARNING_LAG ? [1] : [])));
  if (known.size > 0) return [];
  return primary.replication.standbys.filter(isStandby).flatMap((one) => {
    const lag = one.replayLagMs ?? 0;
    const isLate = lag >= (thresholds["SCALE-D.lag"] ?? WARNING_LAG);
    if (!isLate && (one.lagBytes ?? 0) < WARNING_BYTES) return [];
    return [
      draft(database, ["lag", one.application], "max_standby_streaming_delay", {
        severity: lag >= ERROR_LAG ? "error" : "warning",
        claim: `The standby \`${one.application}\` is ${lagWords(one)} behind \`${primary.address}\`.`,
        reason: `It is in state ${one.state}. What its readers see is that old, and a failover would lose as much unless it is synchronous.`,
        remedy:
          "See whether a long query on it holds replay back, whether its disk or its one replaying process is full, and take it out of reads above 5 s of lag.",
        doubt: "one look: a bulk load a moment ago looks the same and passes",
        figures: { lagMs: lag, lagBytes: one.lagBytes ?? 0 },
      }),
    ];
  });
}

function lagWords({ replayLagMs, lagBytes }: { readonly replayLagMs: number | null; readonly lagBytes: number | null }): string {
  const parts = [...(replayLagMs === null ? [] : [`${formatMilliseconds(replayLagMs)} ms`]), ...(lagBytes === null ? [] : [`${formatBytes(lagBytes)} of WAL`])];
  return parts.join(" and ");
}

// ---------------------------------------------------------------------------------------------------------------- replicas

function ofReplica(replica: Server, primary: Server | null, input: DatabaseInput): DatabaseDraft[] {
  return [...cutOff(replica, input), ...behind(replica, input), ...conflicts(replica, input), ...smallerLimits(replica, primary, input)];
}

/** `receiver` is absent from snapshots that did not ask. */
function cutOff({ address, replication: { receiver } }: Server, { database }: DatabaseInput): DatabaseDraft[] {
  if (receiver !== null || receiver === undefined) return [];
  return [
    draft(database, ["cut off", address], "primary_conninfo", {
      severity: "error",
      claim: `The replica \`${address}\` receives nothing from its primary.`,
      reason: "It answers, and what it answers grows older; its lag by pg_last_wal_receive_lsn() reads 0 all the while.",
      remedy: "Look at its log for why the WAL receiver ended: the primary's pg_hba.conf, a slot that is gone, WAL that was removed.",
      doubt: "a replica that restores WAL from an archive alone has no receiver and may be right",
    }),
  ];
}

function behind({ address, replication: { replayLagMs } }: Server, { database, thresholds }: DatabaseInput): DatabaseDraft[] {
  if (replayLagMs === null || replayLagMs < (thresholds["SCALE-D.lag"] ?? WARNING_LAG)) return [];
  return [
    draft(database, ["behind", address], "max_standby_streaming_delay", {
      severity: replayLagMs >= ERROR_LAG ? "error" : "warning",
      claim: `The replica \`${address}\` has WAL to replay, and the last that it replayed is ${formatMilliseconds(replayLagMs)} ms old.`,
      reason: "Its readers see what was then; who wrote since does not find it.",
      remedy:
        "See whether a long query holds replay back (max_standby_streaming_delay), whether recovery_min_apply_delay is set, and take it out of reads above 5 s of lag.",
      doubt: "after an hour without writes the first one looks as old as the hour until it is replayed",
      figures: { lagMs: replayLagMs },
    }),
  ];
}

/** A handful in a month is what standbys are for. Ours. */
const LEAST_CONFLICTS = 10;

/** What each kind asks for. */
const CAUSES: Readonly<Record<string, string>> = {
  snapshot:
    "VACUUM on the primary removed rows that these queries still saw: a longer max_standby_streaming_delay, or hot_standby_feedback, which keeps those rows on the primary instead.",
  lock: "The primary took an exclusive lock (DDL, TRUNCATE, vacuum's truncation): run migrations when nobody reads, or turn off vacuum_truncate of the table.",
  bufferpin: "A page was needed by replay while a query held it: a longer max_standby_streaming_delay.",
  tablespace: "A tablespace was dropped that these queries had temporary files in.",
  deadlock: "Queries and replay waited for each other.",
};

function conflicts({ address, replication: { conflicts: counts = null }, counters }: Server, { database, thresholds }: DatabaseInput): DatabaseDraft[] {
  if (counts === null) return [];
  const kinds = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a);
  const all = kinds.reduce((sum, [, count]) => sum + count, 0);
  const [worst] = kinds;
  if (worst === undefined || all < (thresholds["SCALE-D.conflicts"] ?? LEAST_CONFLICTS)) return [];
  const delay = database.snapshot.servers.find((one) => one.address === address)?.settings.find(({ name }) => name === "max_standby_streaming_delay")?.value;
  return [
    draft(database, ["conflicts", address], "max_standby_streaming_delay", {
      claim: `Replay on \`${address}\` cancelled ${formatCount(all, "query", "queries")}, ${formatNumber(worst[1])} of them by ${worst[0]} conflicts.`,
      reason: `Each one is an OperationalError in the application.${delay === undefined ? "" : ` Replay waits ${delay} ms for readers.`}`,
      remedy: CAUSES[worst[0]] ?? `See pg_stat_database_conflicts for ${worst[0]}.`,
      doubt: `counted since ${counters.since?.slice(0, 10) ?? "an unknown day"}; one long report may have had all of them`,
      figures: Object.fromEntries(kinds),
    }),
  ];
}

/** A standby must hold what the primary can: PostgreSQL's manual, "Administrator's Overview" of hot standby. */
const LIMITS = ["max_connections", "max_worker_processes", "max_wal_senders", "max_prepared_transactions", "max_locks_per_transaction"];

function smallerLimits(replica: Server, primary: Server | null, { database }: DatabaseInput): DatabaseDraft[] {
  const number = (server: Server | null, name: string): number => Number(server?.settings.find((one) => one.name === name)?.value ?? Number.NaN);
  return LIMITS.filter((name) => number(replica, name) < number(primary, name)).map((name) =>
    draft(database, ["limit", replica.address, name], name, {
      severity: "error",
      claim: `\`${name}\` is ${number(replica, name)} on the replica \`${replica.address}\` and ${number(primary, name)} on the primary.`,
      reason: "Replay stops at the primary's next change of it, and the replica does not start again.",
      remedy: `Set \`${name}\` of the replica to at least ${number(primary, name)}, then restart it; raise it there first whenever it is raised.`,
      doubt: "the primary's value was set and waits for a restart; until then nothing happens",
      figures: { replica: number(replica, name), primary: number(primary, name) },
    }),
  );
}

// ------------------------------------------------------------------------------------------------------------------ slots

/** This project's notes on alerting have 10 GB; an inactive one grows until somebody comes. */
const RETAINED_ACTIVE = 10 * 1024 ** 3;
const RETAINED_INACTIVE = 1024 ** 3;

function slots({ replication, settings, address }: Server, { database, thresholds }: DatabaseInput): DatabaseDraft[] {
  const limit = settings.find(({ name }) => name === "max_slot_wal_keep_size");
  return replication.slots.flatMap(({ name, active, retainedBytes, walStatus }) => {
    const least = thresholds["SCALE-D.retained"] ?? (active ? RETAINED_ACTIVE : RETAINED_INACTIVE);
    const isLost = walStatus === "lost" || walStatus === "unreserved";
    if (!isLost && (retainedBytes ?? 0) < least) return [];
    const bytes = formatBytes(retainedBytes ?? 0);
    return [
      draft(database, ["slot", name], "max_slot_wal_keep_size", {
        severity: isLost || !active ? "error" : "warning",
        claim: isLost
          ? `The slot \`${name}\` is ${walStatus ?? ""}: \`${address}\` removes WAL that its reader has not had.`
          : `The slot \`${name}\`${active ? "" : ", which nobody reads,"} keeps ${bytes} of WAL on the disk of \`${address}\`.`,
        reason:
          limit?.value === "-1"
            ? "max_slot_wal_keep_size is -1: it keeps WAL until the disk is full, and then the primary stops."
            : `max_slot_wal_keep_size is ${limit?.value ?? "unknown"} MB: beyond it the slot is lost and its reader has to be built anew.`,
        remedy: active ? "See why its reader is slow; its disk and its network first." : `Start its reader, or SELECT pg_drop_replication_slot('${name}').`,
        doubt: "a reader that is being built catches up by itself",
        figures: { retainedBytes: retainedBytes ?? 0 },
        fixes: !isLost && limit?.value === "-1" ? [keepSizeFix(retainedBytes ?? 0)] : [],
      }),
    ];
  });
}

const GIGABYTE = 1024 ** 3;

/** Twice what is kept now, so that the reader of today is not cut off. */
function keepSizeFix(retained: number): FixDraft {
  const size = `${Math.max(16, Math.ceil((retained * 2) / GIGABYTE))}GB`;
  return {
    title: `Let slots keep ${size} of WAL at most`,
    kind: "config",
    safety: "review",
    edits: [],
    sql: {
      forward: [`ALTER SYSTEM SET max_slot_wal_keep_size = '${size}'`, "SELECT pg_reload_conf()"],
      reverse: ["ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()"],
      isTransactional: false,
    },
  };
}

// ------------------------------------------------------------------------------------------------------------ synchronous

function synchronous({ replication, settings, address }: Server, { database }: DatabaseInput): DatabaseDraft[] {
  const value = (name: string): string => settings.find((one) => one.name === name)?.value ?? "";
  const names = value("synchronous_standby_names").trim();
  if (names === "" || ["off", "local"].includes(value("synchronous_commit"))) return [];
  const waited = replication.standbys.filter(({ syncState }) => syncState === "sync" || syncState === "quorum");
  const others = replication.standbys.filter(({ syncState }) => syncState === "potential");
  if (waited.length + others.length > 1) return [];
  const [only] = waited;
  return [
    draft(database, ["synchronous"], "synchronous_standby_names", {
      severity: only === undefined ? "error" : "warning",
      claim:
        only === undefined
          ? `Every commit on \`${address}\` waits for a synchronous standby, and none is connected: \`synchronous_standby_names\` is ${names}.`
          : `Every commit on \`${address}\` waits for \`${only.application}\` alone: when it goes away, writes stop.`,
      reason: `synchronous_standby_names is ${names}, synchronous_commit ${value("synchronous_commit")}.${only?.replayLagMs == null ? "" : ` The standby is ${formatMilliseconds(only.replayLagMs)} ms behind.`}`,
      remedy: "Name a second standby, as in ANY 1 (a, b); or set synchronous_commit to local where a lost second of writes is borne.",
      doubt: "where no write may ever be lost, stopping is what is wanted",
    }),
  ];
}

// --------------------------------------------------------------------------------------------------------------- unlogged

/** Without a replica there is nothing to read them from. */
function unloggedReads({ database, source }: DatabaseInput, replicas: number): DatabaseDraft[] {
  if (replicas + database.server.replication.standbys.filter(isStandby).length === 0) return [];
  const unlogged = database.tables.filter(({ persistence }) => persistence === "unlogged");
  if (unlogged.length === 0) return [];
  const reads = judgeReads(database.workload.statements, { database, source, isAtomicRequests: false }).filter(({ obstacle }) => obstacle === "unlogged table");
  return unlogged.flatMap((table) => {
    const own = reads.filter(({ statement }) => database.statementsOn(table).includes(statement));
    if (own.length === 0) return [];
    const calls = own.reduce((sum, { statement }) => sum + statement.calls, 0);
    return [
      {
        ...draft(database, ["unlogged", table.name], "hot_standby", {
          claim: `\`${shortName(table)}\` is unlogged: ${formatCount(own.length, "statement")} that read it, ${formatCount(calls, "call")}, fail on a standby.`,
          reason: "A standby has the table without its rows, and refuses to read it with error 0A000.",
          remedy: "Keep its model on the primary in the router, or make the table logged.",
          doubt: "where nothing sends reads to the standby, nothing fails",
          figures: { statements: own.length, calls },
        }),
        places: [tableSpot(table), ...own.slice(0, 3).map(({ statement }) => statementSpot(statement))],
      },
    ];
  });
}
