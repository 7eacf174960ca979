import type { StatisticFigures } from "../../model/index.ts";
import { adjustDrawn, drawRows, type SourceColumn } from "../../postgres/phantom/expression-statistics.ts";
import { chanceOf, groupsOf, isSparse, knownFigures, type Chance, type Groups } from "../../postgres/phantom/known-values.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { quoteName } from "../../postgres/quote.ts";
import { insertStatistics } from "../../postgres/phantom/statistic-rows.ts";
import { figuresOf, STATISTIC_ROWS } from "../postgres/planner-queries.ts";
import type { Row } from "../postgres/row-values.ts";
import type { Ask } from "./connection.ts";
import { readThroughDoor, runThroughDoor } from "./door.ts";
import type { MadeColumn, MadeIndex } from "./measure-index.ts";

/** Expressions by what they are of: the same one is in many indexes that are tried. */
export type ExpressionMemory = Map<string, readonly DrawnExpression[]>;

/** Gives an index's expressions the statistics that ANALYZE would, as far as those of the columns tell. In sentences, what was done. */
export async function synthesiseStatistics(
  ask: Ask,
  { oid: index, table, columns: own }: Pick<MadeIndex, "oid" | "table" | "columns">,
  memory: ExpressionMemory,
): Promise<string[]> {
  const expressions = own.filter(({ column }) => column === 0);
  if (expressions.length === 0) return [];
  const columns = (await ask<SourceRow>(q.EXPRESSION_COLUMNS, [index])).map(sourceOf);
  if (columns.length === 0 || columns.some(({ common, histogram }) => common === null && histogram === null)) {
    return expressions.map(({ definition }) => `nothing is known of ${definition}: rows are estimated as for any unknown condition`);
  }
  const key = JSON.stringify([table, columns.map(({ number }) => number), expressions.map(({ definition }) => definition)]);
  const drawn = memory.get(key) ?? (await ofExpressions(ask, expressions, columns));
  memory.set(key, drawn);
  const statements = expressions.flatMap(({ position }, place) => {
    const one = drawn[place];
    return one === undefined ? [] : [insertStatistics({ relation: index, attribute: position, type: `${one.type}` }, false, one.figures, one.names)];
  });
  if (statements.length > 0) await ask(statements.join(";\n"));
  return expressions.map(({ definition }) => `statistics of ${definition} are drawn from those of ${columns.map(({ name }) => name).join(", ")}`);
}

async function ofExpressions(ask: Ask, expressions: readonly MadeColumn[], columns: readonly SourceColumn[]): Promise<readonly DrawnExpression[]> {
  const [only] = columns;
  return (
    (columns.length === 1 && only !== undefined ? await knownExpressions(ask, expressions, only) : null) ?? (await drawExpressions(ask, expressions, columns))
  );
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
  readonly rows: number;
  readonly sampled: number;
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

const selected = (expressions: readonly MadeColumn[]): string => expressions.map(({ definition }, index) => `(${definition}) AS e${index}`).join(", ");

interface OperatorsRow {
  readonly name: string;
  readonly type: number;
  readonly is_plain: boolean;
  readonly equal: number | null;
  readonly less: number | null;
}

/** From the column's known values; null where the expression has no statistics of the usual kind. */
async function knownExpressions(ask: Ask, expressions: readonly MadeColumn[], column: SourceColumn): Promise<DrawnExpression[] | null> {
  const types = await operatorsOf(ask, expressions, column);
  const results: DrawnExpression[] = [];
  for (const [place, { definition, collation }] of expressions.entries()) {
    const type = types[place];
    if (type === undefined || !type.is_plain || type.equal === null || type.less === null) return null;
    const groups = await readThroughDoor<Groups>(ask, groupsOf(column, definition));
    if (groups === null) return null;
    const chance = isSparse(groups, column) ? await readThroughDoor<Chance>(ask, chanceOf(column, definition)) : null;
    const figures = knownFigures(groups, column, chance, { equal: type.equal, less: type.less, collation, typeName: type.name });
    results.push({ figures, type: type.type, names: ownNames(figures) });
  }
  return results;
}

/** What an index holds of an expression may be of another type. */
async function operatorsOf(ask: Ask, expressions: readonly MadeColumn[], { name, type }: SourceColumn): Promise<OperatorsRow[]> {
  const each = expressions.map(({ definition }) => `pg_catalog.pg_typeof(${definition})::pg_catalog.oid::pg_catalog.int8`).join(", ");
  const types = await readThroughDoor<number[]>(ask, `SELECT pg_catalog.json_build_array(${each}) FROM (SELECT NULL::${type} AS ${quoteName(name)}) none`);
  return await ask<OperatorsRow>(q.TYPE_OPERATORS, [types ?? []]);
}

async function drawExpressions(ask: Ask, expressions: readonly MadeColumn[], columns: readonly SourceColumn[]): Promise<DrawnExpression[]> {
  // The same draw every time.
  await ask("SELECT pg_catalog.setseed(0.5)");
  await runThroughDoor(
    ask,
    `CREATE TEMPORARY TABLE ${TABLE} ON COMMIT DROP AS SELECT ${[selected(expressions), ...columns.map(({ name }, index) => `${quoteName(name)}::text AS c${index}`)].join(", ")} FROM (${drawRows(columns)}) drawn`,
  );
  await ask(`ANALYZE pg_temp.${TABLE} (${expressions.map((_, index) => `e${index}`).join(", ")})`);
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
