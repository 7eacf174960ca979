import { usableConnections } from "../connections/live.ts";
import { found, nothing, poolerRule, poolsOf } from "../connections/pooler.ts";

/** Shells, migrations, cron jobs and monitoring beside the pool: this project's notes (§A.4: 3 to 5, and 2). */
const BESIDE = 5;

export const rule = poolerRule(
  { id: "CONN-P06", chapter: "4.2", summary: "PgBouncer's pools together can open more connections than the server has" },
  (view, { database, deployment }) => {
    const usable = database === null ? (deployment.maxConnections?.value ?? null) : usableConnections(database);
    const most = Number(view.value("max_db_connections") ?? 0);
    const pools = view.databases.map((one) => {
      const size = (one.poolSize + one.reserve) * poolsOf(view, one);
      return { one, size: most > 0 ? Math.min(size, most) : size };
    });
    const total = pools.reduce((sum, { size }) => sum + size, 0);
    const examined = `${total} connections of ${pools.length} databases`;
    if (usable === null) return nothing(examined, [{ object: "", why: "needs max_connections of the server: luthier snapshot --db URL" }]);
    if (total + BESIDE <= usable) return nothing(examined);
    const listed = pools.map(({ one, size }) => `${one.name} ${size}`).join(", ");
    return found(examined, [
      {
        key: [view.name],
        severity: total > usable ? "error" : "warning",
        claim: `The pools of ${view.name} can open ${total} connections (${listed}); the server has ${usable} for them and everything else.`,
        reason: "A pool that cannot open what it may leaves its clients in the queue, and a shell or a migration finds no place at all.",
        remedy: "Set `max_db_connections` so that all pools together, with five to spare, stay within what the server has.",
        doubt: view.looks === null ? "one pool for each database is assumed; there is one for each user of each" : "users that were not seen have pools too",
        places: view.spots("default_pool_size", "reserve_pool_size"),
        evidence: [view.evidence({ pools: total, usable })],
        fixes: [],
      },
    ]);
  },
);
