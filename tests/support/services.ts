/** The scripts that tests start services with; they are JavaScript, so their types are said here. */

interface Cluster {
  readonly url: string;
  /** The data folder. */
  readonly directory: string;
  /** What the server writes to standard error. */
  readonly log: string;
  /** The folder with psql. */
  readonly binaries: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Scripts {
  startPostgres(options?: object): Promise<{ readonly cluster: Cluster; readonly stop: () => void }>;
  ensurePythonEnv(options: { readonly requirements: string; readonly directory: string; readonly interpreter?: string }): Promise<{ readonly python: string }>;
}

const scriptsAt = async (name: string): Promise<Scripts> => (await import(`../../scripts/${name}.mjs`)) as Scripts;

/** A throw-away PostgreSQL cluster. */
export const startPostgres: Scripts["startPostgres"] = async (options) => (await scriptsAt("postgres")).startPostgres(options);

/** A Redis server that keeps nothing on disk. */
export const startRedis = async (): Promise<{ readonly url: string; readonly stop: () => void }> =>
  ((await import(`../../scripts/${"redis"}.mjs`)) as { startRedis: typeof startRedis }).startRedis();

/** A virtual environment that holds what a requirements file asks for. */
export const ensurePythonEnv: Scripts["ensurePythonEnv"] = async (options) => (await scriptsAt("python-env")).ensurePythonEnv(options);
