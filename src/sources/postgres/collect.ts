/** One look at a server, or at a primary and its replicas: what the role may see, and in `gaps` what it may not. */
import type { Catalog, Gap, Server, Snapshot } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import { collectCatalog, EMPTY_CATALOG } from "./collect-catalog.ts";
import { connect, type ReadOnlyConnection } from "./connection.ts";
import { openPooler, type PoolerConsole } from "./pgbouncer.ts";
import { prober, type Probe } from "./probe.ts";
import { readCounters, readServer } from "./read-server.ts";
import { TABLES } from "./catalog-queries.ts";
import { lockGap, replicaGap } from "./gaps.ts";
import { sampleRows } from "./sample.ts";
import { sampleWaits } from "./sample-waits.ts";

export interface CollectOptions {
  /** libpq URLs: a primary and its replicas, in any order. */
  readonly targets: readonly string[];
  /** Of one statement, in milliseconds. */
  readonly statementTimeout: number;
  readonly connectTimeout: number;
  readonly version: string;
  /** Counters are read again so many milliseconds later; until then, waits are sampled. */
  readonly interval?: number;
  /** URL of a PgBouncer's console. */
  readonly pooler?: string;
  /** What the first server runs on, where the user says so. */
  readonly machine?: { readonly memoryBytes: number | null; readonly cores: number | null };
  /** Measure a bounded number of rows of each table too. */
  readonly sample?: boolean;
  readonly progress: (part: string, done: number, total: number) => void;
}

/** Of the whole look at a server, in limits of a statement. */
const BUDGET = 10;

export async function collectSnapshot(options: CollectOptions): Promise<Snapshot> {
  const connections: ReadOnlyConnection[] = [];
  const pooler = options.pooler === undefined ? null : await openPooler({ ...options, target: options.pooler });
  try {
    for (const target of options.targets) connections.push(await connect({ ...options, target }));
    // The primary first: its counters have the writes, and it is where the catalog changes.
    return await lookAtAll(
      connections.toSorted((a, b) => Number(a.isReplica) - Number(b.isReplica)),
      pooler,
      options,
    );
  } finally {
    await Promise.all([...connections, ...(pooler === null ? [] : [pooler])].map((one) => one.close().catch(() => {})));
  }
}

interface Look {
  readonly connection: ReadOnlyConnection;
  readonly probe: Probe;
  readonly server: Server;
  readonly oids: readonly number[];
}

async function lookAtAll(connections: readonly ReadOnlyConnection[], pooler: PoolerConsole | null, options: CollectOptions): Promise<Snapshot> {
  const [first, ...others] = connections;
  if (first === undefined) throw new Error("no server to look at");
  const gaps: Gap[] = [];
  const main = await lookAtFirst(first, gaps, options);
  const looks: Look[] = [main];
  for (const connection of others) looks.push(await lookAtOther(connection, gaps, options));
  refuseStrangers(looks);
  const unseen = replicaGap(looks.map(({ server }) => server));
  if (unseen !== null) gaps.push(unseen);
  const pooled = pooler === null ? null : { ...(await pooler.about(gaps)), first: await pooler.look(gaps) };
  const seen = options.interval === undefined ? looks.map(({ server }) => server) : await lookAgain(looks, options.interval);
  const servers = seen.map((server, index) => (index === 0 ? withMachine(server, options.machine) : server));
  const again = pooler === null || options.interval === undefined ? null : await pooler.look(gaps);
  // Last, so that no counter has these reads in it.
  const sampled =
    options.sample === true ? await sampleRows({ connection: first, catalog: main.catalog, progress: options.progress, now: () => performance.now() }) : null;
  gaps.push(...(sampled?.gaps ?? []));
  return {
    schema: "luthier-snapshot/1",
    tool: { name: "luthier", version: options.version },
    takenAt: main.server.takenAt,
    data: "values",
    catalog: main.catalog,
    servers,
    gaps,
    samples: sampled?.samples ?? [],
    ...(pooled === null ? {} : { pooler: { ...pooled, later: again } }),
  };
}

/** What the user says goes before what the server's files say: a container's limit may not be among them. */
function withMachine(server: Server, said: CollectOptions["machine"]): Server {
  if (said === undefined) return server;
  const { machine = null } = server;
  return { ...server, machine: { memoryBytes: said.memoryBytes ?? machine?.memoryBytes ?? null, cores: said.cores ?? machine?.cores ?? null, by: "option" } };
}

async function lookAtFirst(connection: ReadOnlyConnection, gaps: Gap[], options: CollectOptions): Promise<Look & { readonly catalog: Catalog }> {
  const probe = await probeOf(connection, gaps, options);
  const read = await collectCatalog(probe, connection, options.progress);
  const catalog = read?.catalog ?? EMPTY_CATALOG;
  const locked = lockGap(probe.locked(), catalog);
  if (locked !== null) probe.gap(locked);
  const oids = catalog.tables.map(({ oid }) => oid);
  const server = await readServer(probe, connection, oids, read);
  if (oids.length === 0 && server.settings.length === 0) throw nothingTaken(connection, gaps);
  return { connection, probe, server, oids, catalog };
}

async function lookAtOther(connection: ReadOnlyConnection, gaps: Gap[], options: CollectOptions): Promise<Look> {
  const probe = await probeOf(connection, gaps, options);
  const oids = (await probe.rows<{ oid: number }>("tables", TABLES, (locked) => [locked], { cost: "no counter is known" })).map((one) => one.oid);
  return { connection, probe, oids, server: await readServer(probe, connection, oids, null) };
}

function probeOf(connection: ReadOnlyConnection, gaps: Gap[], { statementTimeout }: CollectOptions): Promise<Probe> {
  return prober(connection, gaps, { statementTimeout, budget: statementTimeout * BUDGET });
}

/** A snapshot of nothing must not look like one. */
function nothingTaken({ address, broken }: ReadOnlyConnection, gaps: readonly Gap[]): UsageError {
  const why = broken() ?? gaps[0]?.why ?? "the database is empty";
  return new UsageError("nothing-taken", `nothing could be read from ${address}: ${why}.`, "Try again, or give it longer with --timeout.");
}

/** Counters of another cluster, or of another database, would be added up with this one's. */
function refuseStrangers(looks: readonly Look[]): void {
  const [first, ...others] = looks.map(({ server }) => server);
  for (const other of others) {
    if (first === undefined) return;
    const isOther = first.systemIdentifier !== null && other.systemIdentifier !== null && first.systemIdentifier !== other.systemIdentifier;
    if (isOther)
      throw new UsageError(
        "other-cluster",
        `${other.address} is no replica of ${first.address}: their system identifiers differ.`,
        "Take one snapshot of each, with --out.",
      );
    if (other.role === "primary" && first.role === "primary")
      throw new UsageError(
        "other-cluster",
        `${first.address} and ${other.address} are both primaries.`,
        "Name a primary once, and its replicas. A copy of a cluster has a snapshot of its own.",
      );
  }
}

async function lookAgain(looks: readonly Look[], interval: number): Promise<Server[]> {
  for (const { probe } of looks) probe.allow(interval);
  const sampled = await Promise.all(looks.map((look) => sampleWaits(look, interval)));
  const servers: Server[] = [];
  for (const [index, { connection, probe, server, oids }] of looks.entries()) {
    const later = connection.broken() === null ? await readCounters(probe, { connection, oids, startedAt: server.startedAt }) : null;
    if (later === null) probe.gap({ part: "second look", why: connection.broken() ?? "", cost: "no rate is known", remedy: "take it again" });
    servers.push({ ...server, later, waits: sampled[index] ?? null });
  }
  return servers;
}
