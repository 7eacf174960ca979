/** PgBouncer's queue, where the repository has its configuration. Metrics of prometheus-community's pgbouncer_exporter. */
import { levelAlert, MINUTE, type Alert } from "../alert.ts";
import { seconds } from "../words.ts";
import type { Watched } from "../watched.ts";

/** Half of the time after which a client is sent away: this project's notes (P02). */
const SHARE = 0.5;

export function poolerAlerts({ slug, queryWaitTimeout, target }: Watched): Alert[] {
  if (queryWaitTimeout === null) return [];
  return [
    levelAlert({
      target: { job: `${slug}-pgbouncer`, instance: target.instance.replace(/:9187$/, ":9127") },
      metric: "pgbouncer_pools_client_maxwait_seconds",
      name: "PoolQueue",
      over: SHARE * queryWaitTimeout,
      step: 0.5,
      normal: 0,
      hold: MINUTE,
      severity: "page",
      digits: 1,
      summary: ({ value }) => `A client has waited ${value} s for a connection of PgBouncer`,
      description: () => `After query_wait_timeout = ${seconds(queryWaitTimeout)} it is sent away with an error.`,
      because: `half of query_wait_timeout = ${seconds(queryWaitTimeout)}`,
      steps: [
        "SHOW POOLS; all servers active: a statement became slow (StatementSlower), or transactions stand still (IdleInTransaction).",
        "Raising default_pool_size helps only while ConnectionsHigh is silent.",
      ],
    }),
  ];
}
