import { round3 } from "../connections/live.ts";
import { flows, found, nothing, poolerRule } from "../connections/pooler.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Time in the queue for each second of queries: this project's notes (CONN-P03). */
const SHARE = 0.1;
/** Fewer transactions say nothing: ours. */
const LEAST = 100;

export const rule = poolerRule(
  { id: "CONN-P03", summary: "Waiting for PgBouncer's pool is a tenth or more of the time that queries take" },
  (view, { thresholds }) => {
    const flow = flows(view);
    if ("why" in flow) return nothing("", [{ object: "", why: flow.why }]);
    const slow = flow.stats.filter((one) => one.transactions >= LEAST && one.waitTime / Math.max(1, one.queryTime) > (thresholds["CONN-P03"] ?? SHARE));
    return found(
      `${flow.stats.reduce((sum, one) => sum + one.transactions, 0)} transactions`,
      slow.map((one) => ({
        key: [view.name, one.database],
        claim: `Clients of \`${one.database}\` waited ${round3(one.waitTime / 1000 / one.transactions)} ms a transaction for a connection: ${formatPercent(one.waitTime / Math.max(1, one.queryTime))} of their queries' time.`,
        reason: `In ${Math.round(flow.seconds)} s the queue took ${round3(one.waitTime / 1_000_000)} s of clients' time and the queries ${round3(one.queryTime / 1_000_000)} s.`,
        remedy: "See first what waits inside transactions (CONN-P04), and then raise the pool within what the server allows.",
        doubt: "the first connections after a start are waited for too",
        places: view.spots("default_pool_size"),
        evidence: [view.evidence({ transactions: one.transactions, waitMs: round3(one.waitTime / 1000), queryMs: round3(one.queryTime / 1000) })],
        fixes: [],
      })),
    );
  },
);
