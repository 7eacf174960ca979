/** Where figures come from, and whether they carry a verdict. */
import type { Database, Evidence, Unjudged } from "../../model/index.ts";

/** A look at the catalog and its statistics. */
export function catalogEvidence(database: Database, figures: Readonly<Record<string, number>> = {}): Evidence {
  return {
    kind: "recorded",
    note: `catalog of ${database.catalog.database.name}, PostgreSQL ${database.server.version}, of ${day(database.snapshot.takenAt)}`,
    ...figures,
  };
}

/** Counters, with how long they have counted and on how many servers. */
export function counterEvidence(database: Database, figures: Readonly<Record<string, number>> = {}): Evidence {
  return { kind: "recorded", note: `counters of ${database.catalog.database.name}${sinceWords(database)}${serverWords(database)}`, ...figures };
}

function sinceWords({ age, snapshot }: Database): string {
  if (age.since === null || age.days === null) return `, taken ${day(snapshot.takenAt)}`;
  return `, ${age.days < 1 ? "less than a day" : `${Math.floor(age.days)} days`} from ${day(age.since)} on`;
}

function serverWords({ snapshot }: Database): string {
  const replicas = snapshot.servers.length - 1;
  return replicas === 0 ? "" : `, with ${replicas} ${replicas === 1 ? "replica" : "replicas"}`;
}

const day = (time: string): string => time.slice(0, 10);

/** pgdoctor and this project's notes refuse verdicts on counters younger than a week: a weekly job has not run yet. */
export const LEAST_DAYS = 7;

/** Why counters carry no verdict yet; null when they do. `least` is in days. */
export function tooYoung({ age }: Database, least = LEAST_DAYS, object = ""): Unjudged | null {
  if (age.days === null) return { object, why: `needs counters of ${least} days; since when these count is not known` };
  if (age.days >= least) return null;
  return { object, why: `needs counters of ${least} days; these are ${age.days < 1 ? "less than one day" : `${Math.floor(age.days)} days`} old` };
}

/** Parts that the role could not read: a rule that rests on one of them says nothing. */
export function gapIn({ snapshot }: Database, ...parts: readonly string[]): Unjudged | null {
  const gap = snapshot.gaps.find((one) => parts.includes(one.part));
  return gap === undefined ? null : { object: "", why: `needs ${gap.part}, which could not be read: ${gap.why}` };
}

/** Parts of the catalog that were not read at all, or not of each table. */
export function catalogGaps(database: Database, ...parts: readonly string[]): readonly Unjudged[] {
  return ["tables", ...parts, LOCKED].flatMap((part) => gapIn(database, part) ?? []);
}

/** The look goes round tables that another session holds. */
const LOCKED = "locked relations";

/** Replicas whose scans no counter here holds: what is unused on the primary is perhaps read there. */
export function unseenServer({ snapshot, server }: Database, object = ""): Unjudged | null {
  const { servers } = snapshot;
  if (servers.every(({ role }) => role === "replica")) return { object, why: `needs the counters of the primary; ${server.address} is a replica` };
  const standbys = servers.flatMap(({ replication, role }) => (role === "primary" ? standbysOf(replication) : []));
  const seen = servers.filter(({ role }) => role === "replica").length;
  if (standbys.length <= seen) return null;
  return {
    object,
    why: `needs the counters of ${standbys.length - seen} more ${standbys.length - seen === 1 ? "replica" : "replicas"}: ${standbys.join(", ")} follow the primary`,
  };
}

/** A backup streams for a while, and a logical subscriber asks its own tables. */
function standbysOf({ standbys, slots }: Database["server"]["replication"]): readonly string[] {
  const subscribers = slots.filter(({ kind, active }) => kind === "logical" && active).length;
  const physical = standbys.filter(({ application, state }) => state === "streaming" && !/^pg_(?:basebackup|receivewal|recvlogical)/.test(application));
  return physical.slice(Math.min(subscribers, physical.length)).map(({ application }) => application);
}

const DAY = 86_400_000;

/** Said alike by all rules, so that a report counts them in one line. */
export const NEEDS_STATEMENTS = "needs pg_stat_statements, or a log of statements with --log";

/** How many days the statements have been counted for; null when that is not known. */
export function statementDays({ workload, server }: Database): number | null {
  const { at, statementsSince } = server.counters;
  return workload.days ?? (statementsSince === null ? null : (Date.parse(at) - Date.parse(statementsSince)) / DAY);
}

/** Why the statements seen are not all that were sent; null when they are, as far as the server tells. */
export function statementsMissing(database: Database, least = LEAST_DAYS, object = ""): Unjudged | null {
  const gap = gapIn(database, "statements");
  if (gap !== null) return { ...gap, object };
  if (database.workload.statements.length === 0) return { object, why: NEEDS_STATEMENTS };
  const days = statementDays(database);
  if (days === null) return { object, why: `needs statements of ${least} days; since when these were counted is not known` };
  return days >= least
    ? null
    : { object, why: `needs statements of ${least} days; these are ${days < 1 ? "less than one day" : `${Math.floor(days)} days`} old` };
}

/** Statements, with how long they were counted. */
export function workloadEvidence(database: Database, figures: Readonly<Record<string, number>> = {}): Evidence {
  const days = statementDays(database);
  return {
    kind: "recorded",
    note: `statements of ${database.catalog.database.name}${days === null ? "" : `, of ${days < 1 ? "less than a day" : `${Math.floor(days)} days`}`}`,
    ...figures,
  };
}
