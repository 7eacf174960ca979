import { formatNumber } from "../../model/numbers.ts";
import type {
  Backend,
  Database,
  DatabaseDraft,
  DatabaseInput,
  Judgement,
  LockWaits,
  ObjectSpot,
  Rule,
  Severity,
  Statement,
  Unjudged,
} from "../../model/index.ts";
import { shapeKey } from "../../sql/compare-shapes.ts";
import { isBlind, lookEvidence, NEEDS_MONITOR, secondsBefore } from "../connections/live.ts";
import { gapIn } from "../database/evidence.ts";
import { modelLabel, tableSpot } from "../database/names.ts";
import { sentFrom, statementName, statementSpot } from "../database/statement-places.ts";

export const rule: Rule = {
  meta: {
    id: "lock-waits",
    chapter: "2.1",
    summary: "Statements wait for locks that other transactions hold",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const logged = loggedWaits(input);
    const told = new Set(logged.map(({ key }) => key[0]));
    const sampled = sampledWaits(input).filter(({ key }) => !told.has(key[0]));
    return { drafts: [...logged, ...sampled, ...blockedNow(input)], unjudged: unseen(input.database), examined: examined(input.database) };
  },
};

/** Waits of a statement in the log that are worth a line, unless one was long. `deadlock_timeout` keeps shorter ones than a second out of the log. Ours. */
const LEAST_WAITS = 3;
/** One wait: of this many seconds people tell each other; this project's notes on monitoring call 30 s critical. */
const LONG_S = 5;
const ERROR_S = 30;

function loggedWaits({ database, thresholds }: DatabaseInput): DatabaseDraft[] {
  const least = thresholds["lock-waits"] ?? LEAST_WAITS;
  const statements = new Map(
    database.workload.statements.flatMap((one) => (one.shape === null ? [] : [[shapeKey(one.shape, { constants: "erased" }), one] as const])),
  );
  return (database.workload.lockWaits ?? [])
    .filter(({ waits, longestMs }) => waits >= least || longestMs >= LONG_S * 1000)
    .map((one) => loggedDraft(one, statements.get(one.key) ?? null, database));
}

function loggedDraft(one: LockWaits, statement: Statement | null, database: Database): DatabaseDraft {
  const { kind, mode, waits, totalMs, longestMs, open } = one;
  const table = tableOf(one, database);
  const target = table === null ? "" : ` of \`${table.name}\``;
  const model = table === null ? undefined : modelLabel(database, table);
  const ends = open === 0 ? "" : ` ${open} of them end in no message: they were cancelled, or the log ends first.`;
  return {
    key: [statement?.id ?? one.key, kind, mode],
    severity: severityOf(longestMs / 1000),
    claim: `${nameOf(one, statement)} waits up to ${seconds(longestMs)} for ${WHAT[kind]}${target}, ${waits} ${waits === 1 ? "time" : "times"} in the log.`,
    reason: `${REASON[kind]}${ends}`,
    remedy: REMEDY[kind],
    doubt: "the log tells who waits and not what the other transaction did before; shorter waits than `deadlock_timeout` are in no log",
    ...(model === undefined ? {} : { model }),
    places: [
      ...(statement === null ? [] : [statementSpot(statement), ...sentFrom(statement)]),
      ...(table === null ? [] : [tableSpot(table)]),
      ...(statement === null && table === null ? [SETTING] : []),
    ],
    evidence: [
      {
        kind: "recorded",
        note: `log ${one.source.file}, from line ${one.source.line}: ${mode}, ${seconds(totalMs)} in all`,
        waits,
        longestMs: Math.round(longestMs),
        totalMs: Math.round(totalMs),
      },
    ],
    fixes: [],
  };
}

const SETTING: ObjectSpot = { role: "setting", object: "log_lock_waits" };

const WHAT: Readonly<Record<LockWaits["kind"], string>> = { row: "a row", relation: "the lock", other: "an advisory or other lock" };

const REASON: Readonly<Record<LockWaits["kind"], string>> = {
  row: "Another transaction changed or locked the same row, and keeps it until it commits.",
  relation: "Another transaction uses the table in a way that this one excludes; whoever comes later queues behind it, readers too.",
  other: "Another session holds a lock that the application or an extension took by itself.",
};

const REMEDY: Readonly<Record<LockWaits["kind"], string>> = {
  row: "Commit sooner: nothing slow between the first write and the end (external-call-in-transaction, long-transaction). Write rows in one order everywhere; for a queue `select_for_update(skip_locked=True)`; for counters sum rows up.",
  relation: "Run migrations with a `lock_timeout` and try again, and take the change apart so that its strong lock is short (blocking-index-migration).",
  other: "Find who holds it in `pg_locks`, and give it up before anything slow.",
};

function nameOf({ sql }: LockWaits, statement: Statement | null): string {
  if (statement !== null) return statementName(statement);
  const words = sql.replaceAll(/\s+/g, " ").trim().split(" ").slice(0, 3).join(" ").replaceAll("`", "'");
  return words === "" ? "A statement" : `\`${words} …\``;
}

function tableOf({ relation }: LockWaits, database: Database): ReturnType<Database["table"]> {
  if (relation === null) return null;
  return /^\d+$/.test(relation) ? database.table(Number(relation)) : database.tableNamed(relation);
}

