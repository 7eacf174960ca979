/** 7.1: HAProxy in front of the servers that there are, with timeouts that fit the application's own. */
import type { Advice, AdvisorInput, Server } from "../../model/index.ts";
import type { SettingsFacts } from "../../model/deployment.ts";
import { isIdle } from "./replicas.ts";
import { formatCount, formatNumber } from "../../model/numbers.ts";
import { poolerOf } from "../../rules/deployment/pooler.ts";
import { mainSettings, primaryOf, replicasOf } from "../../rules/scaling/aliases.ts";
import { haproxyFiles, type Backend, type ProxyFacts } from "./haproxy.ts";
import { placeOf } from "./places.ts";
import { standbysOf } from "./replicas.ts";
import { NEEDS_POSTGRES, otherEngineWords } from "../../rules/deployment/entries.ts";

const PRIMARY_PORT = 5000;
const REPLICA_PORT = 5001;
/** Behind so much WAL a standby serves nobody (this project's notes on operations). */
const MOST_LAG_BYTES = 16 * 1024 ** 2;

export function adviseBalancing(input: AdvisorInput, isWorthReplica: boolean): Advice {
  const settings = mainSettings(input.deployment);
  const servers = serversOf(input, settings);
  const [primary] = servers;
  const others = servers.slice(1);
  if (primary === undefined || (others.every(({ isPlaceholder }) => isPlaceholder) && (!isWorthReplica || isIdle(input))))
    return nothingToBalance(input, primary);
  const facts = factsOf(input, settings, servers);
  const rows = servers.map((one, index) => [
    one.name,
    `${one.host}:${one.port}`,
    index === 0 ? "primary when this was written" : "standby",
    one.most === null ? "not known" : formatNumber(one.most),
    one.isPlaceholder ? "placeholder" : one.said,
  ]);
  return {
    ...EMPTY,
    claim: `HAProxy on ports ${PRIMARY_PORT} and ${REPLICA_PORT} leads ${formatCount(servers.length, "server")} by role: ${primary.host}:${primary.port} for writes, ${others.map(({ host, port }) => `${host}:${port}`).join(", ")} for reads.`,
    reasons: [
      `\`timeout client\` and \`timeout server\` are ${formatNumber(facts.idleSeconds)} s: ${facts.idleSaid} A shorter one cuts connections that the application still means to use.`,
      `\`timeout connect\` is ${facts.connectSeconds} s, and both checks ask ${servers.map(({ host }) => host).join(" and ")} whether it is in recovery and how far it is behind: \`pgsql-check\` of HAProxy cannot tell a standby from a primary.`,
    ],
    tables: [
      {
        title: "Servers behind HAProxy",
        head: ["name", "address", "role", "connections at most", "from"],
        rows,
        numeric: [3],
        source: "settings and snapshot; max_connections less those kept for superusers",
      },
    ],
    artefacts: haproxyFiles(facts),
    rung: "inferred",
    examined: `${formatCount(servers.length, "server")}, ${formatCount(settings?.databases.length ?? 0, "entry", "entries")} of DATABASES`,
    missing: others.some(({ isPlaceholder }) => isPlaceholder) ? "the standby's host: luthier snapshot --db PRIMARY --db REPLICA names it" : "",
    doubt: `one HAProxy is one more machine that can go away: two of them with one address, or one beside each application host; where Patroni runs, its REST interface on port 8008 answers for ${primary.host} what these checks ask`,
  };
}

const EMPTY = { advisor: "scaling", section: "7.1", reasons: [], tables: [], plots: [], artefacts: [], examples: [] } satisfies Partial<Advice>;

function nothingToBalance({ database, deployment }: AdvisorInput, primary: Named | undefined): Advice {
  return {
    ...EMPTY,
    claim: claimOf(primary, deployment, database !== null),
    rung: "inferred",
    examined: `${formatCount(deployment.settings.length, "settings module")}, ${formatCount(database?.snapshot.servers.length ?? 0, "server")} of a snapshot`,
    missing:
      database !== null ? "" : otherEngineWords(deployment) === "" ? "standbys that follow the primary: luthier snapshot --db URL sees them" : NEEDS_POSTGRES,
    doubt: primary === undefined ? "" : `a second server for failover of ${primary.host} is not a matter of load, and is not judged here`,
  };
}

function claimOf(primary: Named | undefined, deployment: AdvisorInput["deployment"], isSeen: boolean): string {
  const {
    settings: [settings],
  } = deployment;
  const other = isSeen ? "" : otherEngineWords(deployment);
  if (other !== "") return `Servers are weighed for PostgreSQL alone, and ${other}.`;
  if (primary === undefined) return "Which server has the database is not known: no snapshot names one, and no settings that were read.";
  const name = primary.isPlaceholder
    ? `\`${primaryOf(settings ?? null)?.alias ?? "default"}\` of ${settings?.module ?? "the settings"}`
    : `${primary.host}${primary.port === "" ? "" : `:${primary.port}`}`;
  if (!isSeen) return `${name} is the only server that the settings name, and how much it has to do is not known.`;
  return `There is nothing to balance: ${name} is the only server that settings and snapshot name, and neither its load nor the reads that could leave it ask for a second.`;
}

// ---------------------------------------------------------------------------------------------------------------- servers

type Named = Backend & { readonly said: string };

