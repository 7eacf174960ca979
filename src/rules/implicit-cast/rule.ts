import { formatNumber } from "../../model/numbers.ts";
import type { Column, Database, DatabaseInput, Rule, Statement, Table } from "../../model/index.ts";
import { castsOnColumns, comparedWithCasts, type WrappedColumn } from "../../sql/shape-facts.ts";
import { shortName } from "../database/names.ts";
import { judgePlans, together, type PlanFlaw } from "../database/plan-rule.ts";
import type { PlanStep } from "../database/plan-steps.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";
import { isNarrowedBefore, tableAt } from "../database/statement-tables.ts";
import { LARGE_ROWS, rowsOf } from "../database/table-size.ts";

export const rule: Rule = {
  meta: {
    id: "implicit-cast",
    chapter: "2.2",
    summary: "A column is converted for every row because a value has another type",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    together(
      judgePlans(input, { needsRun: false, flaws: (steps) => steps.flatMap((step) => inPlan(step, input)) }),
      judgeStatements(input, { leastShare: input.thresholds["implicit-cast.share"] ?? WORTH_SHARE, flaws: (statement) => inStatement(statement, input) }),
    ),
};

/** PostgreSQL writes what it does to the column: `((code)::text = …)`, `((id)::numeric = 5.0)`. */
function inPlan(step: PlanStep, input: DatabaseInput): PlanFlaw[] {
  const { node } = step;
  const table = node.relation === null ? null : input.database.tableNamed(node.relation);
  if (table === null || node.conditions.filter === null) return [];
  const condition = node.conditions.filter.replaceAll(/'(?:[^']|'')*'/g, "''");
  for (const [, name = "", type = ""] of condition.matchAll(/\((?:\w+\.)?"?(\w+)"?\)::([a-z][a-z ]*[a-z])/g)) {
    const column = table.columns.find((one) => one.name === name);
    if (column === undefined || !isConversion(column, type) || !isIndexed(table, column, input)) continue;
    const rows = rowsOf(table, input.database) ?? 0;
    if (rows < (input.thresholds["implicit-cast"] ?? LARGE_ROWS)) continue;
    return [
      {
        step,
        claim: `\`${shortName(table)}.${name}\` (${column.type}) is converted to ${type} for each of ${formatNumber(rows)} rows, though it has an index.`,
        ...wordsFor(column, type),
        weight: rows,
        figures: { tableRows: rows },
      },
    ];
  }
  return [];
}

function inStatement(statement: Statement, input: DatabaseInput): StatementFlaw[] {
  const { database, thresholds } = input;
  if (statement.shape === null) return [];
  return [...castsOnColumns(statement.shape), ...comparedWithCasts(statement.shape).filter((one) => isWidened(one, database))]
    .flatMap(({ shape, predicate, column: at, wrappers }): StatementFlaw[] => {
      const table = tableAt(shape, at.table, database);
      const column = table === null ? null : database.column(table, at.name);
      const type = (wrappers.at(-1) ?? "").replace("cast:", "");
      if (
        table === null ||
        column === null ||
        predicate.clause === "having" ||
        predicate.any !== null ||
        !isConversion(column, type) ||
        !isIndexed(table, column, input)
      )
        return [];
      const rows = rowsOf(table, database) ?? 0;
      const others = { ...shape, predicates: shape.predicates.filter((one) => one !== predicate) };
      if (rows < (thresholds["implicit-cast"] ?? LARGE_ROWS) || isNarrowedBefore(others, at.table, database.indexesOf(table))) return [];
      return [
        {
          key: `${shortName(table)}.${at.name}`,
          table,
          claim: `${statementName(statement)} converts \`${shortName(table)}.${at.name}\` (${column.type}) to ${type} for each of ${formatNumber(rows)} rows.`,
          ...wordsFor(column, type),
          figures: { tableRows: rows },
        },
      ];
    })
    .slice(0, 1);
}

function wordsFor(column: Column, type: string): Pick<PlanFlaw, "reason" | "remedy" | "doubt"> {
  return {
    reason: `The value that it is compared with is ${type}; an index of ${column.type} is in another order, and is not used.`,
    remedy: `Pass a value of the column's type: an int and no Decimal, float or str, an aware datetime for a timestamp; or change the column's type.`,
    doubt: "another condition may leave few rows that are converted",
  };
}

/** Types between which nothing has to be done, or whose order is one. */
const FAMILIES: readonly ReadonlySet<string>[] = [
  new Set(["text", "varchar", "character varying", "bpchar", "character", "name", "citext", "unknown"]),
  new Set(["int2", "int4", "int8", "smallint", "integer", "bigint"]),
  new Set(["numeric", "decimal"]),
];

/** Of two types of numbers PostgreSQL compares in the later one. */
const WIDER: readonly ReadonlySet<string>[] = [
  new Set(["int2", "int4", "int8", "smallint", "integer", "bigint"]),
  new Set(["numeric", "decimal"]),
  new Set(["float4", "float8", "real", "double precision"]),
];

function isWidened({ shape, column: at, wrappers }: WrappedColumn, database: Database): boolean {
  const table = tableAt(shape, at.table, database);
  const column = table === null ? null : database.column(table, at.name);
  const rank = (type: string): number => WIDER.findIndex((types) => types.has(type));
  const own = column === null ? -1 : rank(column.typeName);
  return own >= 0 && rank((wrappers[0] ?? "").replace("cast:", "")) > own;
}

function isConversion({ typeName, typeKind }: Column, type: string): boolean {
  if (typeKind !== "b" || typeName === type || type === "" || typeName.startsWith("_") || /json|regclass/.test(typeName)) return false;
  return !FAMILIES.some((family) => family.has(typeName) && family.has(type)) && ALIASES[typeName] !== type;
}

const ALIASES: Readonly<Record<string, string>> = {
  timestamptz: "timestamp with time zone",
  timestamp: "timestamp without time zone",
  float8: "double precision",
  float4: "real",
  bool: "boolean",
  timetz: "time with time zone",
  time: "time without time zone",
  varbit: "bit varying",
};

/** Without an index nothing is lost by the conversion. */
function isIndexed(table: Table, { name }: Column, { database }: DatabaseInput): boolean {
  return database.indexesOf(table).some(({ keys, valid }) => valid && keys[0]?.column === name);
}
