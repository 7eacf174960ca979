import type { SessionGroup } from "../../model/index.ts";
import { isBlind, judged, liveRule, lookEvidence, NEEDS_MONITOR, NEEDS_SESSIONS, settingSpot, unknown } from "../connections/live.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Below this, idle connections cost nobody anything: this project's notes (CONN-D02). */
const LEAST_SESSIONS = 30;
const IDLE_SHARE = 0.8;

export const rule = liveRule({ id: "CONN-D02", summary: "Nearly all connections are idle: fewer would do", severity: "info" }, (database, { thresholds }) => {
  const sessions = database.server.sessions;
  if (sessions === undefined) return unknown(NEEDS_SESSIONS);
  if (isBlind(database)) return unknown(NEEDS_MONITOR);
  const all = total(sessions);
  const idle = sessions.filter(({ state }) => state === "idle");
  const examined = `${all} sessions`;
  if (all <= (thresholds["CONN-D02"] ?? LEAST_SESSIONS) || total(idle) / all <= IDLE_SHARE) return judged([], examined);
  const names = holders(idle);
  return judged(
    [
      {
        key: ["idle"],
        claim: `${total(idle)} of ${all} sessions are idle (${formatPercent(total(idle) / all)}); ${all - total(idle)} do something.`,
        reason: `Each is a process of the server with memory of its own, and counts against \`max_connections\`. They are of ${names}.`,
        remedy: "A pool in transaction mode serves the same clients with as many connections as work at once; see the advice on connections for its size.",
        doubt: "one look: at the busiest minute more of them work",
        places: [settingSpot("max_connections", `${all} sessions`)],
        evidence: [lookEvidence(database, { sessions: all, idle: total(idle) })],
        fixes: [],
      },
    ],
    examined,
  );
});

const total = (sessions: readonly SessionGroup[]): number => sessions.reduce((sum, one) => sum + one.count, 0);

const MOST_NAMES = 3;

function holders(idle: readonly SessionGroup[]): string {
  const counts = new Map<string, number>();
  for (const { application, user, count } of idle) {
    const name = `${application === "" ? "no application_name" : application} (${user ?? "?"})`;
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MOST_NAMES)
    .map(([name, count]) => `${name}: ${count}`)
    .join(", ");
}
