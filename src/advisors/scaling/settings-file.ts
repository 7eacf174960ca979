/** `postgresql.auto.sql`: the settings that counters ask for, as ALTER SYSTEM, and the way back. */
import type { Artefact, Database } from "../../model/index.ts";
import { alterSystem } from "../../rules/server-settings/alter-system.ts";
import type { SettingProposal } from "../../rules/server-settings/proposals.ts";

/** Empty where no setting was sized. */
export function settingsFiles(database: Database, proposals: readonly SettingProposal[]): readonly Artefact[] {
  const sized = proposals.flatMap((one) => (one.value === null ? [] : [{ ...one, value: one.value }]));
  if (sized.length === 0) return [];
  const { server, catalog } = database;
  const restarts = sized.filter(({ needsRestart }) => needsRestart).map(({ name }) => name);
  const head = `PostgreSQL ${server.version} at ${server.address}, by its counters up to ${server.takenAt.slice(0, 16).replace("T", " ")} (database ${catalog.database.name}).`;
  const effect =
    restarts.length === 0
      ? "All take effect with pg_reload_conf()."
      : `${restarts.join(", ")}: pending until the next restart; the others take effect with pg_reload_conf().`;
  const lines = sized.flatMap((one) => [
    ...comment(one.claim),
    ...comment(one.arithmetic),
    `-- Now ${one.current}.`,
    `${alterSystem(database, one.name, one.value).forward};`,
    "",
  ]);
  const names = sized.map(({ name }) => `'${name}'`).join(", ");
  const checks = [
    "SELECT pg_reload_conf();",
    "-- The server's processes read their files a moment later.",
    "SELECT pg_sleep(1);",
    '-- An error beside a name: the line was not taken; "setting could not be applied" of one that waits for a restart is none.',
    `SELECT name, setting, applied, error FROM pg_file_settings WHERE name IN (${names}) ORDER BY name;`,
    `SELECT name, setting, pending_restart FROM pg_settings WHERE name IN (${names}) ORDER BY name;`,
  ];
  const version = `PostgreSQL ${server.version}`;
  const managed = managedBy(database);
  return [
    {
      path: "postgresql.auto.sql",
      language: "sql",
      text: `${[`-- ${head}`, `-- ${effect}`, ...(managed === null ? [] : [`-- ${managed}`]), "-- Undo: postgresql.auto.undo.sql", "", ...lines, ...checks].join("\n")}\n`,
      purpose: `Sets ${sized.map(({ name }) => name).join(", ")} on ${server.address}: psql -f postgresql.auto.sql, as a superuser.`,
      check: "its last two statements show pg_file_settings.error and pg_settings.pending_restart of each",
      version,
    },
    {
      path: "postgresql.auto.undo.sql",
      language: "sql",
      text: `${[`-- Brings back what ${server.address} had before postgresql.auto.sql.`, ...(restarts.length === 0 ? [] : [`-- ${restarts.join(", ")}: shown as pending until the next restart, which changes nothing then.`]), "", ...sized.map((one) => `${alterSystem(database, one.name, one.value).reverse};`), ...checks].join("\n")}\n`,
      purpose: `Takes postgresql.auto.sql back: ${sized.map(({ name, current }) => `${name} ${current}`).join(", ")}.`,
      check: "run after postgresql.auto.sql, it leaves pg_settings as they were",
      version,
    },
  ];
}

function comment(text: string): string[] {
  return [`-- ${text.replaceAll("`", "").replaceAll(/[\r\n]+/g, " ")}`];
}

/** Managed servers refuse ALTER SYSTEM and have the same names in a parameter group. */
export function managedBy({ server }: Database): string | null {
  const has = (prefix: string): boolean => server.settings.some(({ name }) => name.startsWith(prefix));
  if (has("rds.")) return "This is Amazon RDS or Aurora, which refuses ALTER SYSTEM: set the same names in its parameter group.";
  if (has("cloudsql.")) return "This is Cloud SQL, which refuses ALTER SYSTEM: set the same names as its database flags.";
  return has("azure.") ? "This is Azure Database for PostgreSQL, which refuses ALTER SYSTEM: set the same names among its server parameters." : null;
}
