/** Why a statement is not to be cached, whatever its figures. */
import type { Database, QueryShape, RuleInput, ShapeExpression } from "../../model/index.ts";
import { shapesIn } from "../../sql/compare-shapes.ts";
import { rowsOf } from "../database/table-size.ts";
import { tableNames } from "./tables.ts";
import { userColumn } from "./user-rows.ts";

/** Functions whose answer is another one each time. */
const VOLATILE =
  /^(?:now|statement_timestamp|transaction_timestamp|clock_timestamp|timeofday|current_(?:timestamp|date|time|user)|localtime|localtimestamp|random|gen_random_uuid|uuid_generate_v\d\w*|nextval|currval|lastval|pg_(?:try_)?advisory\w*|txid_current\w*|pg_current_xact_id\w*)$/;

/** Django keeps these itself, or reads them where no cache may stand in between. */
const KEPT_BY_DJANGO: Readonly<Record<string, string>> = {
  django_content_type: "Django keeps content types in each process itself",
  django_site: "Django keeps sites in each process itself",
  django_migrations: "it is read when a process starts",
};

/** A lookup by a unique key that takes less than this costs as much as a cache's answer. operations.md of this project: 0.5 ms. */
const CHEAP_LOOKUP_MS = 0.5;
/** Rows of one answer above which pickling them costs more than it saves. Ours: about 256 kB at 50 bytes a row. */
const MOST_ROWS = 5000;
/** Below this a scan is as good as an index. Ours. */
const LARGE_TABLE = 1000;

export interface Asked {
  readonly shape: QueryShape;
  readonly meanMs: number;
  readonly rowsPerCall: number | null;
}

/** Cheapest question first. Null when nothing speaks against it. */
export function refusal(
  { shape, meanMs, rowsPerCall }: Asked,
  source: RuleInput | null,
  database: Database | null,
  thresholds: Readonly<Record<string, number>>,
): string | null {
  if (shapesIn(shape).some(({ lock }) => lock !== null)) return "it locks the rows that it reads";
  const kept = tableNames(shape).flatMap((name) => KEPT_BY_DJANGO[name] ?? [])[0];
  if (kept !== undefined) return kept;
  const volatile = volatileIn(shape);
  if (volatile !== null) return `${volatile}() gives another answer each time`;
  const user = userColumn(shape, source);
  if (user !== null) return `it asks for one user's rows, by ${user}`;
  if (isLookup(shape) && meanMs < (thresholds["cache-candidate.lookup"] ?? CHEAP_LOOKUP_MS))
    return "a lookup by key that costs no more than the cache's own answer";
  if (rowsPerCall !== null && rowsPerCall > (thresholds["cache-candidate.rows"] ?? MOST_ROWS))
    return `an answer has ${Math.round(rowsPerCall)} rows: what is shown of them is to be kept, not the rows`;
  const column = database === null ? null : unindexedColumn(shape, database);
  return column === null ? null : `${column} has no index: with one it takes less time, and then this is to be asked again`;
}

function volatileIn(shape: QueryShape): string | null {
  for (const one of shapesIn(shape)) {
    const expressions = [
      ...one.projection,
      ...one.groupBy,
      ...one.orderBy.map(({ what }) => what),
      ...one.predicates.flatMap(({ left, right }) => (right === null ? [left] : [left, right])),
    ];
    const found = expressions.flatMap(callsIn).find((name) => VOLATILE.test(name));
    if (found !== undefined) return found;
  }
  return null;
}

function callsIn(expression: ShapeExpression): string[] {
  return expression.kind === "call" ? [expression.name.replace(/^pg_catalog\./, "").toLowerCase(), ...expression.arguments.flatMap(callsIn)] : [];
}

/** One row by `=` of one column, as `get()` and foreign keys ask. */
function isLookup({ joins, predicates, groupBy, limit, subqueries }: QueryShape): boolean {
  const [only] = predicates;
  return (
    joins.length === 0 &&
    groupBy.length === 0 &&
    subqueries.length === 0 &&
    predicates.length === 1 &&
    only?.operator === "=" &&
    (limit !== null || (only.left.kind === "column" && only.left.name === "id"))
  );
}

/** What a large table is asked by, when no index begins with any of it. */
function unindexedColumn(shape: QueryShape, database: Database): string | null {
  const table = shape.base === null ? null : database.tableNamed(shape.base.name);
  if (table === null || (rowsOf(table, database) ?? 0) < LARGE_TABLE) return null;
  const columns = shape.predicates.flatMap(({ operator, left, any }) =>
    left.kind === "column" && left.table === 0 && any === null && (operator === "=" || operator === "in") ? [left.name] : [],
  );
  const leading = new Set(database.indexesOf(table).flatMap(({ keys }) => keys.slice(0, 1).flatMap((key) => key.column ?? [])));
  const [first] = columns;
  return first === undefined || columns.some((name) => leading.has(name)) ? null : `${table.name}.${first}`;
}
