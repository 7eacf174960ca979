import type { Column, Database, DatabaseDraft, Rule, Table } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { catalogGaps } from "../database/evidence.ts";
import { columnDraft } from "../database/column-draft.ts";
import { formatCount } from "../../model/numbers.ts";
import { columnName, columnSpots, ownTables, type ColumnOf } from "../database/columns.ts";
import { tableSpot } from "../database/names.ts";
import { retypeFixes } from "../database/retype-fix.ts";

export const rule: Rule = {
  meta: {
    id: "foreign-key-type-mismatch",
    chapter: "1.3",
    summary: "A foreign key's column has another type than the key that it refers to",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database } = input;
    const pairs = ownTables(database).flatMap((table) => pairsOf(database, table));
    return {
      drafts: grouped(pairs.filter(differs)).map((group) => toDrafts(input, group)),
      unjudged: catalogGaps(database, "columns", "constraints"),
      examined: `${pairs.length} columns of foreign keys`,
    };
  },
};

interface Pair {
  readonly child: ColumnOf;
  readonly parent: ColumnOf;
  /** Nothing in the database keeps the two together. */
  readonly isDeclaredAlone: boolean;
}

/** By constraint, and by a relation of the model where there is none (`db_constraint=False`). */
function pairsOf(database: Database, table: Table): Pair[] {
  const bound = database.constraintsOf(table).flatMap(({ kind, parent, columns, references }) => {
    const target = kind === "foreign" && parent === null && references !== null ? database.table(references.table) : null;
    if (target === null) return [];
    return columns.flatMap((name, at) => toPair(database, [table, name], [target, references?.columns[at] ?? ""], false));
  });
  const known = new Set(bound.map(({ child }) => child.column.name));
  return [...bound, ...table.columns.filter((column) => !known.has(column.name)).flatMap((column) => declaredPair(database, table, column))];
}

function declaredPair(database: Database, table: Table, column: Column): Pair[] {
  const relation = database.fieldOf(table, column.name)?.relation ?? null;
  const model = relation === null ? null : targetModel(database, table, column);
  const parent = model === null ? null : database.tableOf(model);
  const keys = parent === null ? [] : (database.constraintsOf(parent).find(({ kind }) => kind === "primary")?.columns ?? []);
  const [key] = keys;
  return parent === null || key === undefined || keys.length > 1 ? [] : toPair(database, [table, column.name], [parent, key], true);
}

function targetModel(database: Database, table: Table, column: Column): ReturnType<Database["modelOf"]> {
  const target = database.fieldOf(table, column.name)?.relation?.target;
  if (target === undefined || target === null) return null;
  return database.tables.map((one) => database.modelOf(one)).find((model) => model?.label === target) ?? null;
}

function toPair(database: Database, [table, name]: readonly [Table, string], [target, key]: readonly [Table, string], isDeclaredAlone: boolean): Pair[] {
  const column = database.column(table, name);
  const referred = database.column(target, key);
  return column === null || referred === null ? [] : [{ child: { table, column }, parent: { table: target, column: referred }, isDeclaredAlone }];
}

/** One binary form: comparing them costs nothing. */
const TEXTS: ReadonlySet<string> = new Set(["text", "varchar"]);

function differs({ child, parent }: Pair): boolean {
  const [one, other] = [child.column.typeName, parent.column.typeName];
  return one !== other && !(TEXTS.has(one) && TEXTS.has(other));
}

interface Group {
  readonly first: Pair;
  readonly others: readonly Pair[];
}

/** A key whose type was changed leaves every column behind that refers to it: one finding, which has one cause. */
function grouped(pairs: readonly Pair[]): Group[] {
  const groups = new Map<string, [Pair, ...Pair[]]>();
  for (const pair of pairs) {
    const key = `${columnName(pair.parent)} ${pair.child.column.typeName} ${pair.isDeclaredAlone}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [pair]);
    else known.push(pair);
  }
  return [...groups.values()].map(([first, ...others]) => ({ first, others }));
}

function toDrafts(input: ChangeInput, { first, others }: Group): DatabaseDraft {
  const draft = toDraft(input, first);
  if (others.length === 0) return draft;
  const [name, type] = [columnName(first.parent), first.parent.column.type];
  const rest = others.map((pair) => toDraft(input, pair));
  return {
    ...draft,
    key: [name, first.child.column.typeName],
    claim: `${formatCount(rest.length + 1, "column")} that refer to \`${name}\` are ${first.child.column.type}; \`${name}\` is ${type}.`,
    remedy: `Give each of them the type ${type}: \`${[first, ...others].map(({ child }) => columnName(child)).join("`, `")}\`.`,
    places: [...draft.places, ...others.flatMap(({ child }) => columnSpots(input.database, child, child.column.type))],
    fixes: [draft, ...rest].flatMap(({ fixes }) => fixes),
  };
}

const INTEGER_BYTES: Readonly<Record<string, number>> = { int2: 2, int4: 4, int8: 8 };

function toDraft(input: ChangeInput, { child, parent, isDeclaredAlone }: Pair): DatabaseDraft {
  const [own, other] = [INTEGER_BYTES[child.column.typeName], INTEGER_BYTES[parent.column.typeName]];
  const isWider = own !== undefined && other !== undefined && own > other;
  const bothIntegers = own !== undefined && other !== undefined;
  return columnDraft(input.database, child, {
    claim: `\`${columnName(child)}\` is ${child.column.type}; \`${columnName(parent)}\`, which it refers to, is ${parent.column.type}.`,
    reason: isWider
      ? "Every row and every entry of the index carries bytes that the key can never use."
      : bothIntegers
        ? "Once the key passes the narrower type's end, rows of the child can no longer be written."
        : "The two are compared through a cast, which an index on the plain column does not serve.",
    remedy: `Give \`${child.column.name}\` the type ${parent.column.type}.`,
    doubt: isDeclaredAlone
      ? "the model alone relates the two; the database has no constraint"
      : "a key that stays far below the narrower type's end does no harm yet",
    severity: isWider ? "info" : "warning",
    label: child.column.type,
    morePlaces: [tableSpot(parent.table, parent.column.type)],
    fixes: bothIntegers ? retypeFixes(input, { ...child, type: parent.column.type, isForeignKey: true }) : [],
  });
}
