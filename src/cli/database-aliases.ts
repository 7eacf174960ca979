/** `--db default`: an alias of the project's DATABASES, read from its settings without running them. */
import { readDatabases, type DatabaseSetting } from "../django/databases.ts";
import { UsageError } from "../model/usage-error.ts";
import { readProject } from "../read-project.ts";
import { findFiles } from "../sources/find-files.ts";

/** What to connect to, for each word of `--db`: URLs and `key=value` words as they are, aliases as the settings say. */
export async function databaseTargets(root: string, named: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  if (!named.some(isWord)) return named;
  const databases = await databasesOf(root, env);
  return named.map((one) => (isWord(one) ? targetOf(one, databases.get(one)) : one));
}

const isWord = (one: string): boolean => /^\w+$/.test(one);

async function databasesOf(root: string, env: Readonly<Record<string, string | undefined>>): Promise<ReadonlyMap<string, DatabaseSetting>> {
  const options = { root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} };
  const { discovery } = await readProject(options, findFiles(root, { exclude: [] }), null, () => {});
  return readDatabases(discovery.program, discovery.project, (name) => env[name]);
}

/** A word that is no alias is a service of libpq. */
function targetOf(alias: string, setting: DatabaseSetting | undefined): string {
  if (setting === undefined) return alias;
  if (setting.kind === "url") return setting.url;
  if (setting.kind === "unknown") {
    throw new UsageError("unread-database", `DATABASES["${alias}"] ${setting.why}.`, "Name the database with --db URL.");
  }
  return Object.entries(setting.words)
    .map(([name, value]) => `${name}='${value.replaceAll(/['\\]/g, "\\$&")}'`)
    .join(" ");
}
