/** 4.1: connections that the services can open, those that the server has, and how they are to be kept. */
import type { Advice, AdviceTable, AdvisorInput, Artefact, Example, Plot } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { sessionsSeen } from "../../rules/connections/live.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { NO_PARTS } from "../no-parts.ts";
import { allowed, BESIDE, processesOf, proposed, type Choice } from "./choose.ts";
import { blockText, databasesBlock, gunicornHooks, type BlockFacts } from "./databases-block.ts";
import type { ConnectionFacts } from "./facts.ts";
import { OLDEST_POOLER, pgbouncerFiles, type PoolerFacts } from "./pgbouncer-ini.ts";
import { DEFAULT_SIZE, erlangC, poolSizeFor, reserveOf } from "./pool-size.ts";
import { queryWaitOf } from "./waits.ts";
import { NEEDS_POSTGRES, otherEngineWords } from "../../rules/deployment/entries.ts";

const SECTION = "4.1";

export function advisePooling(input: AdvisorInput, facts: ConnectionFacts, choice: Choice): Advice {
  const { budget, entry, usable, concurrency } = facts;
  const services = budget.rows.length + budget.unknown.length;
  if (entry === null || services === 0) return nothingKnown(input, facts);
  const pool = poolerSize(facts);
  return {
    advisor: "connections",
    section: SECTION,
    claim: claimOf(facts, choice, pool),
    reasons: reasonsOf(facts, choice, pool),
    tables: [budgetTable(facts)],
    plots: plotOf(input, facts, choice, pool.size),
    artefacts: artefactsOf(input, facts, choice, pool),
    examples: exampleOf(input, facts, choice),
    rung: usable !== null && input.database !== null ? "recorded" : "inferred",
    examined: `${formatCount(services, "service")} of ${entry.settings.module}${usable === null ? "" : `, ${usable.count} usable connections`}`,
    missing: missingOf(input, facts),
    doubt: doubtOf(facts, concurrency === null),
  };
}

function nothingKnown({ database, deployment }: AdvisorInput, { entry }: ConnectionFacts): Advice {
  const other = database === null ? otherEngineWords(deployment) : "";
  const why =
    other !== ""
      ? `they are counted for PostgreSQL, and ${other}`
      : entry === null
        ? "no entry of DATABASES for PostgreSQL was read"
        : `no file says by how many processes ${entry.settings.module} is served`;
  return {
    advisor: "connections",
    section: SECTION,
    claim: `How many connections the services open is not known: ${why}.`,
    ...NO_PARTS,
    rung: "inferred",
    examined: database === null ? "no services, no server" : `no services; ${sessionsSeen(database) ?? 0} sessions of ${database.server.address}`,
    missing: other !== "" ? NEEDS_POSTGRES : "the lines that start the services, in a Procfile, a compose file, gunicorn.conf.py or a systemd unit",
    doubt: "",
  };
}

const NAMES: Readonly<Record<Choice["kind"], string>> = {
  pgbouncer: "PgBouncer in transaction mode",
  native: "Django's own pool in each process",
  persistent: "persistent connections, one for each worker",
};

function claimOf({ budget, usable }: ConnectionFacts, choice: Choice, pool: PoolSize): string {
  const asked =
    budget.unknown.length > 0
      ? `${budget.total === 0 ? "Nothing bounds the connections of" : `The services open up to ${budget.total} connections, and nothing bounds those of`} ${budget.unknown
          .map(({ service }) => `\`${service.name}\``)
          .slice(0, 2)
          .join(" and ")}`
      : `The services open up to ${budget.total} connections`;
  const has = usable === null ? "" : `; the server has ${usable.count}`;
  const size = choice.kind === "native" ? `, ${choice.size} each` : choice.kind === "pgbouncer" ? `, ${pool.size} for all` : "";
  return `${asked}${has}. Proposed: ${NAMES[choice.kind]}${size}.`;
}

interface PoolSize {
  readonly size: number;
  readonly reserve: number;
  readonly said: string;
}

function poolerSize(facts: ConnectionFacts): PoolSize {
  const { concurrency } = facts;
  const most = allowed(facts).count;
  const measured = concurrency === null ? null : poolSizeFor(concurrency.mean);
  const wanted = measured ?? DEFAULT_SIZE;
  const size = Math.max(1, Math.min(wanted, Math.floor(most * 0.8)));
  const reserve = Math.max(0, Math.min(reserveOf(size), most - size));
  const busy = concurrency === null ? "" : `${three(concurrency.mean)} connections are in transactions on average (${concurrency.said})`;
  const said =
    measured === null || concurrency === null
      ? `PgBouncer's own ${DEFAULT_SIZE}, as nothing measured how many work at once`
      : `${busy}; by Erlang's formula ${size} leave ${three(erlangC(size, concurrency.mean) * 100)} % of them waiting`;
  return { size, reserve, said: size < wanted ? `${said}; cut to what the server has` : said };
}

const three = (value: number): string => String(Number(value.toPrecision(3)));

