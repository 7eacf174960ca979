import { round3 } from "../connections/live.ts";
import { flows, found, nothing, poolerRule } from "../connections/pooler.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Of the time in transactions: this project's notes (CONN-P04). */
const SHARE = 0.3;
/** Connections at any moment: less is nobody's trouble. Ours. */
const LEAST_BUSY = 0.1;

export const rule = poolerRule(
  { id: "CONN-P04", summary: "Transactions hold connections of the pool without running anything", chapter: "4.2" },
  (view, { thresholds }) => {
    const flow = flows(view);
    if ("why" in flow) return nothing("", [{ object: "", why: flow.why }]);
    const held = flow.stats.map((one) => ({
      one,
      busy: one.transactionTime / 1_000_000 / flow.seconds,
      idle: 1 - one.queryTime / Math.max(1, one.transactionTime),
    }));
    return found(
      held.map(({ one, idle }) => `${one.database}: ${formatPercent(Math.max(0, idle))} silent`).join(", "),
      held
        .filter(({ busy, idle }) => busy >= LEAST_BUSY && idle > (thresholds["CONN-P04"] ?? SHARE))
        .map(({ one, busy, idle }) => ({
          key: [view.name, one.database],
          claim: `${formatPercent(idle)} of the time that transactions hold connections of \`${one.database}\`, no query runs: ${round3(busy * idle)} connections.`,
          reason: `A transaction takes ${round3(one.transactionTime / 1000 / Math.max(1, one.transactions))} ms, its queries ${round3(one.queryTime / 1000 / Math.max(1, one.transactions))} ms; the rest is the application's own work, or a call to somebody else.`,
          remedy: "Shorten what holds them (external-call-in-transaction, idle-in-transaction, ATOMIC_REQUESTS); a larger pool only hides it.",
          doubt: "in session mode a transaction is counted the same way, while the connection is held for the whole session",
          places: view.spots("pool_mode"),
          evidence: [
            view.evidence({ transactionMs: round3(one.transactionTime / 1000), queryMs: round3(one.queryTime / 1000), transactions: one.transactions }),
          ],
          fixes: [],
        })),
    );
  },
);
