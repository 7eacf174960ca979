/** What DATABASES is to say for the chosen way, for this Django and driver. */
import type { Artefact } from "../../model/index.ts";
import type { Choice } from "./choose.ts";

export interface BlockFacts {
  readonly alias: string;
  /** Module and file that hold DATABASES. */
  readonly module: string;
  readonly file: string;
  readonly choice: Choice;
  /** A service of these settings runs under ASGI. */
  readonly isAsync: boolean;
  /** `web`: the name that sessions get. */
  readonly service: string;
  /** OPTIONS["options"] is there, and a pooler drops it. */
  readonly hasServerSettings: boolean;
  readonly poolTimeout: number;
  readonly versions: string;
  /** Name of a Celery service that runs by the same settings; null for none. */
  readonly worker: string | null;
  /** The environment decides the engine: it may be SQLite where the project is tested. */
  readonly mayBeOther: boolean;
  /** Health checks came with Django 4.1. */
  readonly hasHealthChecks: boolean;
}

/** Seconds that a worker keeps a connection: one minute spans the gaps between requests of a busy site (Django's documentation names no figure). Ours. */
const KEPT = 60;

/** libpq: gives up on a server that does not answer, and notices within a minute that one is gone. */
const LIBPQ: readonly (readonly [string, string])[] = [
  ["connect_timeout", "3"],
  ["keepalives_idle", "30"],
  ["keepalives_interval", "10"],
  ["keepalives_count", "3"],
  ["tcp_user_timeout", "30000"],
];

export function databasesBlock(facts: BlockFacts): Artefact {
  const { module, file, versions, choice } = facts;
  return {
    path: "databases.py",
    language: "python",
    text: `"""How ${module} keeps its connections: put it below DATABASES in ${file}."""\n\n${blockText(facts)}`,
    purpose: `Sets \`${facts.alias}\` of ${module} for ${WORDS[choice.kind]}; host, name and password stay as they are.`,
    check: "manage.py check --database default, and a connection with it",
    version: versions,
  };
}

const WORDS: Readonly<Record<Choice["kind"], string>> = {
  pgbouncer: "PgBouncer in transaction mode",
  native: "Django's own pool",
  persistent: "persistent connections",
};

export function blockText(facts: BlockFacts): string {
  const { alias, service, worker } = facts;
  const target = `DATABASES[${quoted(alias)}]`;
  const isTold = worker !== null;
  const name = isTold ? `${quoted(worker)} if IS_CELERY else ${quoted(service)}` : quoted(service);
  const own = keysOf(facts).map(([key, value]) => `        "${key}": ${value},`);
  const options = [...LIBPQ, ["application_name", name] as const, ...(isTold ? [] : poolOf(facts))].map(([key, value]) => `        "${key}": ${value},`);
  const drop =
    facts.choice.kind === "pgbouncer" && facts.hasServerSettings
      ? [`# The pooler drops what the connection asks for here: ALTER ROLE says it (role-timeouts.sql).`, `${target}.get("OPTIONS", {}).pop("options", None)`]
      : [];
  const told = isTold ? ["import sys", "", 'IS_CELERY = "celery" in sys.argv[0]', ""] : [];
  const pool = isTold
    ? poolOf(facts).flatMap(([key, value]) => [
        `# Celery closes a pool after each task: ${worker} has a connection of its own.`,
        "if not IS_CELERY:",
        `    ${target}["OPTIONS"]["${key}"] = ${value}`,
      ])
    : [];
  const change = [
    `${target}.update(`,
    "    {",
    ...own,
    "    }",
    ")",
    ...drop,
    `${target}.setdefault("OPTIONS", {}).update(`,
    "    {",
    ...options,
    "    }",
    ")",
    ...pool,
  ];
  return [...told, ...(facts.mayBeOther ? onPostgres(target, change) : change), ""].join("\n");
}

/** SQLite refuses to connect with an option of libpq's. */
function onPostgres(target: string, lines: readonly string[]): readonly string[] {
  return ["# Other engines do not know these options.", `if ${target}["ENGINE"].endswith(("postgresql", "postgis")):`, ...lines.map((line) => `    ${line}`)];
}

const quoted = (text: string): string => JSON.stringify(text);

function keysOf({ choice, isAsync, hasHealthChecks }: BlockFacts): readonly (readonly [string, string])[] {
  const age = choice.kind === "native" || isAsync ? "0" : String(KEPT);
  return [
    ["CONN_MAX_AGE", age],
    ...(hasHealthChecks ? [["CONN_HEALTH_CHECKS", "True"] as const] : []),
    ...(choice.kind === "pgbouncer" ? [["DISABLE_SERVER_SIDE_CURSORS", "True"] as const] : []),
  ];
}

function poolOf({ choice, poolTimeout }: BlockFacts): readonly (readonly [string, string])[] {
  if (choice.kind !== "native") return [];
  return [["pool", `{"min_size": ${Math.min(1, choice.size)}, "max_size": ${choice.size}, "timeout": ${poolTimeout}, "max_lifetime": 1800, "max_idle": 120}`]];
}

/** A pool that the master has opened is shared by its workers, which answer each other's queries. */
export function gunicornHooks(service: string): Artefact {
  return {
    path: "gunicorn_hooks.py",
    language: "python",
    text: `"""Hooks for the gunicorn of ${service}: it loads the application before it forks, and a pool must not be inherited."""\n\n\ndef pre_fork(server, worker):\n    from django.db import connections\n\n    for connection in connections.all(initialized_only=True):\n        connection.close()\n        if hasattr(connection, "close_pool"):\n            connection.close_pool()\n`,
    purpose: `Closes what the master of \`${service}\` has opened, before each fork: put it into its gunicorn.conf.py.`,
    check: "gunicorn with preload_app forks workers that open pools of their own",
    version: "Django 5.1 and later",
  };
}
