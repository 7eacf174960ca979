import { addIndex, type Comparison, type IndexKeySpec } from "../../fixes/migrations/index.ts";
import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { Column, ColumnStatistics, Database, DatabaseInput, Judgement, Rule, Spot, Table } from "../../model/index.ts";
import { hasConditionOn, literalCondition } from "../database/constant-conditions.ts";
import { judgeStatements, statementsAsk, type IndexCandidate } from "../database/index-candidate.ts";
import { distinctValues, ownIndexes, rowsOf } from "../database/index-figures.ts";
import { lookupsOn } from "../database/lookups.ts";
import { shortName } from "../database/names.ts";
import { NOT_COMPARED, proposalOf } from "../database/proposal.ts";
import { callsOf, conditionsOf, equalColumns, orderOf, statementsIn, usesOf, type ColumnCondition } from "../database/statement-use.ts";

/** This project's notes on PostgreSQL: the same condition in four of five calls that have one on the column, and at most a fifth of the rows. */
const LEAST_CALLS = 0.8;
const MOST_ROWS = 0.2;
/** Ours: another condition that leaves fewer rows than this has the better index already. */
const FEW_ROWS = 100;

export const rule: Rule = {
  meta: {
    id: "partial-index",
    chapter: "1.2",
    summary: "Statements ask for the same few rows of a table, and no index holds just these",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) => {
    const judgement = judgeStatements(input, "partial-index", (table) => candidatesOf(table, input));
    return { ...judgement, unjudged: [...judgement.unjudged, ...withoutValues(input)] };
  },
};

/** A condition that statements repeat, and the share of rows that meet it. */
interface Constant {
  readonly column: Column;
  readonly comparisons: readonly Comparison[];
  readonly selectivity: number;
  readonly conditions: readonly ColumnCondition[];
  readonly spots: readonly Spot[];
}

function candidatesOf(table: Table, input: DatabaseInput): readonly IndexCandidate[] {
  const { database } = input;
  const conditions = usesOf(table, database)
    .filter(({ shape }) => shape.kind !== "insert")
    .flatMap((use) => conditionsOf(use));
  return table.columns.flatMap((column) => {
    const own = conditions.filter((one) => one.column === column.name);
    const constant = own.length === 0 || hasConditionOn(table, column, database) ? null : constantOf(table, column, own, input);
    return constant === null || constant.selectivity > (input.thresholds["partial-index"] ?? MOST_ROWS) ? [] : toCandidate(table, constant, input);
  });
}

/** The condition that four of five calls share; written in the statement, or as a literal in every queryset that has one on the column. */
function constantOf(table: Table, column: Column, conditions: readonly ColumnCondition[], input: DatabaseInput): Constant | null {
  const groups = new Map<string, ColumnCondition[]>();
  for (const one of conditions) groups.set(kindOf(one), [...(groups.get(kindOf(one)) ?? []), one]);
  const all = callsOf(statementsIn(conditions));
  const [kind, found] = [...groups].toSorted(([, a], [, b]) => callsOf(statementsIn(b)) - callsOf(statementsIn(a)))[0] ?? ["", []];
  if (callsOf(statementsIn(found)) < all * (input.thresholds["partial-index.calls"] ?? LEAST_CALLS)) return null;
  const written = writtenCondition(kind, column);
  const literal = written === null ? literalCondition(kind, column, lookupsOn(table, column.name, input)) : null;
  const comparisons = written ?? literal?.comparisons ?? null;
  const selectivity = comparisons === null || column.statistics === null ? null : shareOfRows(comparisons, column.statistics);
  return comparisons === null || selectivity === null ? null : { column, comparisons, selectivity, conditions: found, spots: literal?.spots ?? [] };
}

/** `true`, `not true`, `is null`, `=`, `in`, `not in`: what is asked, without the value. */
function kindOf({ wrappers, predicate }: ColumnCondition): string {
  if (wrappers.length > 0) return "function";
  const { operator, negated, right } = predicate;
  const isBoolean = right?.kind === "value" && right.value.kind === "constant" && right.value.type === "boolean";
  if (operator === "=" && isBoolean) return (right.value.text === "true") === negated ? "not true" : "true";
  return negated ? `not ${operator}` : operator;
}

/** Those that need no value. */
function writtenCondition(kind: string, { name, typeName }: Column): readonly Comparison[] | null {
  if ((kind === "true" || kind === "not true") && typeName === "bool") return [{ column: name, operator: "=", value: kind === "true" }];
  return kind === "is null" || kind === "is not null" ? [{ column: name, operator: kind }] : null;
}

/** By the frequencies of ANALYZE; null where it keeps none of these values. */
function shareOfRows(comparisons: readonly Comparison[], statistics: ColumnStatistics): number | null {
  const [first] = comparisons;
  if (first === undefined) return null;
  if (first.operator === "is null") return statistics.nullFraction;
  if (first.operator === "is not null") return 1 - statistics.nullFraction;
  const shares = comparisons
    .flatMap((one) => ("values" in one ? one.values : "value" in one ? [one.value] : []))
    .map((value) => frequencyOf(value, statistics));
  if (shares.includes(null)) return null;
  const sum = shares.reduce<number>((total, one) => total + (one ?? 0), 0);
  return first.operator === "<>" ? Math.max(0, 1 - statistics.nullFraction - sum) : sum;
}

