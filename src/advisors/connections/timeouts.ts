/** 4.3: every limit that was found, from the lock to the proxy, in the order in which they have to grow, and what each is to be. */
import type { Advice, AdviceTable, AdvisorInput, Spot } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import type { Choice } from "./choose.ts";
import type { ConnectionFacts } from "./facts.ts";
import { roleOf } from "./pooling.ts";
import { roleTimeoutFiles, roleTimeouts } from "./role-timeouts.ts";
import { queryWaitOf } from "./waits.ts";
import { ASSUMED_REQUEST } from "../../rules/deployment/request-time.ts";
import { NEEDS_POSTGRES, otherEngineWords } from "../../rules/deployment/entries.ts";

/** One limit: what holds today, where that is said, and what it is to be. Seconds; null is none. */
interface Limit {
  readonly name: string;
  readonly today: number | null;
  readonly where: string;
  readonly proposed: number | null;
  readonly why: string;
}

export function adviseTimeouts(input: AdvisorInput, facts: ConnectionFacts, choice: Choice): Advice {
  const { database } = input;
  const request = facts.request?.seconds ?? ASSUMED_REQUEST;
  const limits = limitsOf(input, facts, choice, request);
  const role = roleOf(facts.entry, database);
  const unset = limits.filter(({ today, proposed }) => today === null && proposed !== null);
  const cut = statementsOver(input, request);
  const isUnknown = facts.entry === null && database === null;
  const other = database === null ? otherEngineWords(input.deployment) : "";
  return {
    advisor: "connections",
    section: "4.3",
    claim:
      other !== ""
        ? `Which limits hold on the way of a request is not weighed: they are PostgreSQL's, and ${other}.`
        : isUnknown
          ? `Neither settings nor a server were read: which limits hold on the way of a request is not known, of ${limits.length} that should.`
          : `${
              unset.length === 0
                ? `All ${limits.length} limits on the way of a request are set`
                : `${unset.length} of ${limits.length} limits on the way of a request are not set: ${unset
                    .map(({ name }) => name)
                    .slice(0, 3)
                    .join(", ")}${unset.length > 3 ? ` and ${unset.length - 3} more` : ""}`
            }; the request ends after ${request} s${facts.request === null ? " (gunicorn's default, assumed)" : ` (\`${facts.request.service}\`)`}.`,
    reasons: [
      ...crossings(limits),
      ...(cut === null ? [] : [cut]),
      ...(choice.kind === "pgbouncer" && (facts.entry?.database.serverSettings.size ?? 0) > 0
        ? [
            `${[...(facts.entry?.database.serverSettings.keys() ?? [])].join(", ")} in OPTIONS["options"] of ${facts.entry?.settings.module ?? ""} does not pass PgBouncer: ALTER ROLE sets it instead.`,
          ]
        : []),
    ],
    tables: isUnknown ? [] : [latticeTable(limits)],
    plots: [],
    artefacts: role === null ? [] : roleTimeoutFiles({ role, request, version: database?.server.versionNumber ?? null, present: presentOf(input, role) }),
    examples: [],
    rung: database === null ? "inferred" : "recorded",
    examined: `${formatCount(limits.length, "limit")}, ${limits.filter(({ today }) => today !== null).length} of them set`,
    missing:
      other !== ""
        ? NEEDS_POSTGRES
        : [
            ...(database === null ? ["settings of the server and of its roles: luthier snapshot --db URL"] : []),
            ...(role === null ? ["the role that the application connects as, for ALTER ROLE: luthier snapshot --db URL while it runs"] : []),
          ].join("; "),
    doubt:
      facts.request === null
        ? `no file says how long a request has; ${ASSUMED_REQUEST} s are gunicorn's default`
        : "a proxy or a client that no file names can end the request earlier",
  };
}

function limitsOf({ database, deployment }: AdvisorInput, { entry, pooler, request: known }: ConnectionFacts, choice: Choice, request: number): Limit[] {
  const targets = new Map(roleTimeouts({ request, version: database?.server.versionNumber ?? null }).map(({ name, seconds, why }) => [name, { seconds, why }]));
  const role = roleOf(entry, database);
  const server = (name: string): Limit => {
    const target = targets.get(name);
    return { name, ...presentLimit({ database, deployment }, entry, role, name), proposed: target?.seconds ?? null, why: target?.why ?? "" };
  };
  const wait = queryWaitOf(known?.seconds ?? null);
  const option = (name: string): Pick<Limit, "today" | "where"> => {
    const said = entry?.database.options.get(name);
    return typeof said?.value === "number" || typeof said?.value === "string"
      ? { today: Number(said.value), where: placeOf(said.spot) }
      : { today: null, where: entry === null ? "no DATABASES read" : `not in OPTIONS of ${entry.settings.module}` };
  };
  return [
    { name: "connect_timeout", ...option("connect_timeout"), proposed: 3, why: "a server that answers does so at once" },
    ...(choice.kind === "native"
      ? [{ name: "pool timeout", today: null, where: "no pool", proposed: Math.min(3, wait), why: "below the wait of any pooler" }]
      : []),
    ...(pooler !== null || choice.kind === "pgbouncer"
      ? [{ name: "query_wait_timeout", ...poolerWait(pooler), proposed: wait, why: `a sixth of ${request} s` }]
      : []),
    server("lock_timeout"),
    server("statement_timeout"),
    server("idle_in_transaction_session_timeout"),
    ...(targets.has("transaction_timeout") ? [server("transaction_timeout")] : []),
    {
      name: "request",
      today: known?.seconds ?? null,
      where: known === null ? "no file says" : `${known.service}${known.isDefault ? ", its default" : ""}`,
      proposed: known === null ? request : null,
      why: "kills the worker",
    },
    ...deployment.proxies.map(({ program, name, seconds }) => ({
      name: `${program} ${name}`,
      today: seconds.value,
      where: placeOf(seconds.spot),
      proposed: seconds.value <= request ? request + 5 : null,
      why: "above the request, so that its answer arrives",
    })),
  ];
}

