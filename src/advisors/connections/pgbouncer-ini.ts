/** `pgbouncer.ini` for the version that is there, with keys that it knows. */
import { isPgbouncerKey } from "../../deployment/pgbouncer-keys.ts";
import type { Artefact } from "../../model/index.ts";

export interface PoolerFacts {
  readonly database: string;
  readonly host: string;
  readonly port: string;
  readonly user: string;
  /** Of PgBouncer, `11800`; the oldest that is written for when none was seen. */
  readonly version: number;
  readonly isSeen: boolean;
  readonly poolSize: number;
  readonly reserve: number;
  readonly maxClients: number;
  readonly queryWait: number;
  /** Why these figures, a line each. */
  readonly notes: readonly string[];
}

/** Debian 12's. */
export const OLDEST_POOLER = 11_800;
/** Migrations, LISTEN and advisory locks need a session of their own: this project's notes, §I. */
const DIRECT = 3;
export const POOLER_PORT = 6432;

export function pgbouncerFiles(facts: PoolerFacts): readonly Artefact[] {
  const { database, host, port, user, isSeen, version } = facts;
  const versionText = `PgBouncer 1.${Math.floor(version / 100) % 100}${isSeen ? "" : " and later"}`;
  return [
    {
      path: "pgbouncer.ini",
      language: "ini",
      text: iniText(facts),
      purpose: `PgBouncer in front of ${host}:${port}: \`${database}\` by transaction for the services, \`${database}_direct\` by session for migrations.`,
      check: "pgbouncer starts with it, and SHOW CONFIG has these values",
      version: versionText,
    },
    {
      path: "userlist.sql",
      language: "sql",
      text: `-- Writes userlist.txt, which pgbouncer.ini names: psql -At -h ${host} -p ${port} -d ${database} -f userlist.sql > /etc/pgbouncer/userlist.txt\n-- It takes a superuser, and holds the verifier of the password: chmod 640, owned by the account of PgBouncer.\nSELECT format('"%s" "%s"', rolname, rolpassword) FROM pg_authid WHERE rolname = ${literal(user)};\n`,
      purpose: `Makes userlist.txt with \`${user}\`, without a password in clear.`,
      check: "PgBouncer lets the role in with its password of PostgreSQL (SCRAM)",
      version: "PostgreSQL 13 and later",
    },
  ];
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function iniText(facts: PoolerFacts): string {
  const { database, host, port, poolSize, reserve, maxClients, queryWait, notes, version } = facts;
  const target = `host=${host} port=${port} dbname=${database}`;
  const keys: readonly (readonly [key: string, value: string | number, note?: string])[] = [
    ["listen_addr", "127.0.0.1"],
    ["listen_port", POOLER_PORT],
    ["auth_type", "scram-sha-256"],
    ["auth_file", "/etc/pgbouncer/userlist.txt"],
    ["pool_mode", "transaction"],
    ["max_client_conn", maxClients],
    ["default_pool_size", poolSize],
    ["reserve_pool_size", reserve],
    ["reserve_pool_timeout", 1],
    ["max_db_connections", poolSize + reserve + DIRECT],
    ["query_wait_timeout", queryWait],
    ["server_idle_timeout", 300],
    ["server_lifetime", 1800],
    ["server_connect_timeout", 3],
    ["server_login_retry", 2],
    ["tcp_keepalive", 1],
    ["tcp_keepidle", 30],
    ["ignore_startup_parameters", "extra_float_digits"],
    ["transaction_timeout", 0],
    ["query_wait_notify", Math.max(1, Math.floor(queryWait / 2))],
  ];
  const lines = keys
    .filter(([key, value]) => isPgbouncerKey(key, version) && !(key === "transaction_timeout" && value === 0))
    .map(([key, value]) => `${key} = ${value}`);
  return [
    ...notes.map((one) => `; ${one}`),
    "[databases]",
    `${database} = ${target}`,
    `; migrations, LISTEN, advisory locks of a session, server-side cursors`,
    `${database}_direct = ${target} pool_mode=session pool_size=${DIRECT}`,
    "",
    "[pgbouncer]",
    ...lines,
    "",
  ].join("\n");
}
