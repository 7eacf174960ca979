import { formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseInput, Index, QueryShape, Rule, Statement, Table } from "../../model/index.ts";
import { functionsOnColumns, type WrappedColumn } from "../../sql/shape-facts.ts";
import { shortName } from "../database/names.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";
import { isNarrowedBefore, tableAt } from "../database/statement-tables.ts";
import { LARGE_ROWS, rowsOf } from "../database/table-size.ts";

export const rule: Rule = {
  meta: {
    id: "function-on-column",
    chapter: "2.2",
    summary: "A condition on an expression of a column, which no index of the column serves",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    judgeStatements(input, { leastShare: input.thresholds["function-on-column.share"] ?? WORTH_SHARE, flaws: (statement) => flawsOf(statement, input) }),
};

function flawsOf(statement: Statement, { database, thresholds }: DatabaseInput): StatementFlaw[] {
  if (statement.shape === null) return [];
  const found = functionsOnColumns(statement.shape).filter(({ predicate }) => predicate.clause === "where" && !SEARCHES.has(predicate.operator));
  return found.flatMap((one) => flawOf(one, statement, { database, least: thresholds["function-on-column"] ?? LARGE_ROWS })).slice(0, 1);
}

/** Searches inside text are another rule's, and indexes of JSON know these operators. */
const SEARCHES: ReadonlySet<string> = new Set(["like", "not like", "ilike", "not ilike", "@>", "?", "&&", "@@", "<>", "exists", "not exists"]);

function flawOf(
  { shape, predicate, column, wrappers }: WrappedColumn,
  statement: Statement,
  { database, least }: { readonly database: Database; readonly least: number },
): StatementFlaw[] {
  const table = tableAt(shape, column.table, database);
  const rows = table === null ? null : rowsOf(table, database);
  const called = wrappers.find((name) => !name.startsWith("cast:")) ?? "";
  if (table === null || rows === null || rows < least || predicate.any !== null || (called === "coalesce" && isNarrowed(shape, column.table, table, database)))
    return [];
  if (isNarrowed(shape, column.table, table, database) || database.indexesOf(table).some((index) => servesExpression(index, called, column.name))) return [];
  return [
    {
      key: `${shortName(table)}.${column.name}`,
      table,
      claim: `${statementName(statement)} compares \`${wordsOf(called, column.name)}\` of \`${shortName(table)}\`, ${formatNumber(rows)} rows, in ${formatMilliseconds(statement.meanMs)} ms a call.`,
      reason: "An index holds the column as it is; the expression has to be worked out for every row.",
      remedy: remedyFor(called),
      doubt: "another condition may leave few rows for which it is worked out",
      figures: { tableRows: rows },
    },
  ];
}

const isNarrowed = (shape: QueryShape, position: number, table: Table, database: Database): boolean =>
  isNarrowedBefore(shape, position, database.indexesOf(table));

/** An index on the same function of the column. */
function servesExpression({ keys, valid }: Index, called: string, column: string): boolean {
  const name = called.replace(/^op:/, "").toLowerCase();
  return valid && keys.some(({ expression }) => expression !== null && expression.toLowerCase().includes(name) && expression.includes(column));
}

const wordsOf = (called: string, column: string): string => (called.startsWith("op:") ? `${column} ${called.slice(3)} …` : `${called}(${column})`);

function remedyFor(called: string): string {
  if (/^(?:date_trunc|date_part|extract|timezone|date)$/.test(called))
    return "Ask for a range of the column itself: `filter(at__gte=start, at__lt=end)` in place of `__date`, `__month` or `Trunc…`.";
  if (/^(?:upper|lower)$/.test(called))
    return 'Index the expression (`Index(Upper("name"), name=…)`), or use a case-insensitive collation, or store the text in one case.';
  if (called.startsWith("op:->") || called.startsWith("op:#>"))
    return "Keep the value in a column of its own, or index the expression (`Index(KeyTextTransform(…), name=…)`); for `@>` a GIN index.";
  return 'Compare the column itself, or index the expression: `Index(Func("column"), name=…)` in Meta.indexes.';
}
