/** Production's plans without production's rows: a throw-away server with its schema, statistics, settings and file sizes. */
import type { Plan, Snapshot } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import { createDatabase } from "../../postgres/phantom/locale.ts";
import { BLOCK } from "../../postgres/phantom/pages.ts";
import { startCluster, type Cluster } from "./cluster.ts";
import { connectPhantom, type PhantomConnection } from "./connection.ts";
import { buildLeaves, fileStore, forgeFiles, type FileStore } from "./forge.ts";
import { applySettings, createSchema, messageOf, type Note } from "./load-schema.ts";
import { loadCounters, loadExtended, loadStatistics } from "./load-statistics.ts";
import { findPlaces, type Places } from "./places.ts";
import { planStatement, type Parameters } from "./plan-statement.ts";
import { serverBinaries, type BinariesOptions } from "./server-binaries.ts";

export interface PhantomOptions extends BinariesOptions {
  /** Parent of the cluster's folder; the system's temporary one unless said otherwise. */
  readonly folder?: string;
}

export interface Phantom {
  /** What is not as in production, in sentences. */
  readonly notes: readonly string[];
  readonly version: string;
  /** The plan of a statement with `$1`, by values as text in order, or for any values. */
  readonly plan: (sql: string, parameters?: Parameters) => Promise<Plan>;
  readonly close: () => Promise<void>;
}

const DATABASE = "phantom";

export async function openPhantom(snapshot: Snapshot, options: PhantomOptions = {}): Promise<Phantom> {
  const [server] = snapshot.servers;
  if (server === undefined) throw new UsageError("broken-snapshot", "the snapshot holds no server.", "Take it anew with luthier snapshot --db URL.");
  if (server.blockSize !== BLOCK) throw new UsageError("other-block-size", `production's pages have ${server.blockSize} bytes, and a local server's ${BLOCK}.`, "Nothing can be planned for it here.");
  const major = Math.floor(server.versionNumber / 10_000);
  const binaries = await serverBinaries(major, options);
  const cluster = await startCluster({ binaries, major, encoding: snapshot.catalog.database.encoding || "UTF8", ...(options.folder === undefined ? {} : { folder: options.folder }) });
  try {
    return await build(cluster, snapshot, major);
  } catch (error) {
    await cluster.stop();
    throw error instanceof UsageError ? error : buildFailure(error);
  }
}

function buildFailure(cause: unknown): UsageError {
  const message = messageOf(cause);
  if (/ENOSPC|No space left|could not (extend|write)/.test(message)) return new UsageError("no-room", `the local server for plans ran out of room: ${message}.`, "Free 100 MB, or name another folder with TMPDIR.", { cause });
  return new UsageError("phantom-build", `the snapshot could not be put into a local server: ${message}.`, "Take the snapshot anew with luthier snapshot --db URL.", { cause });
}

async function build(cluster: Cluster, snapshot: Snapshot, major: number): Promise<Phantom> {
  const notes: string[] = [];
  const note: Note = (sentence) => void notes.push(sentence);
  await makeDatabase(cluster, snapshot, major, note);
  const connection = await connectPhantom(cluster, DATABASE);
  const store = fileStore(cluster);
  await fill({ connection, cluster, store, snapshot, major, note });
  const [row] = await connection.ask<{ version: string }>("SELECT pg_catalog.current_setting('server_version') AS version");
  return {
    notes,
    version: row?.version ?? "",
    plan: (sql, parameters = { literals: [] }) => planStatement(connection.ask, sql, parameters, major),
    close: async () => {
      await connection.close();
      await cluster.stop();
    },
  };
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
  readonly connection: PhantomConnection;
  readonly cluster: Cluster;
  readonly store: FileStore;
  readonly snapshot: Snapshot;
  readonly major: number;
  readonly note: Note;
}

async function fill({ connection: { ask }, cluster, store, snapshot, major, note }: Filling): Promise<Places> {
  const { catalog } = snapshot;
  await createSchema(ask, snapshot, note);
  await applySettings(ask, snapshot, note);
  await ask("SET search_path = pg_catalog");
  const places = await findPlaces(ask, catalog);
  noteMissing(places, note);
  const { planner } = catalog;
  if (planner !== undefined) {
    await loadStatistics(ask, catalog, planner, places, note);
    await loadExtended(ask, catalog, planner, major, note);
  }
  const leaves = planner === undefined ? new Map<number, Buffer>() : await buildLeaves(ask, cluster.data, catalog, planner, places, note);
  await loadCounters(ask, catalog, places);
  await forgeFiles(ask, store, catalog, places, leaves);
  await applySettings(ask, snapshot, () => {});
  return places;
}

/** Names of what is left out that are said. */
const SHOWN = 3;

function noteMissing({ missing: { tables, indexes } }: Places, note: Note): void {
  const names = (all: readonly { readonly schema: string; readonly name: string }[]): string => {
    const shown = all.slice(0, SHOWN).map(({ schema, name }) => `${schema}.${name}`).join(", ");
    return all.length > SHOWN ? `${shown} and ${all.length - SHOWN} more` : shown;
  };
  if (tables.length > 0) note(`${tables.length} of the tables are not here: ${names(tables)}`);
  const gone = new Set(tables.map(({ oid }) => oid));
  const others = indexes.filter(({ table }) => !gone.has(table));
  if (others.length > 0) note(`${others.length} of the indexes are not here: ${names(others)}`);
}