function reasonsOf(facts: ConnectionFacts, choice: Choice, pool: PoolSize): string[] {
  const { driver, budget } = facts;
  const limit = allowed(facts);
  const age = facts.entry?.database.connMaxAge;
  return [
    `The choice follows from the sum: ${choice.why}. What the services may take is ${limit.count}: ${limit.said}.`,
    ...(choice.kind === "pgbouncer" ? [`Size of the shared pool: ${pool.said}; ${pool.reserve} more are its reserve.`] : []),
    ...(budget.rows.length + budget.unknown.length > 0 ? [`${driver.said}: ${poolWords(driver.canPool)}.`] : []),
    ...(age !== null && age !== undefined && choice.kind === "native" && age.value !== 0
      ? [`CONN_MAX_AGE is ${age.value === null ? "None" : age.value} now; Django refuses it beside a pool, so that it becomes 0.`]
      : []),
  ];
}

function poolWords(canPool: boolean | null): string {
  if (canPool === null) return 'whether OPTIONS["pool"] is possible depends on versions that no file pins';
  return canPool ? 'OPTIONS["pool"] is possible' : 'OPTIONS["pool"] takes Django 5.1 and psycopg 3';
}

function budgetTable({ budget, usable }: ConnectionFacts): AdviceTable {
  const rows = budget.rows.map((row) => [
    row.service.name,
    row.service.server,
    row.isOneHost ? "1 (assumed)" : String(row.hosts),
    String(row.processes),
    `${row.perProcess} (${row.how})`,
    String(row.total),
  ]);
  const open = budget.unknown.map(({ service }) => [
    service.name,
    service.server,
    service.replicas === null ? "1 (assumed)" : String(service.replicas.value),
    String(service.processes?.value ?? "?"),
    "not bound",
    "?",
  ]);
  const beside = ["shells, migrations, monitoring", "", "", "", "", String(BESIDE)];
  const server = usable === null ? [] : [["server", usable.said, "", "", "", String(usable.count)]];
  return {
    title: "Connections that can be open at once",
    head: ["Service", "Program", "Hosts", "Processes", "Of each process", "Connections"],
    rows: [...rows, ...open, beside, ...server],
    numeric: [5],
    source: [
      ...new Set([...budget.rows.map(({ service }) => service), ...budget.unknown.map(({ service }) => service)].map(({ spot }) => spot.span.file)),
    ].join(", "),
  };
}

function plotOf({ database }: AdvisorInput, facts: ConnectionFacts, choice: Choice, poolSize: number): Plot[] {
  const { budget, usable } = facts;
  const peak = database === null ? null : sessionsSeen(database);
  const today = budget.rows.map((row) => ({ label: row.service.name, count: row.total }));
  const after = proposed(choice, facts, poolSize);
  if (today.length + after.length === 0) return [];
  const sum = (parts: readonly { readonly count: number }[]): number => parts.reduce((all, { count }) => all + count, 0);
  const unbound = budget.unknown.length === 0 ? "" : `, and ${budget.unknown.map(({ service }) => service.name).join(", ")} without a bound`;
  return [
    {
      kind: "connections",
      question: "Do the connections that the services can open fit the server?",
      answer: `Today ${sum(today)}${unbound}; as proposed ${sum(after)}${usable === null ? "" : `, of ${usable.count}`}.`,
      source: usable === null ? "files of the project" : `files of the project; ${usable.said}`,
      limit: usable?.count ?? null,
      limitNote: usable?.said ?? "max_connections is not known",
      stacks: [
        { label: budget.unknown.length === 0 ? "today" : "today, bounded ones", parts: today },
        { label: "proposed", parts: after },
      ],
      peak,
    },
  ];
}

function artefactsOf(input: AdvisorInput, facts: ConnectionFacts, choice: Choice, pool: PoolSize): readonly Artefact[] {
  const block = blockOf(facts, choice);
  if (block === null) return [];
  const preloading = choice.kind === "native" ? input.deployment.services.find((one) => one.server === "gunicorn" && one.preloads?.value === true) : undefined;
  return [
    databasesBlock(block),
    ...(choice.kind === "pgbouncer" ? pgbouncerFiles(poolerFacts(input, facts, pool)) : []),
    ...(preloading === undefined ? [] : [gunicornHooks(preloading.name)]),
  ];
}

function blockOf({ entry, driver, request }: ConnectionFacts, choice: Choice): BlockFacts | null {
  if (entry === null) return null;
  const { settings, database, services } = entry;
  const web = services.find(({ kind }) => kind === "wsgi" || kind === "asgi");
  return {
    alias: database.alias,
    module: settings.module,
    file: database.spot.span.file,
    choice,
    isAsync: services.some(({ kind }) => kind === "asgi"),
    service: web === undefined || web.name.endsWith(".py") ? (settings.module.split(".")[0] ?? "web") : web.name,
    worker: services.find(({ kind }) => kind === "celery")?.name ?? null,
    hasServerSettings: database.serverSettings.size > 0,
    poolTimeout: Math.min(3, queryWaitOf(request?.seconds ?? null)),
    versions: driver.said,
    mayBeOther: database.engine === null || database.engine.dependsOn !== undefined,
    hasHealthChecks: driver.django === null || isAtLeast(driver.django, 4, 1),
  };
}

