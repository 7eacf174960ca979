/** Where a change of a table goes: the model's file, and a new migration after the app's last one. */
import type { DatabaseInput, FixDraft, Migration, MigrationPlan, Model, PythonModule, RuleInput, SqlPlan, Table } from "../../model/index.ts";
import { migrationText, type MigrationText } from "./write-migration.ts";

/** What a change is made from; what a rule of the database is given will do. */
export type ChangeInput = Pick<DatabaseInput, "database" | "source">;

/** The model behind a table, and the app's last migration. */
export interface Place {
  readonly source: RuleInput;
  readonly model: Model;
  readonly module: PythonModule;
  readonly leaf: Migration;
}

/** No migration can be written; `why` completes "… by SQL alone: ". */
export interface NoPlace {
  readonly why: string | null;
}

export function placeOf({ database, source }: ChangeInput, table: Table): Place | NoPlace {
  if (source === null) return { why: null };
  const parent = table.partitionOf === null ? null : database.table(table.partitionOf.parent);
  const model = database.modelOf(table) ?? (parent === null ? null : database.modelOf(parent));
  if (model === null) return { why: `no model of the project has the table ${table.name}` };
  const { module } = model.cls;
  if (module.origin !== "project") return { why: `${model.label} belongs to an installed package` };
  const leaf = leafOf(source, model.app);
  return "why" in leaf ? leaf : { source, model, module, leaf };
}

function leafOf({ migrations }: RuleInput, app: string): Migration | NoPlace {
  const leaves = migrations?.leavesOf(app) ?? [];
  const [leaf, other] = leaves;
  if (leaf === undefined) return { why: `the app ${app} has no migrations` };
  if (other !== undefined) return { why: `the app ${app} has two last migrations, ${leaf.name} and ${other.name}; run makemigrations --merge first` };
  return leaf;
}

/** Django's numbering: what the last name begins with, and one; `0001_squashed_0004_x` counts as 4. */
export function nextNumber(name: string): string {
  const squashed = /^\d+_squashed_(\d+)/.exec(name)?.[1];
  const number = Number(squashed ?? /^\d+/.exec(name)?.[0] ?? 0);
  return String(number + 1).padStart(4, "0");
}

/** One migration of a change; most need only one. */
export interface Step extends Omit<MigrationText, "app" | "after"> {
  /** `drop_order_channel_index`, in the file's name. */
  readonly slug: string;
}

export interface Change {
  readonly title: string;
  readonly place: Place;
  readonly edits?: FixDraft["edits"];
  /** What must not share a transaction stands in migrations of its own, one after the other. */
  readonly steps: readonly Step[];
  readonly plan: Omit<MigrationPlan, "follows">;
}

const LONGEST_SLUG = 52;

/** The edits of the model and the new migrations as one fix. */
export function migrationFix({ title, place, edits = [], steps, plan }: Change): FixDraft {
  const { app, name: last, file: lastFile } = place.leaf;
  const folder = lastFile.slice(0, lastFile.lastIndexOf("/") + 1);
  const files: { readonly file: string; readonly text: string }[] = [];
  let after = last;
  for (const { slug, ...step } of steps) {
    const name = `${nextNumber(after)}_${slug.toLowerCase().replaceAll(/\W+/g, "_").slice(0, LONGEST_SLUG)}`;
    files.push({ file: `${folder}${name}.py`, text: migrationText({ ...step, app, after }) });
    after = name;
  }
  return {
    title,
    safety: "review",
    kind: "migration",
    edits,
    files,
    migration: { ...plan, follows: { app, name: last, files: files.map((one) => one.file) } },
  };
}

/** For what no migration can do, or none could be written for. */
export function sqlFix(title: string, sql: SqlPlan, why: string | null = null): FixDraft {
  return { title: why === null ? title : `${title}, by SQL alone: ${why}`, safety: "review", kind: "sql", edits: [], sql };
}