function poolerWait(pooler: ConnectionFacts["pooler"]): Pick<Limit, "today" | "where"> {
  const value = pooler?.view?.value("query_wait_timeout") ?? null;
  if (pooler === null) return { today: null, where: "no pooler yet" };
  return value === null ? { today: null, where: `${pooler.name}: not read` } : { today: Number(value), where: pooler.view?.name ?? pooler.name };
}

/** What a session of the application gets: its own options, else the role's, else the server's. */
function presentLimit(
  { database }: Pick<AdvisorInput, "database" | "deployment">,
  entry: ConnectionFacts["entry"],
  role: string | null,
  name: string,
): Pick<Limit, "today" | "where"> {
  const own = entry?.database.serverSettings.get(name);
  if (own !== undefined) return { today: secondsOf(own.value), where: placeOf(own.spot) };
  const override = (database?.server.overrides ?? []).find((one) => one.name === name && (one.role === role || one.role === null));
  if (override !== undefined)
    return { today: secondsOf(override.value), where: override.role === null ? `database ${override.database ?? "any"}` : `role ${override.role}` };
  if (database === null) return { today: null, where: "not in the settings; the server was not looked at" };
  const value = database.settingNumber(name) ?? 0;
  return value > 0 ? { today: value / 1000, where: `server ${database.server.address}` } : { today: null, where: `0 on ${database.server.address}` };
}

const UNITS: Readonly<Record<string, number>> = { "": 0.001, us: 0.000_001, ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 };

/** `10s`, `2min`, `500`: seconds; null for none. */
export function secondsOf(value: string): number | null {
  const [, number = "", unit = ""] = /^\s*([\d.]+)\s*([a-z]*)\s*$/.exec(value) ?? [];
  const factor = UNITS[unit];
  return number === "" || Number(number) === 0 || factor === undefined ? null : Number((Number(number) * factor).toPrecision(6));
}

const placeOf = (spot: Spot | null): string => (spot === null ? "evaluated settings" : spot.span.file);

/** Pairs in which the inner limit is not below the outer one. */
function crossings(limits: readonly Limit[]): string[] {
  const value = (name: string): number | null => limits.find((one) => one.name === name)?.today ?? null;
  const pairs = [
    ["lock_timeout", "statement_timeout"],
    ["statement_timeout", "request"],
    ["query_wait_timeout", "request"],
    ["statement_timeout", "transaction_timeout"],
  ] as const;
  return pairs.flatMap(([inner, outer]) => {
    const [a, b] = [value(inner), value(outer)];
    return a === null || b === null || a < b
      ? []
      : [`${inner} (${a} s) is not below ${outer} (${b} s): the outer one always comes first, and the error that is seen is the wrong one.`];
  });
}

function latticeTable(limits: readonly Limit[]): AdviceTable {
  const seconds = (value: number | null): string => (value === null ? "none" : `${value} s`);
  return {
    title: "Limits in the order in which they have to grow",
    head: ["Limit", "Today", "Said by", "Proposed", "Why"],
    rows: limits.map(({ name, today, where, proposed, why }) => [name, seconds(today), where, proposed === null ? "stays" : seconds(proposed), why]),
    numeric: [],
    source: "settings, services, poolers and proxies in the project's files; pg_settings and pg_db_role_setting where a snapshot has them",
  };
}

/** Statements of the application that the proposed limit would have ended. */
function statementsOver({ database }: AdvisorInput, request: number): string | null {
  const limit = roleTimeouts({ request, version: null }).find(({ name }) => name === "statement_timeout")?.seconds ?? 0;
  const slow = (database?.server.statements ?? [])
    .filter(({ maxMs, sql }) => maxMs > limit * 1000 && /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/i.test(sql))
    .toSorted((a, b) => b.maxMs - a.maxMs);
  const [slowest] = slow;
  if (slowest === undefined) return null;
  return `${formatCount(slow.length, "statement")} of pg_stat_statements took longer than ${limit} s at least once, the slowest ${Number((slowest.maxMs / 1000).toPrecision(3))} s (${slowest.id}): a role of its own for reports keeps them running.`;
}

function presentOf({ database }: AdvisorInput, role: string): ReadonlyMap<string, string> {
  return new Map((database?.server.overrides ?? []).flatMap((one) => (one.role === role && one.database === null ? [[one.name, one.value] as const] : [])));
}
