/** The repository's own scripts, as functions with types. */
import path from "node:path";
import { pathToFileURL } from "node:url";

interface Cluster {
  /** What a child process needs to find the server. */
  readonly env: Readonly<Record<string, string>>;
}

const load = (name: string): Promise<unknown> => import(pathToFileURL(path.resolve(import.meta.dirname, "../../scripts", name)).href);

/** Runs `work` against a PostgreSQL that is gone afterwards. */
export async function withPostgres<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const scripts = (await load("postgres.mjs")) as { withPostgres: (work: (cluster: Cluster) => Promise<T>) => Promise<T> };
  return scripts.withPostgres(work);
}

/** A Python that has Django and what the bookshop needs. */
export async function djangoPython(): Promise<string> {
  const scripts = (await load("python-env.mjs")) as { ensurePythonEnv: () => Promise<{ python: string }> };
  return path.resolve((await scripts.ensurePythonEnv()).python);
}
