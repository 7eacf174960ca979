import type { DatabaseDraft, EvidenceInput, Rule } from "../../model/index.ts";
import { auditEntries, confidenceOf, doubtOf, isOpen, oncePerFile, optionOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { isLocal } from "../deployment/pooler.ts";
import { optionKeys, reviewFix } from "../deployment/setting-edits.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S11",
    chapter: "4.1",
    summary: "Nothing says how long a connection attempt lasts, or notices a server that is gone",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => oncePerFile(auditEntries(input, (entry) => draftsOf(entry, input), "OPTIONS.connect_timeout")),
};

/** psycopg 3's own limit (conninfo.py of 3.1 to 3.3), and what Linux does with six repeated SYN packets; seconds. */
const PSYCOPG_TIMEOUT = 130;
const LINUX_TIMEOUT = 127;

/** A socket or the loopback answers at once, or refuses. */
function draftsOf(entry: Entry, { source, deployment }: EvidenceInput): DatabaseDraft[] {
  const { database } = entry;
  if (database.options.has("connect_timeout") || database.options.has("service") || isLocal(database) || isOpen(database, "OPTIONS.connect_timeout", ["code"]))
    return [];
  const keepsAlive = ["keepalives_idle", "tcp_user_timeout"].some((name) => optionOf(database, name) !== null);
  const limit = deployment.packages.has("psycopg") ? PSYCOPG_TIMEOUT : LINUX_TIMEOUT;
  const spot = database.optionsSpot ?? database.spot;
  const added: (readonly [string, string])[] = [["connect_timeout", "3"], ...(keepsAlive ? [] : KEEPALIVES)];
  return [
    {
      key: [database.alias, spot.span.file],
      confidence: entry.isSure ? "likely" : confidenceOf(entry),
      claim: `Database \`${database.alias}\` has no \`connect_timeout\`: while its server does not answer, each request waits ${limit} s.`,
      reason: `A host that drops packets, as in a failover or behind a firewall, gives no error before ${deployment.packages.has("psycopg") ? "psycopg" : "Linux"} gives up. The workers are taken until then.${keepsAlive ? "" : " A connection that breaks while a query runs is noticed after two hours, the system's keepalive."}`,
      remedy: `Set \`connect_timeout\` to a few seconds${keepsAlive ? "" : ", and keepalives that notice a dead connection within a minute"}.`,
      doubt: doubtOf("PGCONNECT_TIMEOUT in the environment, or the query of a URL, sets it as well", database.host),
      places: [{ ...spot, label: "no connect_timeout" }],
      evidence: [filesEvidence(spot)],
      fixes: reviewFix("Limit how long connecting lasts", [optionKeys(source, database, added)]),
    },
  ];
}

/** A dead connection is noticed after 30 + 3 × 10 s. */
const KEEPALIVES = [
  ["keepalives_idle", "30"],
  ["keepalives_interval", "10"],
  ["keepalives_count", "3"],
] as const;
