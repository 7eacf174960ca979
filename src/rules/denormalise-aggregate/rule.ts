import type { Database, DatabaseDraft, QueryShape, Rule, RuleInput, ShapeExpression, Span, Spot, Statement, Table } from "../../model/index.ts";
import { formatCount, formatMilliseconds, formatNumber, formatPercent } from "../../model/numbers.ts";
import { isUniqueColumn, modelOfTable } from "../database/column-facts.ts";
import { foreignKeysOf } from "../database/foreign-keys.ts";
import { shortName, tableSpot } from "../database/names.ts";
import { sentFrom, statementEvidence, statementSpot } from "../database/statement-places.ts";
import {
  aggregatesIn,
  dearestFirst,
  noStatements,
  positionsIn,
  shapedStatements,
  sumOf,
  tableOfShape,
  writesOn,
  type ShapedStatement,
} from "../database/statement-shapes.ts";
import { columnsIn, shapesIn } from "../../sql/compare-shapes.ts";
import { calledName } from "../chains.ts";
import { listed } from "../names.ts";

/** Share of the time of all statements, and parents read for each child written; this project's notes (2.a.10). */
const LEAST_SHARE = 0.05;
const LEAST_READS = 20;
/** In all, in milliseconds: as for the statements of the top, what takes less is not worth a column. Ours. */
const LEAST_MS = 1000;
/** What one more UPDATE of the parent costs a write of the child, in milliseconds, where no such update was seen. Ours: an update by key of a cached row. */
const UPKEEP_MS = 0.1;

export const rule: Rule = {
  meta: {
    id: "denormalise-aggregate",
    chapter: "1.1",
    summary: "A count or sum of children is computed far more often than they change",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, source, thresholds }) => {
    const missing = noStatements(database);
    const pairs = missing === null ? pairsOf(database) : [];
    return {
      drafts: pairs.filter((one) => isWorth(one, thresholds, database)).map((one) => toDraft(one, database, source)),
      unjudged: missing === null ? [] : [missing],
      examined: `${pairs.length} relations whose rows are aggregated for each parent`,
    };
  },
};

/** Statements that aggregate the rows of one table for each row of another. */
interface Pair {
  readonly parent: Table;
  readonly child: Table;
  readonly statements: readonly ShapedStatement[];
  /** `count`, `avg` */
  readonly functions: readonly string[];
}

function pairsOf(database: Database): Pair[] {
  const found = new Map<string, { parent: Table; child: Table; statements: ShapedStatement[]; functions: string[] }>();
  for (const one of shapedStatements(database)) {
    if (one.shape.kind !== "select") continue;
    for (const { parent, child, name } of shapesIn(one.shape).flatMap((shape) => [...groupedIn(shape, database), ...correlatedIn(shape, database)])) {
      const key = `${parent.oid} ${child.oid}`;
      const pair = found.get(key) ?? { parent, child, statements: [], functions: [] };
      if (!pair.statements.some(({ statement }) => statement === one.statement)) pair.statements.push(one);
      if (!pair.functions.includes(name)) pair.functions.push(name);
      found.set(key, pair);
    }
  }
  return [...found.values()].map((pair) => ({ ...pair, statements: dearestFirst(pair.statements) }));
}

interface Aggregated {
  readonly parent: Table;
  readonly child: Table;
  readonly name: string;
}

/** `SELECT p.*, count(c.id) FROM p LEFT JOIN c ON c.p_id = p.id GROUP BY p.id` */
function groupedIn(shape: QueryShape, database: Database): Aggregated[] {
  const parent = tableOfShape(shape, 0, database);
  if (parent === null || !shape.groupBy.some((one) => isKeyOf(one, parent, database))) return [];
  return outputsOf(shape).flatMap((call) => {
    const [column] = columnsIn(call);
    const child = column === undefined || column.table <= 0 ? null : tableOfShape(shape, column.table, database);
    const join = shape.joins.find(({ table }) => table.position === column?.table);
    const isDirect = join?.on.some(({ left, right }) => left.table === 0 || right.table === 0) === true;
    return child === null || !isDirect || !refersTo(child, parent, database) ? [] : [{ parent, child, name: call.name }];
  });
}

function outputsOf({ projection }: QueryShape): ReturnType<typeof aggregatesIn> {
  return projection.flatMap(aggregatesIn);
}

function isKeyOf(expression: ShapeExpression, table: Table, database: Database): boolean {
  return expression.kind === "column" && expression.table === 0 && isUniqueColumn(database, table, expression.name);
}

/** `(SELECT count(*) FROM c WHERE c.p_id = p.id)` beside the parent's columns. */
function correlatedIn(shape: QueryShape, database: Database): Aggregated[] {
  const parent = tableOfShape(shape, 0, database);
  if (parent === null) return [];
  return shape.subqueries.flatMap(({ role, shape: inner }) => {
    const child = role === "scalar" ? tableOfShape(inner, 0, database) : null;
    const [call] = outputsOf(inner);
    const isCorrelated = inner.predicates.some(({ left, right }) =>
      [left, right].some((side) => side !== null && columnsIn(side).some(({ table }) => table === -1)),
    );
    return child === null || call === undefined || !isCorrelated || positionsIn(inner, child).length === 0 || !refersTo(child, parent, database)
      ? []
      : [{ parent, child, name: call.name }];
  });
}

function refersTo(child: Table, parent: Table, database: Database): boolean {
  return foreignKeysOf(child, database).some(({ references }) => references?.table === parent.oid);
}

// ------------------------------------------------------------------------------------------------------------- verdict

