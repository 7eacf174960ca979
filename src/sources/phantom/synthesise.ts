import type { StatisticFigures } from "../../model/index.ts";
import { adjustDrawn, drawRows, type SourceColumn } from "../../postgres/phantom/expression-statistics.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { insertStatistics } from "../../postgres/phantom/statistic-rows.ts";
import { figuresOf, STATISTIC_ROWS } from "../postgres/planner-queries.ts";
import type { Row } from "../postgres/row-values.ts";
import type { Ask } from "./connection.ts";
import { runThroughDoor } from "./door.ts";
import type { MadeColumn, MadeIndex } from "./measure-index.ts";

/** Gives an index's expressions the statistics that ANALYZE would, as far as those of the columns tell. In sentences, what was done. */
export async function synthesiseStatistics(ask: Ask, { oid: index, columns: own }: Pick<MadeIndex, "oid" | "columns">): Promise<string[]> {
  const expressions = own.filter(({ column }) => column === 0);
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

async function drawExpressions(ask: Ask, expressions: readonly MadeColumn[], columns: readonly SourceColumn[]): Promise<DrawnExpression[]> {
  const select = expressions.map(({ definition }, index) => `(${definition}) AS e${index}`);
  // The same draw every time.
  await ask("SELECT pg_catalog.setseed(0.5)");
  await runThroughDoor(
    ask,
    `CREATE TEMPORARY TABLE ${TABLE} ON COMMIT DROP AS SELECT ${[...select, ...columns.map(({ name }, index) => `"${name.replaceAll('"', '""')}"::text AS c${index}`)].join(", ")} FROM (${drawRows(columns)}) drawn`,
  );
  await ask(`ANALYZE pg_temp.${TABLE} (${select.map((_, index) => `e${index}`).join(", ")})`);
  const rows = await ask<Row>(STATISTIC_ROWS, [
    [(await ask<{ oid: number }>(`SELECT 'pg_temp.${TABLE}'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8 AS oid`))[0]?.oid],
  ]);
  const types = await ask<{ number: number; type: number; name: string }>(
    `SELECT a.attnum AS number, a.atttypid::pg_catalog.int8 AS type, t.typname AS name FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = 'pg_temp.${TABLE}'::pg_catalog.regclass AND a.attnum > 0`,
  );
  const results: DrawnExpression[] = [];
  for (const index of expressions.keys()) {
    const row = rows.find((one) => one["attribute"] === index + 1);
    const type = types.find(({ number }) => number === index + 1);
    if (row === undefined || type === undefined) return [];
    const [counts] = await ask<Counts>(countsOf(`e${index}`));
    const figures = adjustDrawn(
      {
        figures: figuresOf(row),
        typeName: type.name,
        columnDistinct: counts?.columns ?? 0,
        distinct: counts?.distinct ?? 0,
        single: counts?.single ?? 0,
        hundredths: counts?.hundredths ?? null,
      },
      columns,
    );
    results.push({ figures, type: type.type, names: ownNames(figures) });
  }
  await ask(`DROP TABLE pg_temp.${TABLE}`);
  return results;
}

interface Counts {
  readonly columns: number;
  readonly distinct: number;
  readonly single: number;
  readonly hundredths: string | null;
}

const HUNDREDTHS = Array.from({ length: 101 }, (_, index) => index / 100).join(",");

function countsOf(expression: string): string {
  return `SELECT (SELECT pg_catalog.count(DISTINCT c0) FROM pg_temp.${TABLE}) AS columns, pg_catalog.count(*) AS distinct, pg_catalog.count(*) FILTER (WHERE g.columns = 1) AS single,
    (SELECT pg_catalog.percentile_disc('{${HUNDREDTHS}}'::pg_catalog.float8[]) WITHIN GROUP (ORDER BY t.${expression})::text FROM pg_temp.${TABLE} t) AS hundredths
    FROM (SELECT ${expression}::text, pg_catalog.count(DISTINCT c0) AS columns FROM pg_temp.${TABLE} GROUP BY 1) g`;
}

/** Oids of this very server: they are their own names. */
function ownNames({ slots }: StatisticFigures): DrawnExpression["names"] {
  const of = (oids: readonly number[]): Record<number, string> => Object.fromEntries(oids.filter((oid) => oid !== 0).map((oid) => [oid, `${oid}`]));
  return { operators: of(slots.map(({ operator }) => operator)), collations: of(slots.map(({ collation }) => collation)) };
}
