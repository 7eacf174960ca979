/** What the migrations have made of each model's table, operation by operation. */
import type { Call, Expr, FieldState, Made, Migration, MigrationOperation, Span, TableHistory } from "../../model/index.ts";
import { calledName, textOf } from "./read-migration.ts";

interface Draft {
  made: Made;
  readonly fields: Map<string, FieldState>;
  readonly indexes: Map<string, Made>;
  readonly constraints: Map<string, Made>;
  uniqueTogether: Made | null;
  indexTogether: Made | null;
  readonly tables: string[];
}

/** By `app.model` in lower case. */
export function readHistory(migrations: readonly Migration[]): ReadonlyMap<string, TableHistory> {
  const tables = new Map<string, Draft>();
  for (const migration of migrations) for (const operation of migration.operations) apply(tables, migration, operation);
  return tables;
}

function apply(tables: Map<string, Draft>, migration: Migration, operation: MigrationOperation): void {
  const key = `${migration.app}.${operation.model ?? ""}`.toLowerCase();
  if (operation.kind === "CreateModel") return void tables.set(key, created(migration, operation));
  const draft = tables.get(key);
  if (draft === undefined) return;
  if (operation.kind === "DeleteModel") tables.delete(key);
  else if (operation.kind === "RenameModel") rename(tables, key, `${migration.app}.${operation.name ?? ""}`.toLowerCase());
  else change(draft, migration, operation);
}

function rename(tables: Map<string, Draft>, from: string, to: string): void {
  const draft = tables.get(from);
  if (draft === undefined) return;
  tables.delete(from);
  draft.tables.push(to.replace(".", "_"));
  tables.set(to, draft);
}

function created(migration: Migration, operation: MigrationOperation): Draft {
  const made = { migration, operation, span: operation.span };
  const options = entriesOf(operation.arguments.get("options"));
  const together = (name: string): Made | null => {
    const value = options.get(name);
    return value === undefined ? null : madeAt(made, value);
  };
  const table = textOf(options.get("db_table")) ?? `${migration.app}_${operation.model ?? ""}`;
  const draft: Draft = {
    made,
    fields: new Map(),
    indexes: new Map(),
    constraints: new Map(),
    uniqueTogether: together("unique_together"),
    indexTogether: together("index_together"),
    tables: [table],
  };
  for (const item of itemsOf(operation.arguments.get("fields"))) {
    const [name, call] = itemsOf(item);
    const known = textOf(name);
    if (known !== null && call?.kind === "call") setField(draft, known, call, madeAt(made, item));
  }
  for (const item of itemsOf(options.get("indexes"))) addNamed(draft.indexes, item, made);
  for (const item of itemsOf(options.get("constraints"))) addNamed(draft.constraints, item, made);
  return draft;
}

function change(draft: Draft, migration: Migration, operation: MigrationOperation): void {
  const made = { migration, operation, span: operation.span };
  const name = operation.name ?? "";
  const argument = (key: string): Expr | undefined => operation.arguments.get(key);
  switch (operation.kind) {
    case "AddField":
    case "AlterField": {
      const call = argument("field");
      return call?.kind === "call" ? setField(draft, name, call, made) : void draft.fields.delete(name);
    }
    case "RemoveField":
      return void draft.fields.delete(name);
    case "RenameField":
      return move(draft.fields, textOf(argument("old_name")) ?? "", name);
    case "AddIndex":
    case "AddIndexConcurrently":
      return void draft.indexes.set(name, made);
    case "RemoveIndex":
    case "RemoveIndexConcurrently":
      return void draft.indexes.delete(name);
    case "RenameIndex":
      return move(draft.indexes, textOf(argument("old_name")) ?? "", name);
    case "AddConstraint":
    case "AddConstraintNotValid":
    case "AlterConstraint":
      return void draft.constraints.set(name, made);
    case "RemoveConstraint":
      return void draft.constraints.delete(name);
    case "AlterUniqueTogether":
      draft.uniqueTogether = made;
      return;
    case "AlterIndexTogether":
      draft.indexTogether = made;
      return;
    case "AlterModelTable":
      return void draft.tables.push(textOf(argument("table")) ?? `${migration.app}_${operation.model ?? ""}`);
  }
}

/** The column stays what it was made by; its index is made anew when it had none before. */
function setField(draft: Draft, name: string, call: Call, made: Made): void {
  const before = draft.fields.get(name);
  const isIndexed = hasIndex(call);
  draft.fields.set(name, { call, migration: made.migration, made: before?.made ?? made, indexed: isIndexed ? (before?.indexed ?? made) : null });
}

/** Relations have an index unless it is turned off; slugs too; others where it is asked for. */
export function hasIndex(call: Call): boolean {
  const option = (name: string): string | null => {
    const value = call.keywords.find((one) => one.name === name)?.value;
    return value?.kind === "constant" ? value.value : null;
  };
  const kind = calledName(call.callee);
  if (option("unique") === "true" || option("primary_key") === "true" || /OneToOne/.test(kind)) return true;
  return option("db_index") === null ? /ForeignKey|SlugField/.test(kind) : option("db_index") === "true";
}

function addNamed(to: Map<string, Made>, item: Expr, made: Made): void {
  const name = item.kind === "call" ? textOf(item.keywords.find((one) => one.name === "name")?.value) : null;
  if (name !== null) to.set(name, madeAt(made, item));
}

function move<Value>(map: Map<string, Value>, from: string, to: string): void {
  const value = map.get(from);
  if (value === undefined) return;
  map.delete(from);
  map.set(to, value);
}

function madeAt(made: Made, { start, end }: Expr): Made {
  return { ...made, span: { file: made.span.file, start, end } satisfies Span };
}

function itemsOf(expr: Expr | undefined): readonly Expr[] {
  return expr?.kind === "sequence" ? expr.items : [];
}

function entriesOf(expr: Expr | undefined): ReadonlyMap<string, Expr> {
  const entries = expr?.kind === "dict" ? expr.entries : [];
  return new Map(entries.flatMap(({ key, value }): [string, Expr][] => (key?.kind === "str" ? [[key.value, value]] : [])));
}
