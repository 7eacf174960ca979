/** Tables of a statement's shape, and what its conditions leave of them. */
import type { Database, Index, QueryShape, Table } from "../../model/index.ts";
import { ownTables } from "../../sql/compare-shapes.ts";

/** The table that stands at a position of the statement; null for a subquery or an unknown one. */
export function tableAt(shape: QueryShape, position: number, database: Database): Table | null {
  const found = ownTables(shape).find((one) => one.position === position);
  return found === undefined ? null : database.tableNamed(found.schema === null ? found.name : `${found.schema}.${found.name}`);
}

/** Conditions that an index's first key answers by itself: the rest is tested on the rows that it leads to. */
const LEADS: ReadonlySet<string> = new Set(["=", "in", ">", ">=", "<", "<=", "between", "is null"]);

export function isNarrowedBefore({ predicates, joins }: QueryShape, position: number, indexes: readonly Index[]): boolean {
  const first = new Set(indexes.flatMap(({ valid, keys }) => (valid && keys[0]?.column != null ? [keys[0].column] : [])));
  const isLed = predicates.some(
    ({ clause, operator, left, any, negated }) =>
      clause === "where" && any === null && !negated && LEADS.has(operator) && left.kind === "column" && left.table === position && first.has(left.name),
  );
  return (
    isLed ||
    joins.some(
      ({ on, kind, table }) =>
        kind === "inner" &&
        table.position === position &&
        on.some(({ left, right }) => [left, right].some((one) => one.table === position && first.has(one.name)) && isLedElsewhere(predicates, position)),
    )
  );
}

/** The table is joined to one that a condition narrows. */
function isLedElsewhere(predicates: QueryShape["predicates"], position: number): boolean {
  return predicates.some(
    ({ clause, operator, left, any, negated }) =>
      clause === "where" && any === null && !negated && operator === "=" && left.kind === "column" && left.table !== position,
  );
}
