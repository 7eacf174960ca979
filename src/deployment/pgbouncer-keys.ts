/** Keys of pgbouncer.ini by version: one that a version does not know keeps it from starting. From `cf_vars` in PgBouncer's own src/main.c, by release. */

/** Those of 1.18, Debian 12's; 1.14 to 1.17 have the same. */
const BASE: readonly string[] = (
  "admin_users application_name_add_host auth_file auth_hba_file auth_query auth_type auth_user autodb_idle_timeout client_idle_timeout " +
  "client_login_timeout client_tls_ca_file client_tls_cert_file client_tls_ciphers client_tls_dheparams client_tls_ecdhcurve client_tls_key_file " +
  "client_tls_protocols client_tls_sslmode conffile default_pool_size disable_pqexec dns_max_ttl dns_nxdomain_ttl dns_zone_check_period " +
  "idle_transaction_timeout ignore_startup_parameters job_name listen_addr listen_backlog listen_port log_connections log_disconnections " +
  "log_pooler_errors log_stats logfile max_client_conn max_db_connections max_packet_size max_user_connections min_pool_size pidfile pkt_buf pool_mode " +
  "query_timeout query_wait_timeout reserve_pool_size reserve_pool_timeout resolv_conf sbuf_loopcnt server_check_delay server_check_query " +
  "server_connect_timeout server_fast_close server_idle_timeout server_lifetime server_login_retry server_reset_query server_reset_query_always " +
  "server_round_robin server_tls_ca_file server_tls_cert_file server_tls_ciphers server_tls_key_file server_tls_protocols server_tls_sslmode " +
  "service_name so_reuseport stats_period stats_users suspend_timeout syslog syslog_facility syslog_ident tcp_defer_accept tcp_keepalive tcp_keepcnt " +
  "tcp_keepidle tcp_keepintvl tcp_socket_buffer tcp_user_timeout unix_socket_dir unix_socket_group unix_socket_mode user verbose"
).split(" ");

/** Keys that came later, by `major * 10000 + minor * 100`. */
const ADDED: readonly (readonly [since: number, keys: readonly string[]])[] = [
  [11_900, ["auth_dbname", "cancel_wait_timeout", "peer_id"]],
  [12_000, ["track_extra_parameters"]],
  [12_100, ["max_prepared_statements"]],
  [12_300, ["auth_ident_file"]],
  [12_400, ["max_db_client_connections", "max_user_client_connections"]],
  [12_500, ["auth_ldap_options", "client_tls13_ciphers", "query_wait_notify", "scram_iterations", "server_tls13_ciphers", "transaction_timeout"]],
];

export function isPgbouncerKey(key: string, version: number): boolean {
  return BASE.includes(key) || ADDED.some(([since, keys]) => version >= since && keys.includes(key));
}

/** The first version that knows it; null for no key at all. */
export function pgbouncerKeySince(key: string): string | null {
  if (BASE.includes(key)) return "1.18";
  const [since] = ADDED.find(([, keys]) => keys.includes(key)) ?? [];
  return since === undefined ? null : `1.${Math.floor(since / 100) % 100}`;
}

/** What holds where a file says nothing. 1.24 made 200 of the 0 of `max_prepared_statements`. */
const DEFAULTS: Readonly<Record<string, string>> = {
  auth_type: "md5",
  auth_query: "SELECT usename, passwd FROM pg_shadow WHERE usename=$1",
  default_pool_size: "20",
  idle_transaction_timeout: "0",
  ignore_startup_parameters: "",
  max_client_conn: "100",
  max_db_connections: "0",
  pool_mode: "session",
  query_timeout: "0",
  query_wait_timeout: "120",
  reserve_pool_size: "0",
  server_idle_timeout: "600",
  server_lifetime: "3600",
  server_login_retry: "15",
  server_reset_query_always: "0",
  server_round_robin: "0",
  so_reuseport: "0",
};

export function pgbouncerDefault(key: string, version: number | null): string | null {
  if (key === "max_prepared_statements") return version === null ? null : version >= 12_400 ? "200" : "0";
  return DEFAULTS[key] ?? null;
}
