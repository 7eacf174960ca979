import type { DjangoProject, Expr, Migration, MigrationSql, Module, ProjectMigrations } from "../../model/index.ts";
import { isList } from "../../python/constant.ts";
import { readHistory } from "./history.ts";
import { inOrder, leavesAmong, withoutReplaced } from "./migration-order.ts";
import { constantsOf, readMigration, type ReadConstant } from "./read-migration.ts";

/**
 * The project's migrations as they stand in their modules; nothing is run. What an operation that is not Django's own does is not known.
 *
 * @example
 * readMigrations(modules, project).leavesOf("shop"); // [{ name: "0003_index_payment_dates", … }]
 */
export function readMigrations(modules: ReadonlyMap<string, Module>, project: MigrationSettings): ProjectMigrations {
  const labels = new Map(project.apps.flatMap((app) => foldersOf(app, project).map((folder): [string, string] => [folder, app.label])));
  const read = [...modules].flatMap(([file, module]) => {
    const app = labels.get(file.slice(0, file.lastIndexOf("/")));
    return app === undefined ? [] : (readMigration(app, module) ?? []);
  });
  const migrations = inOrder(withoutReplaced(read));
  const history = readHistory(migrations);
  return {
    migrations,
    leavesOf: (app) => leavesAmong(migrations, app),
    historyOf: (app, model) => history.get(`${app}.${model}`.toLowerCase()) ?? null,
    statements: migrations.flatMap((one) => statementsOf(one, modules)),
  };
}

type MigrationSettings = Pick<DjangoProject, "apps"> & Partial<Pick<DjangoProject, "migrationModules" | "sourceRoots">>;

/** Where an app's migrations are: in its own folder, or in the package that MIGRATION_MODULES names, below any root that imports start from. */
function foldersOf({ label, directory }: DjangoProject["apps"][number], { migrationModules, sourceRoots = [""] }: MigrationSettings): readonly string[] {
  const named = migrationModules?.get(label);
  if (named === null) return [];
  if (named !== undefined) return sourceRoots.map((root) => join(root, named.replaceAll(".", "/")));
  return directory === null ? [] : [join(directory, "migrations")];
}

const join = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

function statementsOf(migration: Migration, modules: ReadonlyMap<string, Module>): readonly MigrationSql[] {
  const module = modules.get(migration.file);
  const constant = module === undefined ? null : constantsOf(module);
  return migration.operations.flatMap((operation) => {
    const sql = operation.kind === "RunSQL" ? sqlText(operation.arguments.get("sql"), constant) : null;
    if (sql === null) return [];
    return { made: { migration, operation, span: operation.span }, sql, reverse: sqlText(operation.arguments.get("reverse_sql"), constant) };
  });
}

/** A string, a list of strings, or a list of pairs of a string and its parameters. */
function sqlText(expr: Expr | undefined, constant: ReadConstant | null): string | null {
  const value = expr === undefined ? undefined : constant?.(expr);
  if (typeof value === "string") return value;
  if (!isList(value)) return null;
  const parts = value.items.map((item) => (isList(item) ? item.items[0] : item)).filter((item) => typeof item === "string");
  return parts.length === 0 ? null : parts.join(";\n");
}