/** Clients without a bound: PgBouncer keeps 2 kB for one. Ours. */
const UNBOUND_CLIENTS = 1000;
const LEAST_CLIENTS = 100;

function poolerFacts({ database, deployment }: AdvisorInput, { entry, budget, pooler, request }: ConnectionFacts, pool: PoolSize): PoolerFacts {
  const looks = database?.snapshot.pooler;
  const [behind] = looks?.databases ?? [];
  const said = entry?.database;
  const [address = "", port = ""] = database === null ? [] : splitAddress(database.server.address);
  const isPooled = pooler !== null;
  const processes = deployment.services.reduce((sum, one) => sum + processesOf(one), 0);
  const clients = budget.unknown.length > 0 ? Math.max(UNBOUND_CLIENTS, processes * 10) : Math.max(LEAST_CLIENTS, Math.ceil((budget.total + BESIDE) * 1.2));
  return {
    database: database?.catalog.database.name ?? said?.name?.value ?? "postgres",
    // What settings name is the pooler itself, where there is one.
    host: behind?.host ?? (address !== "" ? address : isPooled ? "127.0.0.1" : (said?.host?.value ?? "127.0.0.1")),
    port: String(behind?.port ?? (port !== "" ? port : isPooled ? "5432" : (said?.port?.value ?? "5432"))),
    user: roleOf(entry, database) ?? "postgres",
    version: looks?.versionNumber ?? OLDEST_POOLER,
    isSeen: looks !== undefined,
    poolSize: pool.size,
    reserve: pool.reserve,
    maxClients: clients,
    queryWait: queryWaitOf(request?.seconds ?? null),
    notes: [
      `default_pool_size ${pool.size}: ${pool.said}.`,
      `max_client_conn ${clients}: ${budget.unknown.length > 0 ? `${budget.unknown.map(({ service }) => service.name).join(", ")} opens as many as it has requests` : `${budget.total} of the services and ${BESIDE} more, with a fifth on top`}.`,
    ],
  };
}

function splitAddress(address: string): [string, string] {
  const at = address.lastIndexOf(":");
  return at < 0 ? [address, "5432"] : [address.slice(0, at), address.slice(at + 1)];
}

/** The role that the settings name. Where that is a default that the environment can change, the one that the server saw; an empty name is nobody's. */
export function roleOf(entry: ConnectionFacts["entry"], database: AdvisorInput["database"]): string | null {
  const said = entry?.database.user;
  const named = said == null || said.value === "" ? null : said.value;
  return said?.dependsOn === undefined ? (named ?? busiestUser(database)) : (busiestUser(database) ?? named);
}

function busiestUser(database: AdvisorInput["database"]): string | null {
  const counts = new Map<string, number>();
  for (const { user, count, database: name } of database?.server.sessions ?? [])
    if (user !== null && name === database?.catalog.database.name) counts.set(user, (counts.get(user) ?? 0) + count);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

const MOST_LINES = 24;

function exampleOf(input: AdvisorInput, facts: ConnectionFacts, choice: Choice): readonly Example[] {
  const block = blockOf(facts, choice);
  const { source } = input;
  if (block === null || source === null || facts.entry === null) return [];
  const { span } = facts.entry.database.spot;
  const text = source.text(span.file);
  const line = text.slice(0, span.start).split("\n").length;
  const before = text
    .slice(text.lastIndexOf("\n", span.start - 1) + 1, span.end)
    .split("\n")
    .slice(0, MOST_LINES)
    .join("\n");
  return [
    {
      title: `\`${block.alias}\` of ${block.module}`,
      file: span.file,
      line,
      before,
      after: `${before}\n\n# Below DATABASES:\n${blockText(block).trimEnd()}`,
      language: "python",
      note: `${choice.why}.`,
    },
  ];
}

function missingOf({ database }: AdvisorInput, { budget, concurrency }: ConnectionFacts): string {
  const parts = [
    ...(database === null ? ["max_connections and the sessions of the server: luthier snapshot --db URL"] : []),
    ...(database !== null && concurrency === null ? ["how many connections work at once: luthier snapshot --db URL --interval 60"] : []),
    ...(budget.rows.some(({ isOneHost }) => isOneHost) || budget.unknown.some(({ service }) => service.replicas === null)
      ? ["the number of hosts, which no file says"]
      : []),
  ];
  return parts.join("; ");
}

function doubtOf({ budget, usable }: ConnectionFacts, isUnmeasured: boolean): string {
  const one = budget.rows.some(({ isOneHost }) => isOneHost)
    ? [
        `one host is assumed for ${budget.rows
          .filter(({ isOneHost }) => isOneHost)
          .map(({ service }) => service.name)
          .slice(0, 2)
          .join(", ")}`,
      ]
    : [];
  const size = isUnmeasured ? ["the size of a shared pool rests on no measurement"] : [];
  const server = usable === null ? ["the server's limit is taken for PostgreSQL's default"] : [];
  return [...one, ...size, ...server].join("; ") || "the average hides the busiest minute";
}
