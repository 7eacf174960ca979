/** Production's plans without production's rows: a throw-away server with its schema, statistics, settings and file sizes. */
import type { Plan, PlannerData, Snapshot } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import { createDatabase, createPgliteDatabase } from "../../postgres/phantom/locale.ts";
import { BLOCK, isOfOtherByteOrder } from "../../postgres/phantom/pages.ts";
import { isFull, startCluster, type Cluster } from "./cluster.ts";
import { connectPhantom, type Ask, type PhantomConnection } from "./connection.ts";
import { makeDoor } from "./door.ts";
import { openSession } from "./session.ts";
import { buildLeaves, fileStore, forgeFiles, type FileStore } from "./forge.ts";
import { applySettings, createSchema, messageOf, type Note } from "./load-schema.ts";
import { loadCounters, loadExtended, loadStatistics } from "./load-statistics.ts";
import type { LiveRows } from "./measure-index.ts";
import { findPlaces, type Places } from "./places.ts";
import { PGLITE_MAJOR, startPglite } from "./pglite.ts";
import { ownEnds, seenWhole, type OwnEnds } from "./own-ends.ts";
import { planStatement, type Parameters } from "./plan-statement.ts";
import { plannerOfViews } from "./planner-of-views.ts";
import { defaultCache, serverBinaries, type BinariesOptions } from "./server-binaries.ts";
import { MAKE_EMPTY, newMemory, type AddedIndex } from "./add-index.ts";
import { openTrial, type Trial } from "./trial.ts";
import { whatIf, type Change, type Changed } from "./what-if.ts";
import type { IndexSpec } from "../../postgres/phantom/index-spec.ts";

export interface PhantomOptions extends BinariesOptions {
  /** `any`, unless said otherwise: a server of production's version, and PGlite where there is none. */
  readonly planner?: "native" | "pglite" | "any";
  /** Parent of the cluster's folder; the system's temporary one unless said otherwise. */
  readonly folder?: string;
}

export interface Phantom {
  /** What is not as in production, in sentences. */
  readonly notes: readonly string[];
  readonly version: string;
  /** The plan of a statement with `$1`, by values as text in order, or for any values. */
  readonly plan: (sql: string, parameters?: Parameters) => Promise<Plan>;
  /**
   * Runs `work` with indexes that are not there, without some that are, or under other settings. Nothing of it is left afterwards. Inside,
   * plans are asked of what `work` gets: the phantom itself is busy until it ends.
   */
  readonly whatIf: <Result>(change: Change, work: (changed: Changed) => Promise<Result>) => Promise<Result>;
  /** Many indexes at once, for thousands of plans. */
  readonly trial: () => Trial;
  /** Makes an extension's operator classes known, of those that are asked for by name here; false where this machine does not have it. */
  readonly install: (extension: "pg_trgm") => Promise<boolean>;
  /** How large an index would become. */
  readonly sizeOf: (index: IndexSpec) => Promise<AddedIndex>;
  readonly close: () => Promise<void>;
}

const DATABASE = "phantom";

export async function openPhantom(snapshot: Snapshot, options: PhantomOptions = {}): Promise<Phantom> {
  const [server] = snapshot.servers;
  if (server === undefined) throw new UsageError("broken-snapshot", "the snapshot holds no server.", "Take it anew with luthier snapshot --db URL.");
  if (server.blockSize !== BLOCK)
    throw new UsageError(
      "other-block-size",
      `production's pages have ${server.blockSize} bytes, and a local server's ${BLOCK}.`,
      "Nothing can be planned for it here.",
    );
  if (snapshot.data === "redacted")
    throw new UsageError(
      "redacted-snapshot",
      "this snapshot was redacted, and plans depend on the values that it lost.",
      "Take one without --redact: it stays on this machine.",
    );
  if (snapshot.catalog.ddl.length === 0)
    throw new UsageError("broken-snapshot", "the snapshot holds no schema.", "Take it anew with luthier snapshot --db URL.");
  const major = Math.floor(server.versionNumber / 10_000);
  const host = await openHost(snapshot, major, options);
  try {
    return await build(host, snapshot);
  } catch (error) {
    // A server that cannot write its log ends itself.
    const isRoomless = isFull(host.cluster.home);
    await host.cluster.stop();
    throw error instanceof UsageError && !isRoomless ? error : buildFailure(error, isRoomless);
  }
}

/** What plans: a server of production's version with the empty database in it, or PGlite. */
interface Host {
  readonly cluster: Cluster;
  readonly connect: () => Promise<PhantomConnection>;
  readonly major: number;
  readonly notes: readonly string[];
}

