/** Indexes that the project's migrations build under a lock, of tables that the database has. */
import type {
  Database,
  Field,
  Made,
  Migration,
  MigrationOperation,
  Model,
  ProjectMigrations,
  RuleInput,
  Span,
  Table,
  TableHistory,
} from "../../model/index.ts";

export interface BuiltIndex {
  readonly table: Table;
  /** Label of the model. */
  readonly model: string | null;
  readonly migration: Migration;
  readonly operation: MigrationOperation | null;
  /** `field`: a new or changed field's own index. `constraint`: a unique constraint's. */
  readonly kind: "AddIndex" | "RunSQL" | "field" | "constraint";
  /** `index \`order_placed_idx\``, as a claim says it. */
  readonly what: string;
  readonly span: Span;
  /** The catalog has it already. */
  readonly isApplied: boolean;
  /** The strongest that is held while the index is built: CREATE INDEX lets others read, a constraint and a new column do not. */
  readonly lock: "SHARE" | "ACCESS EXCLUSIVE";
}

/** What is still there at the end of all migrations: an index that a later one drops is built no more. */
export function builtIndexes(source: RuleInput, migrations: ProjectMigrations, database: Database): readonly BuiltIndex[] {
  const models = [...source.graph.models.values()].filter((one) => !one.isAbstract && !one.isProxy);
  return [...models.flatMap((model) => ofModel(model, migrations, database)), ...bySql(migrations, database)];
}

function ofModel(model: Model, migrations: ProjectMigrations, database: Database): readonly BuiltIndex[] {
  const table = database.tableOf(model);
  const history = migrations.historyOf(model.app, model.name);
  if (table === null || history === null || model.cls.module.origin !== "project") return [];
  return [
    ...namedIndexes({ model, table, history, database }),
    ...fieldIndexes({ model, table, history, database }),
    ...uniqueConstraints({ model, table, history, database }),
  ];
}

interface Owner {
  readonly model: Model;
  readonly table: Table;
  readonly history: TableHistory;
  readonly database: Database;
}

/** The table was there before, with its rows, and the database does what the operation says. */
function isLater({ migration, operation }: Made, { history }: Owner): boolean {
  return migration !== history.made.migration && operation.effect !== "state";
}

function namedIndexes(owner: Owner): readonly BuiltIndex[] {
  const { model, table, history, database } = owner;
  return [...history.indexes].flatMap(([name, made]): BuiltIndex[] => {
    if (made.operation.kind !== "AddIndex" || !isLater(made, owner)) return [];
    const isApplied = database.indexesOf(table).some((one) => one.name === name);
    return [{ ...placeOf(made), table, model: model.label, kind: "AddIndex", what: `index \`${name}\``, isApplied, lock: "SHARE" }];
  });
}

const placeOf = ({ migration, operation, span }: Made): Pick<BuiltIndex, "migration" | "operation" | "span"> => ({ migration, operation, span });

/** A new column without a default has NULLs alone, and its index is built over all rows all the same. */
function fieldIndexes(owner: Owner): readonly BuiltIndex[] {
  const { model, table, history, database } = owner;
  return [...history.fields].flatMap(([name, { indexed }]): BuiltIndex[] => {
    const field: Field | undefined = model.fields.get(name);
    if (
      indexed === null ||
      field === undefined ||
      !isLater(indexed, owner) ||
      (indexed.operation.kind !== "AddField" && indexed.operation.kind !== "AlterField")
    )
      return [];
    const column = database.fieldOf(table, field.attname ?? name) === null ? name : (field.attname ?? name);
    const isApplied = database.indexesOf(table).some(({ keys: [key] }) => key?.column === column);
    const isUnique = field.unique || /OneToOne/.test(field.type);
    // ADD COLUMN takes the whole table, and Django builds the index at the end of the same transaction.
    const isExclusive = isUnique || (indexed.operation.kind === "AddField" && indexed.migration.isAtomic);
    return [
      {
        ...placeOf(indexed),
        table,
        model: model.label,
        kind: "field",
        what: `${isUnique ? "a unique index" : "an index"} on \`${column}\``,
        isApplied,
        lock: isExclusive ? "ACCESS EXCLUSIVE" : "SHARE",
      },
    ];
  });
}

function uniqueConstraints(owner: Owner): readonly BuiltIndex[] {
  const { model, table, history, database } = owner;
  return [...history.constraints].flatMap(([name, made]): BuiltIndex[] => {
    const constraint = made.operation.arguments.get("constraint");
    const isUnique =
      constraint?.kind === "call" &&
      (constraint.callee.kind === "name" || constraint.callee.kind === "attribute") &&
      constraint.callee.name === "UniqueConstraint";
    if (made.operation.kind !== "AddConstraint" || !isUnique || !isLater(made, owner)) return [];
    const isApplied = database.indexesOf(table).some((one) => one.name === name);
    // With a condition or expressions Django makes a unique index of it, which lets others read.
    const isPlain = constraint.keywords.every((one) => one.name === "fields" || one.name === "name" || one.name === "deferrable");
    return [
      {
        ...placeOf(made),
        table,
        model: model.label,
        kind: "constraint",
        what: `unique constraint \`${name}\``,
        isApplied,
        lock: isPlain ? "ACCESS EXCLUSIVE" : "SHARE",
      },
    ];
  });
}

const CREATE_INDEX =
  /\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b)(?:IF\s+NOT\s+EXISTS\s+)?("[^"]+"|\w+)\s+ON\s+(?:ONLY\s+)?((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)/gi;

function bySql({ statements }: ProjectMigrations, database: Database): readonly BuiltIndex[] {
  return statements.flatMap(({ made, sql }) =>
    [...sql.matchAll(CREATE_INDEX)].flatMap(([, index = "", on = ""]) => sqlIndex(made, plain(index), plain(on), sql, database)),
  );
}

const plain = (name: string): string => name.replaceAll('"', "");

/** A table that the same statements create is empty. */
function sqlIndex(made: Made, name: string, on: string, sql: string, database: Database): readonly BuiltIndex[] {
  const table = database.tableNamed(on);
  const isNew = new RegExp(`\\bCREATE\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?["\\w.]*${on.replaceAll(/\W/g, "\\$&")}\\b`, "i").test(sql);
  if (table === null || isNew || made.operation.effect === "state") return [];
  const isApplied = database.indexesOf(table).some((one) => one.name === name);
  return [{ ...placeOf(made), table, model: database.modelOf(table)?.label ?? null, kind: "RunSQL", what: `index \`${name}\``, isApplied, lock: "SHARE" }];
}
