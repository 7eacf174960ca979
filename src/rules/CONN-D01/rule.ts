import { isBlind, judged, liveRule, lookEvidence, NEEDS_SESSIONS, sessionsSeen, settingSpot, unknown, usableConnections } from "../connections/live.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Shares of the connections that ordinary roles can have: this project's notes (CONN-D01). */
const WARNING_SHARE = 0.7;
const ERROR_SHARE = 0.85;

export const rule = liveRule({ id: "CONN-D01", chapter: "4.2", summary: "The server has few connections left" }, (database, { thresholds }) => {
  const used = sessionsSeen(database);
  const usable = usableConnections(database);
  if (used === null) return unknown(NEEDS_SESSIONS);
  if (usable === null || usable <= 0) return unknown("needs max_connections, which could not be read");
  const examined = `${used} of ${usable} connections`;
  const share = used / usable;
  if (share <= (thresholds["CONN-D01"] ?? WARNING_SHARE)) return judged([], examined);
  const [most] = (database.server.sessions ?? []).toSorted((a, b) => b.count - a.count);
  const holder =
    most === undefined || isBlind(database)
      ? ""
      : ` Most are of ${most.application === "" ? "sessions without a name" : `\`${most.application}\``} (${most.user ?? "?"}): ${most.count}, ${most.state ?? "state unknown"}.`;
  return judged(
    [
      {
        key: ["connections"],
        severity: share > ERROR_SHARE ? "error" : "warning",
        claim: `${used} of ${usable} connections that ordinary roles can have are taken: ${formatPercent(share)}.`,
        reason: `The next ${usable - used} are let in, and then every new one fails with 53300.${holder}`,
        remedy:
          "Count what the project's services can open (connection-budget), and put a pool in front of those that idle; raise `max_connections` last, it takes a restart and memory.",
        doubt: "one look: the peak of the day is higher or lower",
        places: [settingSpot("max_connections", `${usable} for ordinary roles`)],
        evidence: [lookEvidence(database, { used, usable })],
        fixes: [],
      },
    ],
    examined,
  );
});
