import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseInput, PlanNode, QueryShape, Rule, Statement, Table } from "../../model/index.ts";
import { judgePlans, statementOf, together, type PlanFlaw } from "../database/plan-rule.ts";
import { isHot, relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { shortName } from "../database/names.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";
import { tableAt } from "../database/statement-tables.ts";

export const rule: Rule = {
  meta: {
    id: "plan-distinct",
    chapter: "2.1",
    summary: "DISTINCT throws away rows that a join has multiplied, or compares rows that cannot be equal",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    together(
      judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => multiplied(step, input)).slice(0, 1) }),
      judgeStatements(input, { leastShare: input.thresholds["plan-distinct.share"] ?? WORTH_SHARE, flaws: (statement) => unneeded(statement, input.database) }),
    ),
};

/** Rows that go into DISTINCT. Ours: below, nobody feels it. */
const LEAST_ROWS = 10_000;
/** Of them, what comes out; this project's notes on plans. */
const LEFT_PART = 0.1;
/** Of the statement's time or pages, what DISTINCT and what is below it take. Ours. */
const LEAST_SHARE = 0.1;

/** Few of many joined rows are left: EXISTS makes none that have to be thrown away. */
function multiplied(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, plan, rows } = step;
  const text = plan.sql ?? statementOf(plan, database)?.sql ?? "";
  const [below] = node.children;
  if (!isDistinct(node) || below === undefined || rows === null || !/\bSELECT\s+DISTINCT\s+(?!ON\b)/i.test(text) || /\bGROUP\s+BY\b/i.test(text)) return [];
  const join = joinIn(below);
  const read = join === null ? 0 : (join.actualRows ?? 0) * (join.loops ?? 1);
  if (join === null || read < (thresholds["plan-distinct"] ?? LEAST_ROWS) || rows > read * LEFT_PART || !isHotBelow(step)) return [];
  const tables = relationsBelow(join);
  return [
    {
      step,
      claim: `DISTINCT throws away ${formatNumber(read - rows)} of the ${formatNumber(read)} rows that a join over ${named(tables)} makes.`,
      reason: "A row comes once for each row that it is joined with; all of them are sorted or hashed, only to be one again.",
      remedy: "Ask with `Exists(…)` or `filter(pk__in=…)` over the relation: no row comes twice, and `distinct()` goes.",
      doubt: "columns of the joined table that are selected have to be fetched in another way",
      weight: read,
      figures: { rowsRead: read, rows },
      mostMs: aboveJoin(step),
      tables,
    },
  ];
}

const isDistinct = ({ type, strategy }: PlanNode): boolean =>
  type === "Unique" || (type === "Aggregate" && (strategy === "Hashed" || strategy === "Sorted" || strategy === "Mixed"));

const JOINS: ReadonlySet<string> = new Set(["Nested Loop", "Hash Join", "Merge Join"]);
/** What may stand between DISTINCT and the join. */
const THROUGH: ReadonlySet<string> = new Set(["Sort", "Incremental Sort", "Gather", "Gather Merge", "Materialize", "Unique", "Aggregate"]);

function joinIn(node: PlanNode): PlanNode | null {
  if (JOINS.has(node.type)) return node.joinType === "Semi" || node.joinType === "Anti" ? null : node;
  const [only, ...others] = node.children;
  return THROUGH.has(node.type) && only !== undefined && others.length === 0 ? joinIn(only) : null;
}

/** The work of DISTINCT is its own and that of the sort below it. */
function isHotBelow(step: PlanStep): boolean {
  const whole = step.plan.executionMs;
  const own = aboveJoin(step);
  return (whole !== null && own !== null && own >= whole * LEAST_SHARE) || isHot(step, LEAST_SHARE);
}

/** Milliseconds of DISTINCT and of the sort below it; null when not run. */
function aboveJoin({ node, totalMs }: PlanStep): number | null {
  const join = joinIn(node.children[0] ?? node);
  return totalMs === null || join?.actualMs == null ? null : totalMs - join.actualMs * (join.loops ?? 1);
}

