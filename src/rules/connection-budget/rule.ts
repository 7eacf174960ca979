import type { Database, DatabaseDraft, EvidenceInput, Judgement, ObjectSpot, Rule, Said, Service, Spot } from "../../model/index.ts";
import { budgetOf, type Budget, type BudgetRow } from "../connections/budget.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { count, poolOf, postgresEntries } from "../deployment/entries.ts";
import { filesEvidence, listOf } from "../deployment/evidence.ts";
import { poolerOf } from "../deployment/pooler.ts";

export const rule: Rule = {
  meta: {
    id: "connection-budget",
    chapter: "4.2",
    summary: "The services can ask for more connections than the server allows",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  audit,
};

/** For migrations, shells and monitoring: this project's notes (3 to 5, and 2). */
const SPARE = 5;
/** `superuser_reserved_connections` where no snapshot says it. */
const RESERVED = 3;

interface Limit {
  readonly connections: number;
  readonly places: readonly (Spot | ObjectSpot)[];
  readonly said: string;
}

function audit(input: EvidenceInput): Judgement {
  const { source, database, deployment } = input;
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source: what runs, and how often" }], examined: "" };
  const budget = largestGroup(budgetOf(deployment));
  const examined =
    budget.rows.length === 0 ? "" : `${count(budget.total, "connection")} of ${count(new Set(budget.rows.map(({ service }) => service)).size, "service")}`;
  // Behind a pooler, what counts against the server is the pooler's own size.
  if ((budget.rows.length === 0 && budget.unknown.length === 0) || isPooled(input)) return { drafts: [], unjudged: [], examined };
  const limit = limitOf(database, deployment.maxConnections ?? null);
  if (limit === null) return { drafts: [], unjudged: [{ object: "", why: "needs a database: max_connections stands in no file" }], examined };
  const drafts =
    budget.total > limit.connections - SPARE
      ? [tooMany(budget, limit, input)]
      : budget.unknown.filter(({ service }) => isUnbounded(service, input)).map(({ service }) => unbounded(service, limit, input));
  return { drafts, unjudged: [], examined };
}

/** Every service goes through one; settings that nothing runs by do not count. */
function isPooled({ database, deployment }: EvidenceInput): boolean {
  if (database?.snapshot.pooler !== undefined || deployment.poolers.length > 0) return true;
  const used = postgresEntries(deployment).filter(({ services }) => services.length > 0);
  return used.length > 0 && used.every((entry) => poolerOf(entry.database, deployment) !== null);
}

/** Files that list the same services twice (a Procfile and a compose file) are ways to run it, not two of them. */
function largestGroup({ rows, unknown }: Budget): Budget {
  const groups = [...new Set([...rows, ...unknown].map(({ service }) => service.group ?? ""))];
  const parts = groups.map((group) => ({
    rows: rows.filter(({ service }) => (service.group ?? "") === group),
    unknown: unknown.filter(({ service }) => (service.group ?? "") === group),
  }));
  const [first = { rows: [], unknown: [] }] = parts.toSorted((a, b) => sum(b.rows) - sum(a.rows) || b.unknown.length - a.unknown.length);
  return { ...first, total: sum(first.rows) };
}

const sum = (rows: readonly BudgetRow[]): number => rows.reduce((total, row) => total + row.total, 0);

function limitOf(database: Database | null, said: Said<number> | null): Limit | null {
  if (database !== null) {
    const [most, superusers, others] = ["max_connections", "superuser_reserved_connections", "reserved_connections"].map(
      (name) => database.settingNumber(name) ?? 0,
    );
    if (most === undefined || most === 0) return null;
    const connections = most - (superusers ?? 0) - (others ?? 0);
    return {
      connections,
      places: [{ role: "setting", object: "max_connections" }],
      said: `\`max_connections\` is ${most}, of which ${most - connections} are kept for superusers`,
    };
  }
  if (said === null) return null;
  return {
    connections: said.value - RESERVED,
    places: said.spot === null ? [] : [{ ...said.spot, label: "what the server allows" }],
    said: `\`max_connections\` is ${said.value}, of which ${RESERVED} are kept for superusers`,
  };
}

function tooMany({ rows, total }: Budget, limit: Limit, { database }: EvidenceInput): DatabaseDraft {
  const [largest] = rows.toSorted((a, b) => b.total - a.total);
  const parts = rows
    .filter((row) => row.total > 0)
    .map((row) => `\`${row.service.name}\` ${row.hosts === 1 ? "" : `${row.hosts} hosts × `}${row.processes} × ${row.perProcess} (${row.how}) = ${row.total}`);
  const places = rows.map(({ service, alias }): Spot => ({ ...(service.processes?.spot ?? service.spot), label: `${service.name}: connections to ${alias}` }));
  return {
    key: ["budget", ...rows.map(({ service, alias }) => `${service.name} ${alias}`)],
    severity: total > limit.connections ? "error" : "warning",
    claim: `The services can ask for ${count(total, "connection")}; the server allows ${limit.connections}${total > limit.connections ? "" : `, and ${SPARE} more are needed for migrations and monitoring`}.`,
    reason: `${listOf(parts)}; ${limit.said}. The next one is refused: "remaining connection slots are reserved".`,
    remedy: `Bring \`${largest?.service.name ?? ""}\` down to fewer processes or threads, or put PgBouncer in transaction mode in between; a higher max_connections costs memory and does no more work.`,
    doubt: rows.some(({ isOneHost }) => isOneHost)
      ? "one host of each service is assumed where no file says how many there are: more hosts ask for more"
      : "services that are switched off, or that never query at the same time",
    places: [...places, ...limit.places],
    evidence: [filesEvidence(...places), ...(database === null ? [] : [catalogEvidence(database, { asked: total, allowed: limit.connections })])],
    fixes: [],
  };
}

/** Under ASGI each request at once has a thread, and with it a connection. */
function isUnbounded(service: Service, { deployment }: EvidenceInput): boolean {
  const entries = postgresEntries(deployment).filter(({ services }) => services.includes(service));
  return service.kind === "asgi" && service.processes !== null && entries.some(({ database, isSure }) => isSure && poolOf(database) === null);
}

function unbounded(service: Service, limit: Limit, { database }: EvidenceInput): DatabaseDraft {
  const { name, processes, connections } = service;
  const spot = { ...(processes?.spot ?? service.spot), label: "processes" };
  const bound = connections === null ? null : connections.value * (processes?.value ?? 1);
  return {
    key: ["unbounded", name],
    claim: `Nothing bounds the connections of \`${name}\`: each of ${count(processes?.value ?? 1, "process").replace("processs", "processes")} opens one for every request at once; the server allows ${limit.connections}.`,
    reason: `Under ASGI, each request's synchronous code has a thread, and each thread a connection of its own.${bound === null ? "" : ` \`--limit-concurrency\` lets ${bound} requests in.`} ${limit.said.replace(/^m/, "M")}: a burst of that many slow requests locks everybody out.`,
    remedy: `Give the database a pool with a \`max_size\` (\`OPTIONS["pool"]\`, Django 5.1): ${Math.max(1, Math.floor((limit.connections - SPARE) / Math.max(1, processes?.value ?? 1)))} for each process at most; or put PgBouncer in between.`,
    doubt: "views that are asynchronous throughout use fewer threads",
    places: [spot, { ...service.spot, label: "runs under ASGI" }, ...limit.places],
    evidence: [filesEvidence(spot, service.spot), ...(database === null ? [] : [catalogEvidence(database, { allowed: limit.connections })])],
    fixes: [],
  };
}