const severityOf = (length: number): Severity => (length >= ERROR_S ? "error" : "warning");

const seconds = (ms: number): string => `${formatNumber(Number((ms / 1000).toPrecision(2)))} s`;

/** Active sessions that a sample met waiting for a lock, of all active ones, and how many are enough to speak of. Ours. */
const LEAST_SHARE = 0.1;
const LEAST_MET = 5;

/** What was met while sessions were looked at once a second. */
function sampledWaits({ database }: DatabaseInput): DatabaseDraft[] {
  const { waits } = database.server;
  if (waits == null || waits.samples === 0) return [];
  const active = waits.waits.reduce((sum, { count }) => sum + count, 0);
  const byStatement = new Map<string, number>();
  for (const { type, statement, count } of waits.waits) if (type === "Lock") byStatement.set(statement ?? "", (byStatement.get(statement ?? "") ?? 0) + count);
  return [...byStatement].flatMap(([id, count]) => {
    const statement = database.workload.statements.find((one) => one.id === id);
    return count < LEAST_MET || count < active * LEAST_SHARE ? [] : [sampledDraft(id, count, active, statement ?? null, database)];
  });
}

function sampledDraft(id: string, count: number, active: number, statement: Statement | null, database: Database): DatabaseDraft {
  const share = Math.round((100 * count) / active);
  return {
    key: [id, "sampled"],
    severity: "warning",
    claim: `${statement === null ? "A statement" : statementName(statement)} waits for locks in ${share} % of the looks at active sessions.`,
    reason: REASON.row,
    remedy: REMEDY.row,
    doubt: "a few seconds of one day; `log_lock_waits = on` tells of all waits from a second on",
    places: statement === null ? [SETTING] : [statementSpot(statement), ...sentFrom(statement)],
    evidence: [{ kind: "recorded", note: `${database.server.waits?.samples ?? 0} looks at all sessions, one a second`, waiting: count, active }],
    fixes: [],
  };
}

/** Seconds that a session has been kept waiting at the time of the look: `deadlock_timeout`, PostgreSQL's own measure of a long wait. */
const BLOCKED_S = 1;

/** Who keeps others waiting by its work; a session that idles in its transaction is CONN-D03's. */
function blockedNow({ database }: DatabaseInput): DatabaseDraft[] {
  const { activity, takenAt } = database.server;
  const waiting = activity.filter((one) => one.blockedBy.length > 0 && (secondsBefore(one.statementAt, takenAt) ?? 0) >= BLOCKED_S);
  return activity.flatMap((holder) => {
    const behind = waiting.filter(({ blockedBy }) => blockedBy.includes(holder.pid));
    return behind.length === 0 || holder.blockedBy.length > 0 || holder.state !== "active" ? [] : [blockingDraft(holder, behind, database)];
  });
}

function blockingDraft(holder: Backend, behind: readonly Backend[], database: Database): DatabaseDraft {
  const { takenAt } = database.server;
  const longest = Math.max(...behind.map(({ statementAt }) => secondsBefore(statementAt, takenAt) ?? 0));
  const who = holder.application === "" ? `Session ${holder.pid}` : `\`${holder.application}\``;
  const text = holder.sql === null ? "" : ` It runs \`${holder.sql.replaceAll(/\s+/g, " ").slice(0, 120).replaceAll("`", "'")}\`.`;
  return {
    key: ["now", holder.application, holder.user ?? ""],
    severity: severityOf(longest),
    claim: `${who} (${holder.user ?? "?"}) keeps ${behind.length} ${behind.length === 1 ? "session" : "sessions"} waiting for a lock, one for ${Math.round(longest)} s.`,
    reason: `It is at work, and keeps its locks until its transaction ends.${text}`,
    remedy: "Do the long statement before the first lock is taken or in a transaction of its own, and set `lock_timeout` where waiting is worse than failing.",
    doubt: "one look: it can have ended a moment later",
    places: [{ role: "setting", object: "lock_timeout", label: `pid ${holder.pid}` }],
    evidence: [lookEvidence(database, { waiting: behind.length, seconds: Math.round(longest) })],
    fixes: [],
  };
}

function unseen(database: Database): Unjudged[] {
  const gap = gapIn(database, "activity");
  if (gap !== null) return [gap];
  if (isBlind(database)) return [{ object: "", why: NEEDS_MONITOR }];
  const hasHistory = database.workload.lockWaits !== undefined || (database.server.waits?.samples ?? 0) > 0;
  if (!hasHistory)
    return [
      {
        object: "",
        why: `needs a log of \`log_lock_waits = on\` (--log), or a snapshot with --interval: one look at the sessions shows only who waits at that moment`,
      },
    ];
  const isOff = database.workload.lockWaits !== undefined && database.setting("log_lock_waits") === "off" && database.workload.lockWaits.length === 0;
  return isOff ? [{ object: "", why: "needs `log_lock_waits = on`: the server writes no waits into its log" }] : [];
}

function examined({ workload, server }: Database): Judgement["examined"] {
  const logged = workload.lockWaits === undefined ? [] : ["the log"];
  const samples = (server.waits?.samples ?? 0) === 0 ? [] : [`${server.waits?.samples ?? 0} looks at the sessions`];
  return [...logged, ...samples].join(", ");
}
