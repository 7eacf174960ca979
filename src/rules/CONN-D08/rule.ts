import { gapIn } from "../database/evidence.ts";
import { isBlind, judged, liveRule, lookEvidence, NEEDS_MONITOR, settingSpot, unknown } from "../connections/live.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Sessions that work, for a share of them to say something: ours. */
const LEAST_ACTIVE = 10;
const WAITING_SHARE = 0.2;
/** Locks in memory that are fought for when very many sessions begin and end transactions. */
const CROWDED = /^(?:ProcArray|XidGen|LockManager|LockFastPath|BufferMapping|WALInsert|WALWrite)/;

export const rule = liveRule(
  { id: "CONN-D08", summary: "So many sessions work at once that they wait for each other inside the server", confidence: "likely" },
  (database, { thresholds }) => {
    const gap = gapIn(database, "activity");
    if (gap !== null) return unknown(gap.why);
    if (isBlind(database)) return unknown(NEEDS_MONITOR);
    const active = database.server.activity.filter(({ state }) => state === "active");
    if (active.length < (thresholds["CONN-D08"] ?? LEAST_ACTIVE))
      return unknown(`needs a look under load: ${active.length} ${active.length === 1 ? "session was" : "sessions were"} active at this one`);
    const crowded = active.filter(({ waitType, wait }) => waitType === "LWLock" && wait !== null && CROWDED.test(wait));
    const examined = `${active.length} active sessions`;
    if (crowded.length / active.length <= WAITING_SHARE) return judged([], examined);
    const names = [...new Set(crowded.map(({ wait }) => wait))].join(", ");
    return judged(
      [
        {
          key: ["crowded"],
          claim: `${crowded.length} of ${active.length} active sessions (${formatPercent(crowded.length / active.length)}) wait for a lock inside the server: ${names}.`,
          reason: "Such waits come from the number of sessions that work at once: with fewer, each is faster, and all together do more.",
          remedy: "Limit how many work at once with a pool (PgBouncer's `default_pool_size`), beginning with twice the server's cores.",
          doubt: "one look: a few seconds of such waits at a checkpoint pass by themselves",
          places: [settingSpot("max_connections", `${active.length} active at once`)],
          evidence: [lookEvidence(database, { active: active.length, waiting: crowded.length })],
          fixes: [],
        },
      ],
      examined,
    );
  },
);
