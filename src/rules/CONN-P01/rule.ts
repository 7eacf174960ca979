import { round3 } from "../connections/live.ts";
import { flows, found, nothing, poolerRule, poolsOf } from "../connections/pooler.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Share of a pool's time that transactions take, exact by Little's law: this project's notes (CONN-P01). */
const WARNING_SHARE = 0.7;
const ERROR_SHARE = 0.85;

export const rule = poolerRule({ id: "CONN-P01", summary: "A pool of PgBouncer is busy nearly all the time" }, (view, { thresholds }) => {
  const flow = flows(view);
  if ("why" in flow) return nothing("", [{ object: "", why: flow.why }]);
  const busy = view.databases.flatMap((database) => {
    const stats = flow.stats.find((one) => one.database === database.name);
    const size = database.poolSize * poolsOf(view, database);
    return stats === undefined || size === 0 ? [] : [{ database, size, used: stats.transactionTime / 1_000_000 / flow.seconds }];
  });
  return found(
    busy.map(({ database, size, used }) => `${database.name}: ${round3(used)} of ${size} connections`).join(", "),
    busy
      .filter(({ size, used }) => used / size > (thresholds["CONN-P01"] ?? WARNING_SHARE))
      .map(({ database, size, used }) => ({
        key: [view.name, database.name],
        severity: used / size > ERROR_SHARE ? "error" : "warning",
        claim: `Transactions take ${round3(used)} of the ${size} connections of \`${database.name}\` at any moment: ${formatPercent(used / size)}.`,
        reason: "From 70 % on the time in the queue grows faster than the load; at 100 % it has no end.",
        remedy: `See first what waits inside transactions (CONN-P04), and then raise \`pool_size\` of \`${database.name}\` within what the server allows.`,
        doubt: "the window need not be the busiest one",
        places: view.spots("default_pool_size"),
        evidence: [view.evidence({ busy: round3(used), size, seconds: Math.round(flow.seconds) })],
        fixes: [],
      })),
  );
});
