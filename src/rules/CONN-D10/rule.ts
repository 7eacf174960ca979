import type { Database, DatabaseDraft, EvidenceInput } from "../../model/index.ts";
import { catalogEvidence, gapIn } from "../database/evidence.ts";
import { poolerShown } from "../connections/pooler-use.ts";
import { judged, liveRule, round3, settingSpot, systemFix, unknown } from "../connections/live.ts";

/** A statement that takes so long is one that its client can have given up on: gunicorn's 30 s. */
const LONG_MS = 30_000;
/** The first version that asks during a statement whether its client is still there. */
const WITH_CHECK = 140_000;

export const rule = liveRule(
  { id: "CONN-D10", chapter: "4.3", summary: "The server ends connections that a pool keeps, or works on for clients that are gone", fix: "sometimes" },
  (database, input) => {
    const gap = gapIn(database, "settings");
    if (gap !== null || database.server.settings.length === 0) return unknown(gap?.why ?? "needs pg_settings, which could not be read");
    return judged([...killedByIdleness(database, input), ...worksForNobody(database)], "idle_session_timeout, client_connection_check_interval");
  },
);

function killedByIdleness(database: Database, input: EvidenceInput): DatabaseDraft[] {
  const limit = database.settingNumber("idle_session_timeout") ?? 0;
  const pooler = poolerShown(input);
  if (limit <= 0 || pooler === null) return [];
  return [
    {
      key: ["idle_session_timeout"],
      claim: `\`idle_session_timeout\` ends idle sessions after ${round3(limit / 1000)} s, those that the pooler keeps among them.`,
      reason: `Behind ${pooler}, an idle connection to the server is what a pool is for; PostgreSQL's own documentation advises against the setting there.`,
      remedy: "Turn it off, and let `server_idle_timeout` of the pooler close what is not needed.",
      doubt: "sessions that reach the server without the pooler are ended as wanted",
      places: [settingSpot("idle_session_timeout", `${round3(limit / 1000)} s`)],
      evidence: [catalogEvidence(database, { milliseconds: limit })],
      fixes: [systemFix("Keep idle sessions", "idle_session_timeout", "0")],
    },
  ];
}

/** Only where statements were seen that take longer than anyone waits. */
function worksForNobody(database: Database): DatabaseDraft[] {
  const interval = database.settingNumber("client_connection_check_interval");
  if (database.server.versionNumber < WITH_CHECK || interval === null || interval > 0) return [];
  const [slow] = database.server.statements
    .filter(({ maxMs, sql }) => maxMs >= LONG_MS && /^\s*(?:SELECT|WITH)\b/i.test(sql))
    .toSorted((a, b) => b.maxMs - a.maxMs);
  const lost = database.server.counters.database?.sessionsAbandoned ?? 0;
  if (slow === undefined || lost === 0) return [];
  return [
    {
      key: ["client_connection_check_interval"],
      severity: "info",
      claim: `A SELECT took ${round3(slow.maxMs / 1000)} s, ${lost} sessions lost their client, and nothing ends the statement of a client that is gone.`,
      reason: "Without `client_connection_check_interval` the server notices only when it sends the result.",
      remedy: "Let it look every ten seconds; on Linux that costs one call of the system.",
      doubt: "the lost sessions and the long statement need not be the same",
      places: [settingSpot("client_connection_check_interval", "0"), { role: "statement", object: slow.id }],
      evidence: [catalogEvidence(database, { slowest: round3(slow.maxMs), abandoned: lost })],
      fixes: [systemFix("Look for clients that are gone", "client_connection_check_interval", "10s")],
    },
  ];
}
