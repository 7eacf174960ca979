import type { StatisticFigures } from "../../model/index.ts";
import { adjustDrawn, drawRows, type SourceColumn } from "../../postgres/phantom/expression-statistics.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { insertStatistics } from "../../postgres/phantom/statistic-rows.ts";
import { figuresOf, STATISTIC_ROWS } from "../postgres/planner-queries.ts";
import type { Row } from "../postgres/row-values.ts";
import type { Ask } from "./connection.ts";
import type { ColumnRow } from "./measure-index.ts";

/** Gives an index's expressions the statistics that ANALYZE would, as far as those of the columns tell. In sentences, what was done. */
export async function synthesiseStatistics(ask: Ask, index: number): Promise<string[]> {
  const expressions = (await ask<ColumnRow>(q.INDEX_COLUMNS, [index])).filter(({ column }) => column === 0);
  if (expressions.length === 0) return [];
  const columns = (await ask<SourceRow>(q.EXPRESSION_COLUMNS, [index])).map(sourceOf);
  if (columns.length === 0 || columns.some(({ common, histogram }) => common === null && histogram === null)) {
    return expressions.map(({ definition }) => `nothing is known of ${definition}: rows are estimated as for any unknown condition`);
  }
  const drawn = await drawExpressions(ask, expressions, columns);
  for (const [place, { position }] of expressions.entries()) {
    const one = drawn[place];
    if (one !== undefined) await ask(insertStatistics({ relation: index, attribute: position, type: `${one.type}` }, false, one.figures, one.names));
  }
  return expressions.map(({ definition }) => `statistics of ${definition} are drawn from those of ${columns.map(({ name }) => name).join(", ")}`);
}

interface SourceRow {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly base_type: string;
  readonly type_name: string;
  readonly null_fraction: number | null;
  readonly distinct: number | null;
  readonly common: string | null;
  readonly frequencies: readonly number[] | null;
  readonly histogram: string | null;
  readonly correlation: number | null;
}

function sourceOf({ base_type: baseType, type_name: typeName, null_fraction: nullFraction, ...row }: SourceRow): SourceColumn {
  return { ...row, baseType, typeName, nullFraction };
}

interface DrawnExpression {
  readonly figures: StatisticFigures;
  readonly type: number;
  readonly names: { readonly operators: Readonly<Record<number, string>>; readonly collations: Readonly<Record<number, string>> };
}

const TABLE = "luthier_drawn";

async function drawExpressions(ask: Ask, expressions: readonly ColumnRow[], columns: readonly SourceColumn[]): Promise<DrawnExpression[]> {
  const select = expressions.map(({ definition }, index) => `(${definition}) AS e${index}`);
  const [first] = columns;
  // The same draw every time.
  await ask("SELECT pg_catalog.setseed(0.5)");
  await ask(`CREATE TEMPORARY TABLE ${TABLE} ON COMMIT DROP AS SELECT ${[...select, ...columns.map(({ name }, index) => `"${name.replaceAll('"', '""')}"::text AS c${index}`)].join(", ")} FROM (${drawRows(columns)}) drawn`);
  await ask(`ANALYZE pg_temp.${TABLE} (${select.map((_, index) => `e${index}`).join(", ")})`);
  const rows = await ask<Row>(STATISTIC_ROWS, [[(await ask<{ oid: number }>(`SELECT 'pg_temp.${TABLE}'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8 AS oid`))[0]?.oid]]);
  const counts = expressions.map((_, index) => `pg_catalog.count(DISTINCT e${index}::text) AS e${index}`);
  const [count] = await ask<Record<string, number>>(`SELECT ${counts.join(", ")}, pg_catalog.count(DISTINCT ${first === undefined ? "1" : "c0"}) AS c FROM pg_temp.${TABLE}`);
  const types = await ask<{ number: number; type: number }>(`SELECT a.attnum AS number, a.atttypid::pg_catalog.int8 AS type FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'pg_temp.${TABLE}'::pg_catalog.regclass AND a.attnum > 0`);
  await ask(`DROP TABLE pg_temp.${TABLE}`);
  return expressions.flatMap((_, index) => {
    const row = rows.find((one) => one["attribute"] === index + 1);
    const type = types.find(({ number }) => number === index + 1)?.type;
    if (row === undefined || type === undefined) return [];
    const figures = adjustDrawn({ figures: figuresOf(row), expressionDistinct: count?.[`e${index}`] ?? 0, columnDistinct: count?.["c"] ?? 0 }, columns);
    return [{ figures, type, names: ownNames(figures) }];
  });
}

/** Oids of this very server: they are their own names. */
function ownNames({ slots }: StatisticFigures): DrawnExpression["names"] {
  const of = (oids: readonly number[]): Record<number, string> => Object.fromEntries(oids.filter((oid) => oid !== 0).map((oid) => [oid, `${oid}`]));
  return { operators: of(slots.map(({ operator }) => operator)), collations: of(slots.map(({ collation }) => collation)) };
}