async function openHost(snapshot: Snapshot, major: number, options: PhantomOptions): Promise<Host> {
  if (options.planner === "pglite") return await pgliteHost(snapshot, major, options, "asked for");
  let binaries: string;
  try {
    binaries = await serverBinaries(major, options);
  } catch (error) {
    if (options.planner === "native" || !(error instanceof UsageError) || error.code !== "no-server") throw error;
    return await pgliteHost(
      snapshot,
      major,
      options,
      error.message
        .replace(/^plans need PostgreSQL \d+ on this machine, and there is none: /, `there is no PostgreSQL ${major} on this machine, and `)
        .replace(/\.$/, ""),
    );
  }
  return await nativeHost(binaries, snapshot, major, options);
}

async function nativeHost(binaries: string, snapshot: Snapshot, major: number, { folder }: PhantomOptions): Promise<Host> {
  const cluster = await startCluster({ binaries, major, encoding: snapshot.catalog.database.encoding || "UTF8", ...(folder === undefined ? {} : { folder }) });
  const notes: string[] = [];
  try {
    await makeDatabase(cluster, snapshot, major, (sentence) => void notes.push(sentence));
    return { cluster, connect: () => connectPhantom(cluster, DATABASE), major, notes };
  } catch (error) {
    const isRoomless = isFull(cluster.home);
    await cluster.stop();
    throw error instanceof UsageError ? error : buildFailure(error, isRoomless);
  }
}

async function pgliteHost({ catalog }: Snapshot, major: number, { folder, cache = defaultCache() }: PhantomOptions, why: string): Promise<Host> {
  const choices = createPgliteDatabase(DATABASE, catalog.database, catalog.planner);
  const { cluster, connect, note } = await startPglite({ ...(folder === undefined ? {} : { folder }), cache, database: DATABASE, choices, ddl: catalog.ddl });
  return { cluster, connect, major: PGLITE_MAJOR, notes: [pgliteNote(major, why), ...(note === null ? [] : [note])] };
}

/** docs/phantom.md has the figures. */
function pgliteNote(major: number, why: string): string {
  const what = `plans are those of PGlite, PostgreSQL ${PGLITE_MAJOR} within this process (${why})`;
  return major === PGLITE_MAJOR
    ? what
    : `${what}, and production is PostgreSQL ${major}: some plans and many costs differ there, so that what rests on them is to be verified by running`;
}

function buildFailure(cause: unknown, isRoomless: boolean): UsageError {
  const message = messageOf(cause).replace(/\.$/, "");
  if (isRoomless || /ENOSPC|No space left|could not (extend|write)/.test(message))
    return new UsageError("no-room", `the local server for plans ran out of room: ${message}.`, "Free 100 MB, or name another folder with TMPDIR.", { cause });
  return new UsageError(
    "phantom-build",
    `the snapshot could not be put into a local server: ${message}.`,
    "Take the snapshot anew with luthier snapshot --db URL.",
    { cause },
  );
}

async function build({ cluster, connect, major, notes: before }: Host, snapshot: Snapshot): Promise<Phantom> {
  const notes: string[] = [...before];
  const note: Note = (sentence) => void notes.push(sentence);
  const store = fileStore(cluster);
  const session = openSession(connect, ({ ask }) => applySettings(ask, snapshot, () => {}));
  const { liveRows, ends } = await session.use((ask) => fill({ ask, cluster, store, snapshot, major, note }));
  const memory = newMemory();
  const version = await session.use((ask) => ask<{ version: string }>("SELECT pg_catalog.current_setting('server_version') AS version"));
  const asUsageError = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof UsageError ? error : noPlan(error);
    }
  };
  const change: Phantom["whatIf"] = (one, work) =>
    session.use((ask) =>
      whatIf({ ask, store, major, liveRows, ends, memory }, one, ({ plan, indexes }) =>
        work({ indexes, plan: (sql, parameters) => asUsageError(() => plan(sql, parameters)) }),
      ),
    );
  return {
    notes,
    version: version[0]?.version ?? "",
    plan: (sql, parameters = { literals: [] }) => asUsageError(() => session.use((ask) => planStatement(ask, sql, parameters, major))),
    whatIf: change,
    install: (extension) =>
      session.use(async (ask) => {
        try {
          await ask(`CREATE EXTENSION IF NOT EXISTS ${extension} WITH SCHEMA public`);
          return true;
        } catch {
          return false;
        }
      }),
    trial: () => openTrial({ use: session.use, context: { store, liveRows, ends, memory }, major }),
    sizeOf: (index) =>
      change({ add: [index] }, ({ indexes: [added] }) => {
        if (added === undefined) throw new Error("no index was made");
        return Promise.resolve(added);
      }),
    close: async () => {
      await session.close();
      await cluster.stop();
    },
  };
}

