/** When autovacuum comes to a table: its own options before the server's. */
import { setTableOptions, type ChangeInput, type StorageOptions } from "../../fixes/migrations/index.ts";
import type { Database, FixDraft, Table, TableCounters } from "../../model/index.ts";
import { shortName } from "./names.ts";
import { rowsOf } from "./columns.ts";
import { tableName } from "./retype-fix.ts";

/** The table's option, else the setting of the same name; null when neither was read. */
export function optionNumber(database: Database, table: Table, name: string): number | null {
  const own = table.options[name];
  if (own !== undefined && own !== "" && Number.isFinite(Number(own))) return Number(own);
  return database.settingNumber(name);
}

const OFF: ReadonlySet<string> = new Set(["off", "false", "no", "0", "f", "n"]);

/** Whose doing it is that autovacuum leaves the table alone (but for wraparound); null when it does not. */
export function autovacuumOff(database: Database, table: Table): "table" | "server" | null {
  if (OFF.has((table.options["autovacuum_enabled"] ?? "").toLowerCase())) return "table";
  if (database.setting("autovacuum") === "off" || database.setting("track_counts") === "off") return "server";
  return null;
}

export interface Triggers {
  /** Dead rows above which a vacuum follows. */
  readonly vacuum: number;
  /** Inserted rows above which one follows; null before 13 or where it is off. */
  readonly insert: number | null;
  /** Changed rows above which ANALYZE follows. */
  readonly analyze: number;
}

const WITH_INSERT_TRIGGER = 130_000;
const WITH_MAXIMUM = 180_000;

/** PostgreSQL's "The Autovacuum Daemon"; defaults of the server where a setting was not read. */
export function triggersOf(database: Database, table: Table): Triggers | null {
  const rows = rowsOf(database, table);
  if (rows === null) return null;
  const figure = (name: string, fallback: number): number => optionNumber(database, table, name) ?? fallback;
  const plain = figure("autovacuum_vacuum_threshold", 50) + figure("autovacuum_vacuum_scale_factor", 0.2) * rows;
  const most = database.server.versionNumber >= WITH_MAXIMUM ? figure("autovacuum_vacuum_max_threshold", 100_000_000) : -1;
  const insertBase = figure("autovacuum_vacuum_insert_threshold", 1000);
  const hasInsert = database.server.versionNumber >= WITH_INSERT_TRIGGER && insertBase >= 0;
  return {
    vacuum: most >= 0 ? Math.min(plain, most) : plain,
    insert: hasInsert ? insertBase + figure("autovacuum_vacuum_insert_scale_factor", 0.2) * rows * unfrozenShare(database, table) : null,
    analyze: figure("autovacuum_analyze_threshold", 50) + figure("autovacuum_analyze_scale_factor", 0.1) * rows,
  };
}

/** From 18 on the insert trigger grows with pages that are not frozen yet; all-visible ones stand for frozen ones, a lower bound. */
function unfrozenShare({ server }: Database, { relpages, relallvisible }: Table): number {
  return server.versionNumber >= WITH_MAXIMUM && relpages > 0 ? Math.max(0, 1 - relallvisible / relpages) : 1;
}

/** In days. */
export function naptime(database: Database): number {
  return (database.settingNumber("autovacuum_naptime") ?? 60_000) / 86_400_000;
}

/** The last vacuum of either kind. */
export const lastVacuum = ({ lastVacuum: manual, lastAutovacuum }: TableCounters): string | null => latest(manual, lastAutovacuum);

export const lastAnalyze = ({ lastAnalyze: manual, lastAutoanalyze }: TableCounters): string | null => latest(manual, lastAutoanalyze);

function latest(one: string | null, other: string | null): string | null {
  return one === null || (other !== null && other > one) ? other : one;
}

/** A worker is at it right now, and waits for nobody. */
export function isBeingVacuumed({ server }: Database, table: Table): boolean {
  return server.activity.some(
    ({ kind, sql, blockedBy }) => kind === "autovacuum worker" && blockedBy.length === 0 && (sql ?? "").includes(`${table.schema}.${table.name}`),
  );
}

/** Sets storage options in a migration, or by SQL where there is none to write. */
export function optionsFix(input: ChangeInput, table: Table, options: StorageOptions, title: string): FixDraft {
  return { ...setTableOptions(input, table, options), title };
}

/** Takes options away, and brings them back. */
export function resetFix(table: Table, names: readonly string[]): FixDraft {
  const were = names.filter((name) => table.options[name] !== undefined).map((name) => `${name} = ${table.options[name]}`);
  return {
    title: `Take ${names.map((name) => `\`${name}\``).join(", ")} off \`${shortName(table)}\``,
    kind: "sql",
    safety: "review",
    edits: [],
    migration: { lock: "SHARE UPDATE EXCLUSIVE", duration: "an instant: the catalog alone changes", rollback: "the reverse statements" },
    sql: {
      forward: [`ALTER TABLE ${tableName(table)} RESET (${names.join(", ")})`],
      reverse: [`ALTER TABLE ${tableName(table)} SET (${were.join(", ")})`],
      isTransactional: true,
    },
  };
}

/** A command to run by hand, outside transactions; it needs no undo. */
export function commandFix(title: string, ...forward: readonly string[]): FixDraft {
  return { title, kind: "sql", safety: "review", edits: [], sql: { forward, reverse: [], isTransactional: false } };
}
