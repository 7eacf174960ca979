import type { DatabaseDraft, Rule, Service } from "../../model/index.ts";
import { auditEntries, confidenceOf, isOpen, oncePerFile, type Entry } from "../deployment/entries.ts";
import { filesEvidence, listOf } from "../deployment/evidence.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S12",
    chapter: "4.1",
    summary: "Servers and workers connect under one name: the database cannot tell whose a session is",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => oncePerFile(auditEntries(input, draftsOf)),
};

function draftsOf(entry: Entry): DatabaseDraft[] {
  const { database } = entry;
  if (database.options.has("application_name") || database.serverSettings.has("application_name") || isOpen(database, "OPTIONS.application_name", ["code"]))
    return [];
  const services = ofDifferentKinds(entry.services);
  if (services.length < 2) return [];
  const names = services.map(({ name }) => `\`${name}\``);
  const spot = database.optionsSpot ?? database.spot;
  return [
    {
      key: [database.alias, ...services.map(({ name }) => name)],
      confidence: entry.isSure ? "likely" : confidenceOf(entry),
      claim: `${listOf(names)} connect to \`${database.alias}\` without an \`application_name\`: the server cannot tell their sessions apart.`,
      reason:
        "`pg_stat_activity` shows who holds a lock, who idles in a transaction and whose connections fill the limit, by this name alone where both log in as one role.",
      remedy: 'Set `OPTIONS["application_name"]` from a variable that each service has of its own, or PGAPPNAME in its environment.',
      doubt: "PGAPPNAME in the environment sets it as well",
      places: [{ ...spot, label: "no application_name" }, ...services.map(({ spot: start }) => ({ ...start, label: "connects with it" }))],
      evidence: [filesEvidence(spot, ...services.map(({ spot: start }) => start))],
      fixes: [],
    },
  ];
}

/** One of each kind that holds connections, unless it names itself in its environment. */
function ofDifferentKinds(services: readonly Service[]): Service[] {
  return [
    ...new Map(
      services
        .filter(({ kind }) => kind !== "beat")
        .toReversed()
        .map((one) => [one.kind, one]),
    ).values(),
  ].toReversed();
}
