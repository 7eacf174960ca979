import type { PoolerPool } from "../../model/index.ts";
import { round3 } from "../connections/live.ts";
import { found, NEEDS_TWO_LOOKS, poolerRule } from "../connections/pooler.ts";

/** Microseconds that the first in the queue has waited: 0.1 s, this project's notes (CONN-P02). */
const LEAST_WAITED = 100_000;
/** Share of `query_wait_timeout` from which on clients are about to be thrown out. */
const CRITICAL_SHARE = 0.5;

export const rule = poolerRule({ id: "CONN-P02", summary: "Clients wait in PgBouncer's queue for a connection to the server" }, (view, { thresholds }) => {
  const { looks } = view;
  if (looks === null) return { drafts: [], unjudged: [{ object: "", why: NEEDS_TWO_LOOKS }], examined: "" };
  const limit = Number(view.value("query_wait_timeout") ?? 0) * 1_000_000;
  const all = [...looks.first.pools, ...(looks.later?.pools ?? [])];
  const waiting = worst(all.filter((one) => one.clientsWaiting > 0 && one.waited > (thresholds["CONN-P02"] ?? LEAST_WAITED)));
  const drafts = waiting.map((one) => {
    const size = view.databases.find(({ name }) => name === one.database)?.poolSize ?? 0;
    const taken = one.serversActive + one.serversLogin;
    return {
      key: [view.name, one.database, one.user],
      severity: limit > 0 && one.waited > limit * CRITICAL_SHARE ? ("error" as const) : ("warning" as const),
      claim: `${one.clientsWaiting} ${one.clientsWaiting === 1 ? "client waits" : "clients wait"} for a connection to \`${one.database}\`, the first for ${round3(one.waited / 1000)} ms; ${taken} of ${size} are taken.`,
      reason: `Each request has that long added to it${limit > 0 ? `, and is refused after ${round3(limit / 1_000_000)} s (\`query_wait_timeout\`)` : ""}.`,
      remedy:
        taken < size
          ? "The pool is not full: the server is slow to let new connections in; see its log and `server_login_retry`."
          : "Find who holds the connections (CONN-P04, CONN-D03) before the pool is made larger.",
      doubt: "a queue of a moment at a deployment passes by itself",
      places: view.spots("default_pool_size", "query_wait_timeout"),
      evidence: [view.evidence({ waiting: one.clientsWaiting, milliseconds: round3(one.waited / 1000), taken, size })],
      fixes: [],
    };
  });
  const unjudged = drafts.length === 0 && looks.later === null ? [{ object: "", why: NEEDS_TWO_LOOKS }] : [];
  return { ...found(`${new Set(all.map(({ database, user }) => `${database} ${user}`)).size} pools`, drafts), unjudged };
});

/** Of each pool, the look at which it waited longest. */
function worst(pools: readonly PoolerPool[]): PoolerPool[] {
  const found = new Map<string, PoolerPool>();
  for (const one of pools) {
    const key = `${one.database} ${one.user}`;
    if ((found.get(key)?.waited ?? -1) < one.waited) found.set(key, one);
  }
  return [...found.values()];
}
