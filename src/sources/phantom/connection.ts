/** The door to a phantom, and to nothing else: what is written through it would ruin a real database. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Client } from "pg";
import { PREFIX, TOKEN_FILE, type Cluster } from "./cluster.ts";

export type Ask = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface PhantomConnection {
  readonly ask: Ask;
  /** Why nothing more comes of it; null while it works. */
  readonly broken: () => string | null;
  readonly close: () => Promise<void>;
}

/** Connects, and hands over the connection only where the server is the cluster: by its socket, its name, its folder and the token in it. */
export async function connectPhantom(cluster: Pick<Cluster, "socket" | "data" | "token">, database: string): Promise<PhantomConnection> {
  const { default: pg } = await import("pg");
  const types = new pg.TypeOverrides();
  // Oids, as int8, fit a double.
  types.setTypeParser(INT8, Number);
  const client = new pg.Client({
    types,
    host: cluster.socket,
    port: PORT,
    user: "postgres",
    database,
    password: "",
    ssl: false,
    application_name: "luthier phantom",
  });
  const state: { broken: string | null } = { broken: null };
  client.on("error", (error) => (state.broken ??= error.message));
  client.on("end", () => (state.broken ??= "the server closed the connection"));
  await client.connect();
  try {
    await refuseOthers(client, cluster);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  const ask: Ask = async <Row extends object>(sql: string, values?: readonly unknown[]) => {
    if (state.broken !== null) throw new Error(state.broken);
    // Their texts are constants, asked again and again: the server takes each apart once.
    if (values !== undefined) return (await client.query({ name: nameOf(sql), text: sql, values: [...values] })).rows as Row[];
    // Of several statements in one text, there are as many results.
    const results: unknown = await client.query(sql);
    return (Array.isArray(results) ? results : [results]).flatMap((one: { readonly rows: readonly unknown[] }) => one.rows) as Row[];
  };
  return { ask, broken: () => state.broken, close: () => client.end().catch(() => {}) };
}

const names = new Map<string, string>();

function nameOf(sql: string): string {
  const name = names.get(sql) ?? `luthier_${names.size}`;
  names.set(sql, name);
  return name;
}

const INT8 = 20;
/** Of the socket's name: no port is listened on. */
const PORT = 5432;

async function refuseOthers(client: Client, { data, token }: Pick<Cluster, "data" | "token">): Promise<void> {
  const { rows } = await client.query<{ name: string; folder: string }>(
    "SELECT pg_catalog.current_setting('cluster_name') AS name, pg_catalog.current_setting('data_directory') AS folder",
  );
  const [row] = rows;
  const isOurs = row?.name === `${PREFIX}${token}` && row.folder === data && readFileSync(path.join(data, TOKEN_FILE), "utf8") === token;
  if (!isOurs) throw new Error("this is no server that was started here for plans: nothing was sent to it");
}
