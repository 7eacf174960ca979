import { found, poolerRule } from "../connections/pooler.ts";

export const rule = poolerRule(
  { id: "CONN-P05", summary: "PgBouncer pools sessions, which is its default, and so keeps one connection for each client" },
  (view) => {
    const held = view.databases.filter(
      (one) => one.mode === "session" && !view.databases.some((other) => other.mode !== "session" && other.target === one.target),
    );
    const pools = view.looks?.first.pools ?? [];
    return found(
      `${view.databases.length} databases of ${view.name}`,
      held.map((database) => {
        const seen = pools.filter((one) => one.database === database.name);
        const clients = seen.reduce((sum, one) => sum + one.clientsActive, 0);
        const servers = seen.reduce((sum, one) => sum + one.serversActive, 0);
        const figures = seen.length === 0 ? "" : ` Now ${clients} clients hold ${servers} connections.`;
        return {
          key: [view.name, database.name],
          claim: `${database.name === "*" ? "Every database" : `\`${database.name}\``} of ${view.name} is pooled by session: each client keeps a connection for as long as it is there.`,
          reason: `With CONN_MAX_AGE or Django's pool a client stays for minutes, so that nothing is shared and ${database.poolSize} clients fill the pool.${figures}`,
          remedy:
            "Set `pool_mode = transaction`, with DISABLE_SERVER_SIDE_CURSORS in Django; keep an entry of its own in session mode for migrations and LISTEN.",
          doubt: "code that keeps state in the session (SET, advisory locks, temporary tables) needs this mode",
          places: view.isSet("pool_mode") || database.spot === null ? view.spots("pool_mode") : [database.spot],
          evidence: [view.evidence({ poolSize: database.poolSize, clients, servers })],
          fixes: [],
        };
      }),
    );
  },
);
