/**
 * A planner where no server can be had: PostgreSQL compiled to WebAssembly, in this process, over a data folder of its own. It is of one major version;
 * what another one would plan differs now and then, which the caller says.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Extensions, PGlite } from "@electric-sql/pglite";
import type { Catalog } from "../../model/index.ts";
import type { DatabaseChoice } from "../../postgres/phantom/locale.ts";
import { openHome, startFailure, type Cluster } from "./cluster.ts";
import type { Ask, PhantomConnection } from "./connection.ts";

/** The package's, which an image belongs to. */
export const PGLITE_VERSION = "0.5.16";
export const PGLITE_MAJOR = 18;

/** Modules of extensions that come with the package, by what SQL calls them. Those that read files or the server's memory are of no use here. */
const MODULES: ReadonlySet<string> = new Set(
  "amcheck bloom btree_gin btree_gist citext cube dict_int dict_xsyn earthdistance fuzzystrmatch hstore intarray isn ltree moddatetime pg_stat_statements pg_trgm pgcrypto seg tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp".split(
    " ",
  ),
);

export interface PgliteOptions {
  /** Parent of the cluster's folder. */
  readonly folder?: string;
  /** Where the image of an empty database is kept. */
  readonly cache: string;
  readonly database: string;
  /** Statements that make the database, the best first. */
  readonly choices: readonly DatabaseChoice[];
  readonly ddl: Catalog["ddl"];
}

export interface PgliteServer {
  readonly cluster: Cluster;
  readonly connect: () => Promise<PhantomConnection>;
  /** What is not as in production; null where all is. */
  readonly note: string | null;
}

export async function startPglite({ folder, cache, database, choices, ddl }: PgliteOptions): Promise<PgliteServer> {
  const { home, stop } = openHome({ ...(folder === undefined ? {} : { folder }), owner: null, hasServer: false });
  try {
    const data = path.join(home, "data");
    const note = await layImage({ data, home, cache, database, choices });
    const extensions = await extensionsOf(ddl);
    // Connections come one after the other: each is the whole server.
    return { cluster: { home, data, socket: home, token: "", owner: null, stop }, note, connect: () => connect(data, database, extensions) };
  } catch (error) {
    const failure = startFailure(error, "", path.dirname(home));
    await stop();
    throw failure;
  }
}

// ------------------------------------------------------------------------------------------------------------ image

interface ImageOptions extends Pick<PgliteOptions, "cache" | "database" | "choices"> {
  readonly data: string;
  readonly home: string;
}

/** Making a cluster takes seconds, a copy of one does not. A cache that cannot be written is none. */
async function layImage(options: ImageOptions): Promise<string | null> {
  const { data, home, cache, choices } = options;
  const name = createHash("sha256")
    .update(choices.map(({ sql }) => sql).join("\n"))
    .digest("hex")
    .slice(0, 12);
  const images = path.join(cache, `pglite-${PGLITE_VERSION}-${name}`);
  // Which of the choices it holds is in its name.
  const kept = choices.findIndex((_, at) => isWhole(`${images}-${at}`));
  if (kept >= 0) {
    cpSync(`${images}-${kept}`, data, { recursive: true });
    return choices[kept]?.note ?? null;
  }
  const at = await makeImage(options);
  keep(data, `${images}-${at}`, home);
  return choices[at]?.note ?? null;
}

async function makeImage({ data, choices }: ImageOptions): Promise<number> {
  const { PGlite: open } = await import("@electric-sql/pglite");
  const server = await open.create({ dataDir: data });
  try {
    let refused: unknown = null;
    for (const [at, { sql }] of choices.entries()) {
      try {
        await server.exec(sql);
        return at;
      } catch (error) {
        refused = error;
      }
    }
    throw refused;
  } finally {
    await server.close();
  }
}

const isWhole = (image: string): boolean => existsSync(path.join(image, "PG_VERSION"));

/** Beside its place, and moved there when it is whole. */
function keep(data: string, place: string, home: string): void {
  let aside: string | null = null;
  try {
    mkdirSync(path.dirname(place), { recursive: true });
    aside = mkdtempSync(path.join(path.dirname(place), "image-"));
    cpSync(data, path.join(aside, "data"), { recursive: true });
    if (!isWhole(place)) rmSync(place, { recursive: true, force: true });
    if (!existsSync(place)) renameSync(path.join(aside, "data"), place);
  } catch {
    // The next start makes it again.
  } finally {
    if (aside !== null && path.dirname(aside) !== home) rmSync(aside, { recursive: true, force: true });
  }
}

// ------------------------------------------------------------------------------------------------------------ connection

/** Of the schema's own statements, those that come with the package. */
async function extensionsOf(ddl: Catalog["ddl"]): Promise<Extensions> {
  const names = ddl.flatMap((one) => /^CREATE EXTENSION IF NOT EXISTS "([^"]+)"/.exec(one)?.[1] ?? []).filter((one) => MODULES.has(one));
  const modules: Extensions = {};
  for (const name of names) {
    const file = name.replace("-", "_");
    const loaded = (await import(`@electric-sql/pglite/contrib/${file}`)) as Readonly<Record<string, Extensions[string] | undefined>>;
    const found = loaded[file];
    if (found !== undefined) modules[file] = found;
  }
  return modules;
}

async function connect(dataDir: string, database: string, extensions: Extensions): Promise<PhantomConnection> {
  const { PGlite: open } = await import("@electric-sql/pglite");
  const server: PGlite = await open.create({ dataDir, database, username: "postgres", extensions });
  // Its clusters have checksums, and pages that are written here have none.
  await server.exec("SET ignore_checksum_failure = on");
  const state: { broken: string | null } = { broken: null };
  const ask: Ask = async <Row extends object>(sql: string, values?: readonly unknown[]) => {
    if (state.broken !== null) throw new Error(state.broken);
    try {
      if (values !== undefined) return (await server.query<Row>(sql, [...values])).rows;
      return (await server.exec(sql)).flatMap(({ rows }) => rows as Row[]);
    } catch (error) {
      if (!isRefusal(error)) state.broken = `it ended (${error instanceof Error ? error.message : String(error)})`;
      throw error;
    }
  };
  return { ask, broken: () => state.broken, close: () => server.close().catch(() => {}) };
}

/** What PostgreSQL says has a code; what ends it does not. */
function isRefusal(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code)) && !/^(?:57P|XX000$)/.test(String(error.code))
  );
}