/** Rows that statements wrote: each would change a stored figure once. A load by COPY is followed by one backfill. */
const writesTo = ({ child }: Pair, database: Database): number => sumOf(writesOn(child, database), ({ rows, calls }) => rows ?? calls);

/** What compiling took ends with one setting, whatever is stored. */
const ownMs = ({ totalMs, jitMs }: Statement): number => totalMs - (jitMs ?? 0);

const readsFor = ({ statements }: Pair): number => sumOf(statements, ({ rows, calls }) => rows ?? calls);

function shareOf({ statements }: Pair, { workload }: Database): number {
  return workload.totalMs === 0 ? 0 : sumOf(statements, ownMs) / workload.totalMs;
}

function isWorth(pair: Pair, thresholds: Readonly<Record<string, number>>, database: Database): boolean {
  if (sumOf(pair.statements, ownMs) < (thresholds["denormalise-aggregate.ms"] ?? LEAST_MS)) return false;
  return shareOf(pair, database) >= (thresholds["denormalise-aggregate"] ?? LEAST_SHARE) && readsFor(pair) >= writesTo(pair, database) * LEAST_READS;
}

/** Of an UPDATE of the parent, as it was measured, else as it is taken to be. */
function upkeepOf({ parent }: Pair, database: Database): { readonly ms: number; readonly isMeasured: boolean } {
  const updates = writesOn(parent, database).filter(({ shape }) => shape.kind === "update");
  const calls = sumOf(updates, (one) => one.calls);
  return calls === 0 ? { ms: UPKEEP_MS, isMeasured: false } : { ms: sumOf(updates, ({ totalMs }) => totalMs) / calls, isMeasured: true };
}

function toDraft(pair: Pair, database: Database, source: RuleInput | null): DatabaseDraft {
  const { parent, child, statements, functions } = pair;
  const [calls, ms] = [sumOf(statements, (one) => one.calls), sumOf(statements, ownMs)];
  const [reads, writes] = [readsFor(pair), writesTo(pair, database)];
  const upkeep = upkeepOf(pair, database);
  const breakEven = Math.floor(ms / Math.max(upkeep.ms, 0.001));
  const what = listed(functions.map((name) => `${name}()`));
  return {
    key: [shortName(parent), shortName(child)],
    claim: `${what} of \`${shortName(child)}\` for each \`${shortName(parent)}\` takes ${formatPercent(shareOf(pair, database))} of all time: ${formatNumber(reads)} rows computed, ${formatNumber(writes)} children written.`,
    reason: `Each of ${formatCount(calls, "call")} reads the children again, ${formatMilliseconds(ms / Math.max(1, calls))} ms on average, though almost none of them changed.`,
    remedy: `Store the figure at \`${shortName(parent)}\`: a field with a backfill in the migration, kept by \`F()\` where children are written or by a trigger. It pays up to ${formatNumber(breakEven)} writes of children in the same time, at ${formatMilliseconds(upkeep.ms)} ms each${upkeep.isMeasured ? ", as updates of the table took" : ", estimated"}.`,
    doubt:
      "writes that statements do not show (COPY, cascades) need upkeep too; many writers to one parent wait for each other; figures that a filter narrows by the day cannot be stored",
    ...modelOfTable(database, parent),
    ...relationOf(pair, database),
    places: [
      tableSpot(parent),
      tableSpot(child, "aggregated"),
      ...statements.slice(0, 3).flatMap(({ statement }) => [statementSpot(statement), ...sentFrom(statement)]),
      ...annotations(pair, database, source),
    ],
    evidence: statements.slice(0, 1).map(({ statement }) => statementEvidence(database, statement, { reads, writes, breakEven })),
    fixes: [],
  };
}

/** The reverse side of the child's foreign key, as lookups name it. */
function relationOf({ parent, child }: Pair, database: Database): { readonly relation?: string } {
  const label = database.modelOf(child)?.label;
  const field = [...(database.modelOf(parent)?.fields.values() ?? [])].find(
    ({ relation }) => relation?.kind === "fk-reverse" && relation.target === label && label !== undefined,
  );
  return field === undefined ? {} : { relation: field.name };
}

const FUNCTIONS: ReadonlySet<string> = new Set(["Count", "Sum", "Avg", "Min", "Max"]);
const MOST_PLACES = 5;

/** `annotate(total=Count("reviews"))` of the parent's querysets. */
function annotations(pair: Pair, database: Database, source: RuleInput | null): Spot[] {
  const model = database.modelOf(pair.parent);
  const { relation } = relationOf(pair, database);
  const name = [...(model?.fields.values() ?? [])].find((field) => field.name === relation)?.queryName;
  if (source === null || model === null || name === undefined) return [];
  const spans = source.facts.origins
    .filter((origin) => source.graph.byLabel(origin.model)?.concrete === model.concrete)
    .flatMap(({ calls }) =>
      calls
        .filter((call) => call.name === "annotate")
        .flatMap((call) =>
          [...call.keywords.map(({ value }) => value), ...call.args].flatMap((value): Span[] => {
            const [path] = value.kind === "call" && FUNCTIONS.has(calledName(value) ?? "") ? value.args : [];
            return path?.kind === "str" && (path.value === name || path.value.startsWith(`${name}__`))
              ? [{ file: call.file, start: value.start, end: value.end }]
              : [];
          }),
        ),
    );
  const once = spans.filter((span, index) => spans.findIndex(({ file, start }) => file === span.file && start === span.start) === index);
  return once.slice(0, MOST_PLACES).map((span) => ({ role: "definition", span, label: "asked for here" }));
}