/** The primary first. */
function serversOf(input: AdvisorInput, settings: SettingsFacts | null): readonly Named[] {
  const { database, source } = input;
  const looked = database?.snapshot.servers ?? [];
  const entry = primaryOf(settings);
  const behindPooler = entry !== null && poolerOf(entry, input.deployment) !== null;
  const seen = looked.find(({ role }) => role === "primary");
  const fromEntry =
    entry?.host != null && entry.host.value !== "" && !behindPooler && entry.host.dependsOn === undefined
      ? { host: entry.host.value, port: entry.port?.value ?? "5432", said: placeOf(source, entry.host.spot?.span ?? entry.spot.span) }
      : null;
  const fromLook =
    seen === undefined
      ? null
      : {
          ...addressOf(seen.address),
          said: isLoopback(seen.address) ? "snapshot, by the server's own loopback: right where HAProxy runs beside it" : "snapshot",
        };
  const primary = fromEntry ?? fromLook ?? (entry === null ? null : { host: "PRIMARY_HOST", port: entry.port?.value || "5432", said: "placeholder" });
  if (primary === null) return [];
  const replicas = replicaHosts(input, settings);
  const others = replicas.length > 0 ? replicas : [{ host: "REPLICA_HOST", port: "5432", said: "placeholder", most: null, isPlaceholder: true }];
  return [
    { name: "db1", ...primary, isPlaceholder: primary.host === "PRIMARY_HOST", most: seen === undefined ? null : mostOf(seen) },
    ...others.map((one, index) => ({ name: `db${index + 2}`, ...one })),
  ];
}

function replicaHosts(input: AdvisorInput, settings: SettingsFacts | null): readonly Omit<Named, "name">[] {
  const standbys = standbysOf(input).flatMap(({ name, server }) =>
    /^[\w.-]+(?::\d+)?$/.test(name) && /[.\d]/.test(name)
      ? [{ ...addressOf(name), said: "snapshot", most: server === null ? null : mostOf(server), isPlaceholder: false }]
      : [],
  );
  if (standbys.length > 0) return standbys;
  return (settings === null ? [] : replicasOf(settings)).flatMap(({ host, port, spot }) =>
    host === null || host.value === "" || host.dependsOn !== undefined
      ? []
      : [{ host: host.value, port: port?.value ?? "5432", said: placeOf(input.source, host.spot?.span ?? spot.span), most: null, isPlaceholder: false }],
  );
}

const isLoopback = (address: string): boolean => /^(?:127\.|localhost|\/|::1)/.test(address);

function addressOf(address: string): { readonly host: string; readonly port: string } {
  const [host = "", port = "5432"] = address.split(/:(?=\d+$)/);
  return { host: host.startsWith("/") ? "127.0.0.1" : host, port };
}

function mostOf({ settings }: Server): number | null {
  const number = (name: string): number => Number(settings.find((one) => one.name === name)?.value ?? Number.NaN);
  const most = number("max_connections") - number("superuser_reserved_connections") - (number("reserved_connections") || 0);
  return Number.isFinite(most) && most > 0 ? most : null;
}

// --------------------------------------------------------------------------------------------------------------- timeouts

/** Half an hour: longer than most reports run. Ours, where nothing says how long a connection idles. */
const FALLBACK_SECONDS = 1800;
/** For connections that are kept for ever; keep-alives find those whose other end is gone. Ours. */
const FOREVER_SECONDS = 86_400;
const MARGIN_SECONDS = 60;

function factsOf(input: AdvisorInput, settings: SettingsFacts | null, servers: readonly Backend[]): ProxyFacts {
  const entry = primaryOf(settings);
  const idle = idleOf(input, settings);
  const connect = Number(entry?.options.get("connect_timeout")?.value ?? Number.NaN);
  return {
    servers,
    database: input.database?.catalog.database.name ?? (entry?.name?.value === undefined || entry.name.value === "" ? "postgres" : entry.name.value),
    primaryPort: PRIMARY_PORT,
    replicaPort: REPLICA_PORT,
    connectSeconds: connect > 1 ? Math.min(3, connect - 1) : 3,
    ...idle,
    mostLagBytes: MOST_LAG_BYTES,
  };
}

function idleOf({ source, deployment, database }: AdvisorInput, settings: SettingsFacts | null): Pick<ProxyFacts, "idleSeconds" | "idleSaid"> {
  const entry = primaryOf(settings);
  const candidates: { readonly seconds: number; readonly said: string }[] = [];
  const age = entry?.connMaxAge;
  if (age != null && (age.value === null || age.value > 0)) {
    const where = age.spot === null ? "" : ` (${placeOf(source, age.spot.span)})`;
    candidates.push(
      age.value === null
        ? {
            seconds: FOREVER_SECONDS - MARGIN_SECONDS,
            said: `CONN_MAX_AGE = None${where} keeps connections for ever; after a day without a query one is cut and made anew`,
          }
        : { seconds: age.value, said: `CONN_MAX_AGE = ${age.value}${where} keeps connections that idle so long` },
    );
  }
  for (const { file, values } of deployment.poolers) {
    const seconds = Number(values.get("server_idle_timeout")?.value ?? 600);
    if (seconds > 0) candidates.push({ seconds, said: `server_idle_timeout = ${seconds} of ${file} keeps connections that idle so long` });
  }
  const statement = database?.settingNumber("statement_timeout") ?? 0;
  if (statement > 0)
    candidates.push({
      seconds: Math.ceil(statement / 1000),
      said: `statement_timeout of ${database?.server.address ?? "the server"} lets statements run ${Math.ceil(statement / 1000)} s`,
    });
  const longest = candidates.toSorted((a, b) => b.seconds - a.seconds)[0];
  if (longest === undefined)
    return {
      idleSeconds: FALLBACK_SECONDS,
      idleSaid: `Neither settings nor ${database?.server.address ?? "a pooler"} say how long a connection idles or a statement runs; half an hour is this file's own.`,
    };
  return { idleSeconds: longest.seconds + MARGIN_SECONDS, idleSaid: `${longest.said}, and a minute more.` };
}
