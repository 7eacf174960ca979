import type { Backend, Database, DatabaseDraft } from "../../model/index.ts";
import { gapIn } from "../database/evidence.ts";
import { formatNumber } from "../../model/numbers.ts";
import { isBlind, judged, liveRule, lookEvidence, NEEDS_MONITOR, round3, secondsBefore, settingSpot, systemFix } from "../connections/live.ts";

/** Seconds since the session last did something: this project's notes (CONN-D03). */
const WARNING_S = 5;
const ERROR_S = 30;
/** Transactions that have begun since: a horizon that old keeps dead rows of all of them. */
const OLD_XMIN = 1_000_000;

export const rule = liveRule(
  { id: "CONN-D03", chapter: "4.2", summary: "A session holds a transaction open and does nothing", fix: "sometimes" },
  (database, { thresholds }) => {
    const gap = gapIn(database, "activity");
    const { activity, takenAt } = database.server;
    const idle = activity.filter(({ state }) => state?.startsWith("idle in transaction") === true);
    const guilty = idle.filter((one) => (secondsBefore(one.stateAt, takenAt) ?? 0) > (thresholds["CONN-D03"] ?? WARNING_S));
    const unjudged = gap !== null ? [gap] : isBlind(database) ? [{ object: "", why: NEEDS_MONITOR }] : [];
    return judged(
      guilty.map((one) => toDraft(database, one)),
      `${activity.length} sessions of this database`,
      unjudged,
    );
  },
);

function toDraft(database: Database, one: Backend): DatabaseDraft {
  const { activity, takenAt } = database.server;
  const idle = secondsBefore(one.stateAt, takenAt) ?? 0;
  const blocked = activity.filter(({ blockedBy }) => blockedBy.includes(one.pid));
  const isOld = (one.xminAge ?? 0) > OLD_XMIN;
  const who = one.application === "" ? `Session ${one.pid}` : `\`${one.application}\``;
  return {
    key: [one.application, one.user ?? "", String(one.pid)],
    severity: idle > ERROR_S || blocked.length > 0 || isOld ? "error" : "warning",
    claim: `${who} (${one.user ?? "?"}) has been idle in transaction for ${duration(idle)}${blocked.length === 0 ? "" : `, and ${blocked.length} ${blocked.length === 1 ? "session waits" : "sessions wait"} for it`}.`,
    reason: `Its locks and its connection are kept${isOld ? `, and VACUUM keeps what died in the last ${formatNumber(one.xminAge ?? 0)} transactions` : ""}.${one.sql === null ? "" : ` Its last statement: ${short(one.sql)}.`}`,
    remedy:
      "Find the code that waits inside `atomic` (external-call-in-transaction, idle-in-transaction), and let `idle_in_transaction_session_timeout` end such sessions.",
    doubt: "one look: it can have gone on a moment later",
    places: [settingSpot("idle_in_transaction_session_timeout", `pid ${one.pid}`)],
    evidence: [lookEvidence(database, { seconds: round3(idle), blocked: blocked.length })],
    fixes:
      (database.settingNumber("idle_in_transaction_session_timeout") ?? 0) > 0
        ? []
        : [systemFix("End transactions that idle for a minute", "idle_in_transaction_session_timeout", "1min")],
  };
}

const duration = (seconds: number): string => (seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

const LONGEST = 120;

const short = (sql: string): string => `\`${sql.replaceAll(/\s+/g, " ").slice(0, LONGEST).replaceAll("`", "'")}\``;
