/** Where figures come from, and whether they carry a verdict. */
import type { Database, Evidence, Unjudged } from "../../model/index.ts";

/** A look at the catalog and its statistics. */
export function catalogEvidence(database: Database, figures: Readonly<Record<string, number>> = {}): Evidence {
  return { kind: "recorded", note: `catalog of ${database.catalog.database.name}, PostgreSQL ${database.server.version}, of ${day(database.snapshot.takenAt)}`, ...figures };
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
