import { addIndex, replaceIndex, type IndexKeySpec, type IndexSpec } from "../../fixes/migrations/index.ts";
import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { Database, DatabaseInput, Index, QueryShape, Rule, Statement, Table } from "../../model/index.ts";
import { columnsIn, expressionsOf } from "../../sql/compare-shapes.ts";
import { judgeStatements, statementsAsk, type IndexCandidate } from "../database/index-candidate.ts";
import { isBounded } from "../database/bounded-columns.ts";
import { distinctValues, ownIndexes, rowsOf } from "../database/index-figures.ts";
import { isDroppable } from "../database/index-structure.ts";
import { shortName } from "../database/names.ts";
import { NOT_COMPARED, proposalOf } from "../database/proposal.ts";
import { equalColumns, updatedColumns, usesOf, type TableUse } from "../database/statement-use.ts";

/** This project's notes on PostgreSQL: a hundred rows a call, 64 bytes of further columns, four pages in five all visible. */
const LEAST_ROWS_A_CALL = 100;
const MOST_BYTES = 64;
const LEAST_VISIBLE = 0.8;
/** Ours: more columns than these are no longer a few. */
const MOST_COLUMNS = 3;
/** Ours: a column that one update in twenty changes breaks too many HOT updates. */
const MOST_UPDATED = 0.05;

export const rule: Rule = {
  meta: {
    id: "covering-index",
    chapter: "1.2",
    summary: "Statements fetch many rows from the table for a column that their index could carry",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) => judgeStatements(input, "covering-index", (table) => candidatesOf(table, input)),
};

interface Cover {
  readonly index: Index;
  readonly extra: readonly string[];
  readonly statement: Statement;
  readonly rowsACall: number;
}

/** One candidate an index: the columns of all statements that it serves. */
function candidatesOf(table: Table, input: DatabaseInput): readonly IndexCandidate[] {
  if (!isVisible(table, input)) return [];
  const covers = usesOf(table, input.database).flatMap((use) => coverOf(use, table, input));
  const byIndex = new Map<Index, Cover[]>();
  for (const cover of covers) byIndex.set(cover.index, [...(byIndex.get(cover.index) ?? []), cover]);
  return [...byIndex].flatMap(([index, found]) => {
    const fitting = thatFit(table, found, input);
    return fitting.length === 0 ? [] : [toCandidate(table, index, extraOf(fitting), fitting, input)];
  });
}

const extraOf = (covers: readonly Cover[]): readonly string[] => [...new Set(covers.flatMap(({ extra }) => extra))];

/** The statements that take most time, as long as what they ask for together stays small. */
function thatFit(table: Table, covers: readonly Cover[], input: DatabaseInput): readonly Cover[] {
  const sorted = covers.toSorted((a, b) => b.statement.totalMs - a.statement.totalMs);
  return sorted.reduce<readonly Cover[]>((kept, one) => (isSmall(table, extraOf([...kept, one]), input) ? [...kept, one] : kept), []);
}

/** A page that is not all visible is read from the table all the same. */
function isVisible({ relallvisible, relpages }: Table, { thresholds }: DatabaseInput): boolean {
  return relpages > 0 && relallvisible / relpages >= (thresholds["covering-index.visible"] ?? LEAST_VISIBLE);
}

function coverOf(use: TableUse, table: Table, { database, thresholds }: DatabaseInput): readonly Cover[] {
  const { shape, statement } = use;
  // Of a join, or of a statement within another, it is not known how many rows came from this table.
  if (shape.kind !== "select" || shape.lock !== null || shape.joins.length > 0 || shape !== statement.shape) return [];
  const used = columnsUsed(use);
  const equal = equalColumns(use);
  if (used === null || equal.length === 0) return [];
  const index = servingIndex(table, equal, database);
  if (index === null || isCovered(table, equal, used, database)) return [];
  const held = new Set([...index.keys.flatMap(({ column }) => column ?? []), ...index.include]);
  const extra = used.filter((column) => !held.has(column));
  const rowsACall = rowsOfCall(use, equal, table, database);
  const isMany = rowsACall >= (thresholds["covering-index"] ?? LEAST_ROWS_A_CALL);
  return extra.length === 0 || !isMany ? [] : [{ index, extra, statement, rowsACall }];
}

/** Every column of the table that the statement mentions; null where it takes all of them, or one that may be its. */
function columnsUsed({ shape, position }: TableUse): readonly string[] | null {
  const expressions = expressionsOf(shape);
  if (expressions.some((one) => one.kind === "star" && (one.table === null || one.table === position))) return null;
  const columns = expressions.flatMap((one) => columnsIn(one));
  if (columns.some(({ table }) => table < -1)) return null;
  const outer = shape.subqueries.some((one) => mentionsOuter(one.shape));
  return outer ? null : [...new Set(columns.flatMap(({ table, name }) => (table === position ? [name] : [])))];
}

/** A subquery that compares with columns outside, of which it is not said whose they are. */
function mentionsOuter(shape: QueryShape): boolean {
  return expressionsOf(shape).some((one) => columnsIn(one).some(({ table }) => table === -1)) || shape.subqueries.some((one) => mentionsOuter(one.shape));
}

