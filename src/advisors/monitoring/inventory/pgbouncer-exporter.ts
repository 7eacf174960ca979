/** What prometheus-community's pgbouncer_exporter 0.12.1 says of pools (its source at 6918f4e, collector.go). Debian's prometheus-pgbouncer-exporter 1.7 is another program: it has `pgbouncer_waiting_clients`, and no wait. */
import { readInventory } from "./inventory.ts";

export const PGBOUNCER_EXPORTER = readInventory(
  "0.12.1",
  `
pgbouncer_up gauge -
pgbouncer_pools_client_active_connections gauge database,user
pgbouncer_pools_client_waiting_connections gauge database,user
pgbouncer_pools_client_maxwait_seconds gauge database,user
pgbouncer_pools_server_active_connections gauge database,user
pgbouncer_pools_server_idle_connections gauge database,user
pgbouncer_stats_queries_pooled_total counter database
pgbouncer_stats_queries_duration_seconds_total counter database
pgbouncer_stats_client_wait_seconds_total counter database
`,
);