function noPlan(cause: unknown): UsageError {
  return new UsageError(
    "no-plan",
    `PostgreSQL gives no plan for this statement: ${messageOf(cause)}.`,
    "Check that the snapshot is of the database that the statement runs in.",
    { cause },
  );
}

async function makeDatabase(cluster: Cluster, { catalog }: Snapshot, major: number, note: Note): Promise<void> {
  const connection = await connectPhantom(cluster, "postgres");
  try {
    let refused: unknown = null;
    for (const { sql, note: difference } of createDatabase(DATABASE, catalog.database, catalog.planner, major)) {
      try {
        await connection.ask(sql);
        if (difference !== null) note(difference);
        return;
      } catch (error) {
        refused = error;
      }
    }
    throw refused;
  } finally {
    await connection.close();
  }
}

interface Filling {
  readonly ask: Ask;
  readonly cluster: Cluster;
  readonly store: FileStore;
  readonly snapshot: Snapshot;
  readonly major: number;
  readonly note: Note;
}

async function fill({ ask, cluster, store, snapshot, major, note }: Filling): Promise<{ readonly liveRows: LiveRows; readonly ends: OwnEnds }> {
  const catalog = withoutForeignBytes(snapshot.catalog, note);
  for (const statement of makeDoor(DATABASE)) await ask(statement);
  await createSchema(ask, snapshot, note);
  await applySettings(ask, snapshot, note);
  await ask("SET search_path = pg_catalog");
  const places = await findPlaces(ask, catalog);
  noteMissing(places, note);
  const planner = await plannerData(ask, catalog, places, note);
  await loadStatistics(ask, catalog, planner, places, note);
  await loadExtended(ask, catalog, planner, major, note);
  const leaves = await buildLeaves(ask, cluster.data, catalog, planner, places, note);
  await loadCounters(ask, catalog, places);
  await forgeFiles(ask, store, { catalog, places, leaves, whole: seenWhole(snapshot) });
  for (const statement of MAKE_EMPTY) await ask(statement);
  await applySettings(ask, snapshot, () => {});
  return { liveRows: liveRowsOf(snapshot, places), ends: ownEnds(cluster.data, snapshot, places) };
}

/** What is in bytes in a snapshot is as production's machine writes it. */
function withoutForeignBytes(catalog: Snapshot["catalog"], note: Note): Snapshot["catalog"] {
  if (!catalog.indexes.some(({ method, metapage }) => method === "btree" && metapage !== null && isOfOtherByteOrder(Buffer.from(metapage, "base64"))))
    return catalog;
  note("production's machine orders the bytes of numbers the other way: extended statistics are left out, and the heights of indexes are estimated");
  const { planner } = catalog;
  return {
    ...catalog,
    indexes: catalog.indexes.map((one) => ({ ...one, metapage: null })),
    ...(planner === undefined ? {} : { planner: { ...planner, extended: [] } }),
  };
}

/** A role that may not read `pg_statistic` sees most of it in a view; so does an older snapshot. */
async function plannerData(ask: Ask, catalog: Snapshot["catalog"], places: Places, note: Note): Promise<PlannerData> {
  const { planner } = catalog;
  const isSeen = planner !== undefined && planner.statistics.length > 0;
  if (isSeen || catalog.tables.every(({ columns }) => columns.every(({ statistics }) => statistics === null)))
    return planner ?? (await plannerOfViews(ask, catalog, places));
  note("statistics are those that pg_stats shows: without extended statistics, and without those of arrays and ranges as a whole");
  return await plannerOfViews(ask, catalog, places);
}

function liveRowsOf({ servers: [server] }: Snapshot, places: Places): LiveRows {
  const counted = Object.entries(server?.counters.tables ?? {}).flatMap(([oid, { liveRows }]) => {
    const place = places.of(Number(oid));
    return place === null ? [] : [[place.oid, liveRows] as const];
  });
  return new Map(counted);
}

/** Names of what is left out that are said. */
const SHOWN = 3;

function noteMissing({ missing: { tables, indexes } }: Places, note: Note): void {
  const names = (all: readonly { readonly schema: string; readonly name: string }[]): string => {
    const shown = all
      .slice(0, SHOWN)
      .map(({ schema, name }) => `${schema}.${name}`)
      .join(", ");
    return all.length > SHOWN ? `${shown} and ${all.length - SHOWN} more` : shown;
  };
  if (tables.length > 0) note(`${tables.length} of the tables are not here: ${names(tables)}`);
  const gone = new Set(tables.map(({ oid }) => oid));
  const others = indexes.filter(({ table }) => !gone.has(table));
  if (others.length > 0) note(`${others.length} of the indexes are not here: ${names(others)}`);
}
