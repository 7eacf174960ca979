import type { Database, DatabaseDraft } from "../../model/index.ts";
import { gapIn } from "../database/evidence.ts";
import { judged, liveRule, lookEvidence, NEEDS_SESSIONS, settingSpot, unknown } from "../connections/live.ts";
import { formatPercent } from "../../model/numbers.ts";

/** As close to a limit as CONN-D01's warning lies to the server's: ours. */
const WARNING_SHARE = 0.7;

export const rule = liveRule(
  { id: "CONN-D07", chapter: "4.2", summary: "A role or the database has a limit of connections that is nearly reached, or larger than the server's" },
  (database, { thresholds }) => {
    const { sessions, connectionLimits } = database.server;
    if (sessions === undefined || connectionLimits === undefined) return unknown(NEEDS_SESSIONS);
    const gap = gapIn(database, "sessions", "connection limits");
    if (gap !== null) return unknown(gap.why);
    const drafts = connectionLimits.flatMap((limit) => toDraft(database, limit, thresholds["CONN-D07"] ?? WARNING_SHARE));
    return judged(drafts, `${connectionLimits.length} limits of roles and the database`);
  },
);

type Limit = NonNullable<Database["server"]["connectionLimits"]>[number];

function toDraft(database: Database, { kind, name, connections }: Limit, least: number): DatabaseDraft[] {
  const used = (database.server.sessions ?? []).filter((one) => (kind === "role" ? one.user : one.database) === name).reduce((sum, one) => sum + one.count, 0);
  if (connections === 0 || used / connections <= least) return [];
  const isFull = used >= connections;
  const who = kind === "role" ? `The role \`${name}\`` : `The database \`${name}\``;
  return [
    {
      key: [kind, name],
      severity: isFull ? "error" : "warning",
      claim: `${who} has ${used} of its ${connections} connections in use: ${formatPercent(used / connections)}.`,
      reason: "One more than the limit is refused with 53300, whatever the server has left.",
      remedy: `Raise it to what the services can open (connection-budget): ALTER ${kind === "role" ? "ROLE … CONNECTION LIMIT" : "DATABASE … CONNECTION LIMIT"}, or let them share a pool.`,
      doubt: "one look: the peak of the day is higher or lower",
      places: [settingSpot("max_connections", `limit ${connections} of ${name}`)],
      evidence: [lookEvidence(database, { used, limit: connections })],
      fixes: [],
    },
  ];
}