/** A value that is not among the common ones, of a column of which all are listed, is in no row that ANALYZE saw. */
function frequencyOf(value: string | number | boolean, { commonValues, commonFrequencies, distinct }: ColumnStatistics): number | null {
  if (commonValues === null || commonFrequencies === null || commonValues.length === 0) return null;
  const text = value === true ? "t" : value === false ? "f" : String(value);
  const at = commonValues.indexOf(text);
  if (at >= 0) return commonFrequencies[at] ?? null;
  return distinct > 0 && commonValues.length >= distinct ? 0 : null;
}

function toCandidate(table: Table, constant: Constant, input: DatabaseInput): readonly IndexCandidate[] {
  const { database } = input;
  const { column, comparisons, selectivity, spots } = constant;
  const served = constant.conditions.filter(({ use }) => !equalColumns(use).some((other) => other !== column.name && isNarrow(other, table, database)));
  const statements = statementsIn(served);
  const rows = rowsOf(table, database);
  if (statements.length === 0 || rows === null) return [];
  const keys = keysFor(served, column, table, database);
  const spec = { keys, condition: comparisons };
  const words = inWords(comparisons);
  return [
    {
      table,
      key: [column.name, words],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "asks", "ask")} for rows of \`${shortName(table)}\` where \`${words}\`: an estimated ${formatNumber(Math.round(rows * selectivity))} of ${formatNumber(Math.round(rows))}.`,
      reason: `An index with this condition holds ${formatPercent(selectivity)} of the rows, finds them without the others, and is written only when such a row is.`,
      remedy: `Add an index on ${keys.map((key) => `\`${"column" in key ? key.column : ""}\``).join(", ")} with the condition \`${words}\`.`,
      doubt: `${spots.length > 0 ? "the value is that of every queryset found; one that takes another at run time is not served; " : ""}with server-side binding or a generic plan the planner does not see the condition; ${NOT_COMPARED}`,
      spots,
      figures: { selectivity: Number(selectivity.toPrecision(3)) },
      fixes: [addIndex(input, table, spec)],
      proposes: proposalOf({ table, spec, statements }, database),
    },
  ];
}

/** An index that leads to a few rows by another column makes this one needless. */
function isNarrow(column: string, table: Table, database: Database): boolean {
  const rows = rowsOf(table, database) ?? 0;
  const statistics = database.column(table, column)?.statistics ?? null;
  const values = statistics === null ? null : distinctValues(statistics, rows);
  const isIndexed = ownIndexes(table, database).some(({ valid, predicate, keys: [key] }) => valid && predicate === null && key?.column === column);
  return isIndexed && values !== null && rows / values < FEW_ROWS;
}

/** What the slowest statement compares besides, then its order; else the primary key, which every row has. */
function keysFor(conditions: readonly ColumnCondition[], column: Column, table: Table, database: Database): readonly IndexKeySpec[] {
  const [slowest] = conditions.map(({ use }) => use).toSorted((a, b) => b.statement.totalMs - a.statement.totalMs);
  if (slowest === undefined) return [];
  const equal = equalColumns(slowest).filter((one) => one !== column.name && !isUnique(one, table, database));
  const order = orderOf(slowest).filter((one) => one.column !== column.name && !equal.includes(one.column));
  const keys = [
    ...equal.map((one): IndexKeySpec => ({ kind: "column", column: one })),
    ...order.map((one): IndexKeySpec => ({ kind: "column", column: one.column, ...(one.descending ? { descending: true } : {}) })),
  ];
  return keys.length > 0 ? keys.slice(0, MOST_KEYS) : [{ kind: "column", column: column.name }];
}

/** Ours: further keys sort what is few already. */
const MOST_KEYS = 3;

function isUnique(column: string, table: Table, database: Database): boolean {
  return ownIndexes(table, database).some(({ unique, keys }) => unique && keys.length === 1 && keys[0]?.column === column);
}

function inWords(comparisons: readonly Comparison[]): string {
  return comparisons
    .map((one) =>
      "values" in one
        ? `${one.column} in (${one.values.join(", ")})`
        : "value" in one
          ? typeof one.value === "boolean"
            ? `${one.value ? "" : "not "}${one.column}`
            : `${one.column} ${one.operator} ${String(one.value)}`
          : `${one.column} ${one.operator}`,
    )
    .join(" and ");
}

/** Frequencies without their values say nothing of a value. */
function withoutValues({ database, source }: DatabaseInput): Judgement["unjudged"] {
  const isRedacted = database.snapshot.data === "redacted" && source !== null && database.workload.statements.length > 0;
  return isRedacted ? [{ object: "", why: "needs common values of the statistics, for conditions on a value; this snapshot is redacted" }] : [];
}