function named(tables: readonly string[]): string {
  const names = tables.slice(0, 2).map((one) => `\`${one}\``);
  return names.length === 0 ? "subqueries" : names.join(" and ");
}

/** A key of the first table is selected, and each join leads to one row at most: no two rows are equal. */
function unneeded(statement: Statement, database: Database): StatementFlaw[] {
  const { shape } = statement;
  if (shape === null || shape.distinct !== "all" || shape.kind !== "select" || shape.base === null || shape.groupBy.length > 0) return [];
  if (shape.subqueries.some(({ role }) => role !== "in" && role !== "exists" && role !== "scalar")) return [];
  const base = tableAt(shape, shape.base.position, database);
  if (base === null || !selectsKey(shape, base, database) || !shape.joins.every((join) => leadsToOne(shape, join, database))) return [];
  const joins = shape.joins.length;
  if (isOrderedByKey(shape, base, database)) return [defeated(statement, base, joins)];
  return [
    {
      claim: `${statementName(statement)} compares rows for DISTINCT, though a key of \`${shortName(base)}\` makes each of them different.`,
      reason: `${joins === 0 ? "The key is" : `The key is selected, and ${joins === 1 ? "the join leads" : "all joins lead"} to one row at most: it is`} unique in the result already; PostgreSQL sorts or hashes all columns all the same.`,
      remedy: "Take `distinct()` out.",
      doubt: "the statement is one for all its calls; where the queryset is filtered over a relation of many in other calls, those are another statement",
      table: base,
      figures: { joins },
    },
  ];
}

/** Django selects what DISTINCT is ordered by: with a key in the order, other columns are selected that were meant to be told apart. */
function isOrderedByKey(shape: QueryShape, table: Table, database: Database): boolean {
  const ordered = shape.orderBy.flatMap(({ what }) => (what.kind === "column" && what.table === shape.base?.position ? [what.name] : []));
  return (
    isUnique(ordered, table, database, true) &&
    shape.projection.some((one) => one.kind !== "column" || one.table !== shape.base?.position || !ordered.includes(one.name))
  );
}

function defeated(statement: Statement, table: Table, joins: number): StatementFlaw {
  return {
    claim: `DISTINCT of ${statementName(statement)} removes nothing: its order puts a key of \`${shortName(table)}\` into the rows.`,
    reason: "What DISTINCT is ordered by is selected beside what was asked for, and the key makes all rows different: values come as often as there are rows.",
    remedy: "Put `order_by()` before `distinct()` (or order by what is selected), so that `Meta.ordering` does not take part; or take `distinct()` out.",
    doubt: "code behind it may remove what comes twice by itself, with `set()` for one",
    table,
    figures: { joins },
  };
}

function selectsKey({ projection, base }: QueryShape, table: Table, database: Database): boolean {
  const selected = projection.flatMap((one) => (one.kind === "column" && one.table === base?.position ? [one.name] : []));
  return isUnique(selected, table, database, true);
}

function leadsToOne(shape: QueryShape, { kind, table, on }: QueryShape["joins"][number], database: Database): boolean {
  const joined = tableAt(shape, table.position, database);
  if (joined === null || (kind !== "inner" && kind !== "left")) return false;
  const columns = on.flatMap(({ left, right }) => [left, right].flatMap((one) => (one.table === table.position ? [one.name] : [])));
  return isUnique(columns, joined, database, false);
}

/** A unique index of whole columns covers them; with `isNotNull`, of columns without NULLs, which it does not tell apart. */
function isUnique(columns: readonly string[], table: Table, database: Database, isNotNull: boolean): boolean {
  return database.indexesOf(table).some(({ unique, valid, predicate, keys, immediate }) => {
    if (!unique || !valid || !immediate || predicate !== null) return false;
    return keys.every(({ column }) => column !== null && columns.includes(column) && (!isNotNull || database.column(table, column)?.notNull === true));
  });
}