/** An index, a unique one perhaps, that finds the rows and holds all that is asked. */
function isCovered(table: Table, equal: readonly string[], used: readonly string[], database: Database): boolean {
  return ownIndexes(table, database).some(({ valid, method, predicate, keys, include }) => {
    const held = new Set([...keys.flatMap(({ column }) => column ?? []), ...include]);
    return valid && method === "btree" && predicate === null && equal.includes(keys[0]?.column ?? "") && used.every((column) => held.has(column));
  });
}

/** A plain B-tree whose first key is compared; of several the one with most keys compared. */
function servingIndex(table: Table, equal: readonly string[], database: Database): Index | null {
  const matched = (index: Index): number => index.keys.findIndex(({ column }) => column === null || !equal.includes(column));
  const indexes = ownIndexes(table, database).filter(
    ({ valid, method, predicate, unique, keys: [key] }) =>
      valid && method === "btree" && predicate === null && !unique && key !== undefined && key.column !== null && equal.includes(key.column),
  );
  const depth = (index: Index): number => (matched(index) === -1 ? index.keys.length : matched(index));
  return indexes.toSorted((a, b) => depth(b) - depth(a) || a.keys.length - b.keys.length)[0] ?? null;
}

/** Rows that a call returned; of a total, as many as statistics say that the condition finds. */
function rowsOfCall({ shape, statement }: TableUse, equal: readonly string[], table: Table, database: Database): number {
  const returned = statement.rows === null || shape.limit !== null ? 0 : statement.rows / Math.max(1, statement.calls);
  const isTotal = shape.projection.some((one) => one.kind === "call") || shape.groupBy.length > 0;
  return isTotal ? Math.max(returned, estimatedRows(equal, table, database)) : returned;
}

function estimatedRows(equal: readonly string[], table: Table, database: Database): number {
  const rows = rowsOf(table, database) ?? 0;
  return equal.reduce((left, column) => {
    const statistics = database.column(table, column)?.statistics ?? null;
    const values = statistics === null ? null : distinctValues(statistics, rows);
    return values === null ? 0 : left / Math.max(1, values);
  }, rows);
}

/** Few, narrow whatever is written, and hardly ever updated: an update of an included column is not HOT. */
function isSmall(table: Table, extra: readonly string[], { database, thresholds }: DatabaseInput): boolean {
  const columns = extra.map((name) => database.column(table, name));
  if (columns.some((column) => column === null || !isBounded(column))) return false;
  const statistics = columns.map((column) => column?.statistics ?? null);
  if (extra.length > MOST_COLUMNS || statistics.includes(null)) return false;
  const bytes = statistics.reduce((sum, one) => sum + (one?.averageWidth ?? 0), 0);
  const updated = updatedColumns(table, database);
  const updates = Math.max(1, database.tableCounters(table)?.updated ?? 0);
  const isUpdated = extra.some((column) => (updated.get(column) ?? 0) / updates > (thresholds["covering-index.updated"] ?? MOST_UPDATED));
  return bytes <= (thresholds["covering-index.bytes"] ?? MOST_BYTES) && !isUpdated;
}

function toCandidate(table: Table, index: Index, extra: readonly string[], covers: readonly Cover[], input: DatabaseInput): IndexCandidate {
  const statements = [...new Set(covers.map(({ statement }) => statement))].toSorted((a, b) => b.totalMs - a.totalMs);
  const rows = Math.round(Math.max(...covers.map(({ rowsACall }) => rowsACall)));
  const spec = widerSpec(index, extra);
  const columns = extra.map((one) => `\`${one}\``).join(", ");
  return {
    table,
    key: [index.name, ...extra],
    statements,
    claim: `${statementsAsk(statements, "finds", "find")} up to ${formatNumber(rows)} rows a call by \`${shortName(index)}\` and ${statements.length === 1 ? "fetches" : "fetch"} each from \`${shortName(table)}\` for ${columns}.`,
    reason: `An index that carries ${columns} answers them without the table: ${formatPercent(table.relallvisible / table.relpages)} of its pages are all visible. Rows of one answer lie on many pages, an index's entries side by side.`,
    remedy: `Replace \`${shortName(index)}\` by an index that includes ${columns}.`,
    doubt: `the index grows, and a change of ${columns} is no HOT update then; pages that were written since VACUUM are read all the same; ${NOT_COMPARED}`,
    indexes: [[index, "serves the condition"]],
    figures: { rowsACall: rows, visible: Number((table.relallvisible / table.relpages).toPrecision(3)) },
    ...(spec === null ? { fixes: [] } : changeOf(table, index, spec, statements, input)),
  };
}

/** Null where the index holds what a field cannot declare. */
function widerSpec(index: Index, extra: readonly string[]): IndexSpec | null {
  if (index.keys.some(({ column, isDefaultClass }) => column === null || !isDefaultClass)) return null;
  const keys = index.keys.map(({ column, descending }): IndexKeySpec => ({ kind: "column", column: column ?? "", ...(descending ? { descending } : {}) }));
  return { keys, include: [...index.include, ...extra] };
}

/** First the new one; then the old one, where only queries need it. */
function changeOf(
  table: Table,
  index: Index,
  spec: IndexSpec,
  statements: readonly Statement[],
  input: DatabaseInput,
): Pick<IndexCandidate, "fixes" | "proposes"> {
  const goes = isDroppable(index);
  return {
    fixes: [goes ? replaceIndex(input, table, index, spec) : addIndex(input, table, spec)],
    proposes: proposalOf({ table, spec, statements, ...(goes ? { instead: index } : {}) }, input.database),
  };
}
