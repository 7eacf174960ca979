/** What rules about the server's connections share: figures of one look or two, and where they come from. */
import type {
  Confidence,
  Database,
  DatabaseCounters,
  DatabaseDraft,
  Evidence,
  EvidenceInput,
  FixDraft,
  Judgement,
  ObjectSpot,
  Rule,
  Severity,
  Unjudged,
} from "../../model/index.ts";

interface About {
  readonly id: string;
  readonly summary: string;
  readonly chapter?: string;
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  readonly fix?: "sometimes" | "never";
}

/** A rule about a running server: without a snapshot it judges nothing. */
export function liveRule(
  { id, summary, chapter = "4.1", severity = "warning", confidence = "certain", fix = "never" }: About,
  judge: (database: Database, input: EvidenceInput) => Judgement,
): Rule {
  return {
    meta: { id, chapter, summary, severity, confidence, fix, stage: "stable", needs: ["database"] },
    audit: (input) => (input.database === null ? unknown("needs a database") : judge(input.database, input)),
  };
}

export const unknown = (why: string, object = ""): Judgement => ({ drafts: [], unjudged: [{ object, why }], examined: "" });

export const judged = (drafts: readonly DatabaseDraft[], examined: string, unjudged: readonly Unjudged[] = []): Judgement => ({ drafts, unjudged, examined });

export const settingSpot = (object: string, label?: string): ObjectSpot => ({ role: "setting", object, ...(label === undefined ? {} : { label }) });

/** One look: a moment, and no more. */
export function lookEvidence({ server, snapshot }: Database, figures: Readonly<Record<string, number>> = {}): Evidence {
  return { kind: "recorded", note: `one look at ${server.address}, PostgreSQL ${server.version}, at ${snapshot.takenAt.slice(0, 19)}Z`, ...figures };
}

export interface Flow {
  readonly seconds: number;
  readonly counters: DatabaseCounters;
  /** `between two looks 60 s apart`, `counted over 18 days`. */
  readonly said: string;
}

/** Shorter ones say more of the moment than of the load: this project's notes (rates from windows of 60 s). */
export const LEAST_WINDOW_S = 60;
/** Averages over less are those of a start or of a test: ours. */
const LEAST_AGE_DAYS = 1;
const DAY_S = 86_400;

/** How the counters of the database grew: between two looks, else since they began; the reason when neither carries a rate. */
export function flowOf(database: Database, leastSeconds = LEAST_WINDOW_S): Flow | { readonly why: string } {
  const { server, age } = database;
  const { counters, later } = server;
  if (counters.database === null) return { why: "needs pg_stat_database, which could not be read" };
  if (counters.database.sessions === null) return { why: "needs PostgreSQL 14, which counts sessions" };
  const between = later === null || later.database === null ? null : (Date.parse(later.at) - Date.parse(counters.at)) / 1000;
  if (between !== null && between >= leastSeconds && later !== null && later.database !== null && later.since === counters.since) {
    const grown = minus(later.database, counters.database);
    if (grown !== null) return { seconds: between, counters: grown, said: `between two looks ${seconds(between)} apart` };
  }
  if (age.days === null || age.days < LEAST_AGE_DAYS)
    return {
      why: `needs two looks a minute apart (luthier snapshot --interval 60); these counters are ${age.days === null ? "of unknown age" : "less than one day old"}`,
    };
  return {
    seconds: age.days * DAY_S,
    counters: counters.database,
    said: `counted over ${Math.floor(age.days)} ${Math.floor(age.days) === 1 ? "day" : "days"}`,
  };
}

/** Null when a counter fell: something was reset in between. */
function minus(later: DatabaseCounters, first: DatabaseCounters): DatabaseCounters | null {
  const names = Object.keys(first) as (keyof DatabaseCounters)[];
  const grown = names.map((name) => {
    const [a, b] = [first[name], later[name]];
    return [name, a === null || b === null ? null : b - a] as const;
  });
  return grown.some(([, value]) => value !== null && value < 0) ? null : { ...first, ...Object.fromEntries(grown) };
}

const seconds = (value: number): string => (value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`);

export function flowEvidence({ server }: Database, { said }: Flow, figures: Readonly<Record<string, number>>): Evidence {
  return { kind: "recorded", note: `pg_stat_database of ${server.address}, ${said}`, ...figures };
}

/** Connections that ordinary roles can have at once; the rest is kept for superusers and pg_use_reserved_connections. */
export function usableConnections(database: Database): number | null {
  const most = database.settingNumber("max_connections");
  if (most === null) return null;
  return most - (database.settingNumber("superuser_reserved_connections") ?? 0) - (database.settingNumber("reserved_connections") ?? 0);
}

export function sessionsSeen({ server: { sessions } }: Database): number | null {
  return sessions === undefined ? null : sessions.reduce((sum, one) => sum + one.count, 0);
}

export const NEEDS_SESSIONS = "needs the sessions of all databases, which snapshots of this version hold (luthier snapshot --db URL)";

/** A plain role sees that others are there, and nothing of what they do. */
export function isBlind({ server: { user, sessions } }: Database): boolean {
  if (user.superuser || user.memberOf.some((role) => role === "pg_monitor" || role === "pg_read_all_stats")) return false;
  return (sessions ?? []).some((one) => one.user !== user.name && one.state === null);
}

export const NEEDS_MONITOR = "needs the sessions of others, which this role does not see (GRANT pg_monitor)";

/** `ALTER SYSTEM SET` with its undo. */
export function systemFix(title: string, name: string, value: string): FixDraft {
  return {
    title,
    kind: "config",
    safety: "review",
    edits: [],
    sql: {
      forward: [`ALTER SYSTEM SET ${name} = '${value}'`, "SELECT pg_reload_conf()"],
      reverse: [`ALTER SYSTEM RESET ${name}`, "SELECT pg_reload_conf()"],
      isTransactional: false,
    },
  };
}

/** Three digits. */
export const round3 = (value: number): number => Number(value.toPrecision(3));

/** How many seconds before the look. */
export function secondsBefore(time: string | null, now: string): number | null {
  return time === null ? null : (Date.parse(now) - Date.parse(time)) / 1000;
}
