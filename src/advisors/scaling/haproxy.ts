/** `haproxy.cfg` in front of a primary and its standbys: each port leads to a server of its role, asked of PostgreSQL itself. */
import type { Artefact } from "../../model/index.ts";

export interface Backend {
  /** `db1`: a name for HAProxy's own words. */
  readonly name: string;
  readonly host: string;
  readonly port: string;
  readonly isPlaceholder: boolean;
  /** Connections that it takes from HAProxy; null where max_connections is not known. */
  readonly most: number | null;
}

export interface ProxyFacts {
  readonly servers: readonly Backend[];
  readonly database: string;
  /** Ports that the application connects to. */
  readonly primaryPort: number;
  readonly replicaPort: number;
  readonly connectSeconds: number;
  /** Longest that a connection is idle on purpose, in seconds, and who says so. */
  readonly idleSeconds: number;
  readonly idleSaid: string;
  readonly mostLagBytes: number;
}

/** Asks without a password: it may connect to one database, and is nobody's member. */
const USER = "haproxy_check";

export function haproxyFiles(facts: ProxyFacts): readonly Artefact[] {
  return [
    {
      path: "haproxy.cfg",
      language: "cfg",
      text: configuration(facts),
      purpose: `Port ${facts.primaryPort} leads to the primary, port ${facts.replicaPort} to standbys less than ${facts.mostLagBytes / 1024 ** 2} MB behind: ${facts.servers.map(({ host, port }) => `${host}:${port}`).join(", ")}.`,
      check: "haproxy -c -f haproxy.cfg; HAProxy 2.6 starts with it and both ports answer",
      version: "HAProxy 2.6 and later",
    },
    {
      path: "haproxy-check.sql",
      language: "sql",
      text: checkRole(facts),
      purpose: `Makes the role that HAProxy's checks connect as, on the primary of \`${facts.database}\`.`,
      check: "run on PostgreSQL 15; the checks of haproxy.cfg go through with it",
      version: "PostgreSQL 13 and later",
    },
  ];
}

function checkRole({ database, servers }: ProxyFacts): string {
  return `-- HAProxy speaks no password: let this role in from HAProxy's host alone, in pg_hba.conf of ${servers.map(({ host }) => host).join(", ")}:
--   host  ${database}  ${USER}  HAPROXY_HOST/32  trust
CREATE ROLE ${USER} LOGIN CONNECTION LIMIT 10;
COMMENT ON ROLE ${USER} IS 'health checks of HAProxy';
-- Undo: DROP ROLE ${USER};
`;
}

function configuration({ servers, database, primaryPort, replicaPort, connectSeconds, idleSeconds, idleSaid, mostLagBytes }: ProxyFacts): string {
  const lines = servers.map(
    (one) =>
      `  server ${one.name} ${one.host}:${one.port} check${one.most === null ? "" : ` maxconn ${one.most}`}${one.isPlaceholder ? "  # a placeholder: this server's host is not known" : ""}`,
  );
  return `# Which server is the primary is asked of each one, so that a failover needs no change here. In its first three seconds, before each has failed twice,
# HAProxy takes every server for up (from 3.1 on, "init-state down" on default-server changes that): start it before the application.
global
  maxconn ${Math.max(100, servers.reduce((sum, { most }) => sum + (most ?? 100), 0) * 2)}
  log stdout format raw local0 notice

resolvers system
  parse-resolv-conf

defaults
  mode tcp
  log global
  option tcplog
  option dontlognull
  timeout connect ${connectSeconds}s
  # ${idleSaid}
  timeout client ${idleSeconds}s
  timeout server ${idleSeconds}s
  timeout check 3s
  option clitcpka
  option srvtcpka
  # A host that does not resolve yet must not keep the others from being served.
  default-server resolvers system init-addr last,libc,none inter 1s fall 2 rise 2 on-marked-down shutdown-sessions

listen postgres_primary
  bind *:${primaryPort}
  option tcp-check
${checks(database, "is-primary", mostLagBytes)}
${lines.join("\n")}

listen postgres_replicas
  bind *:${replicaPort}
  balance leastconn
  option tcp-check
${checks(database, "is-replica", mostLagBytes)}
${lines.join("\n")}
`;
}

/** A word that stands in no column's name: the answer's row alone has it. */
function question(mostLagBytes: number): string {
  const role = `CASE WHEN NOT pg_is_in_recovery() THEN 'is-primary' WHEN coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0) > ${mostLagBytes} THEN 'is-behind' WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 'is-cut-off' ELSE 'is-replica' END`;
  return `SELECT ${role} AS role`;
}

function checks(database: string, expected: string, mostLagBytes: number): string {
  const query = question(mostLagBytes);
  return [
    "  tcp-check connect",
    `  # StartupMessage: user ${USER}, database ${database}`,
    `  tcp-check send-binary ${startup(database)}`,
    "  # ReadyForQuery",
    "  tcp-check expect binary 5a0000000549",
    `  # ${query}`,
    `  tcp-check send-binary ${simpleQuery(query)}`,
    `  tcp-check expect string ${expected}`,
    "  # Terminate",
    "  tcp-check send-binary 5800000004",
  ].join("\n");
}

/** PostgreSQL's protocol, version 3. */
function startup(database: string): string {
  const words = Buffer.from(`user\0${USER}\0database\0${database}\0application_name\0haproxy\0\0`);
  return Buffer.concat([int32(words.length + 8), int32(196_608), words]).toString("hex");
}

function simpleQuery(sql: string): string {
  const text = Buffer.from(`${sql}\0`);
  return Buffer.concat([Buffer.from("Q"), int32(text.length + 4), text]).toString("hex");
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
