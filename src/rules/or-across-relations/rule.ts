import { formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Rule, Statement } from "../../model/index.ts";
import { alternativesAcrossTables } from "../../sql/shape-facts.ts";
import { columnsIn } from "../../sql/compare-shapes.ts";
import { shortName } from "../database/names.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";
import { isNarrowedBefore, tableAt } from "../database/statement-tables.ts";
import { LARGE_ROWS, rowsOf } from "../database/table-size.ts";

export const rule: Rule = {
  meta: {
    id: "or-across-relations",
    chapter: "2.2",
    summary: "Alternatives on columns of several tables, which no index serves",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    judgeStatements(input, { leastShare: input.thresholds["or-across-relations.share"] ?? WORTH_SHARE, flaws: (statement) => flawsOf(statement, input) }),
};

/** The tables are joined whole before a row can be tested. */
function flawsOf(statement: Statement, { database, thresholds }: DatabaseInput): StatementFlaw[] {
  if (statement.shape === null) return [];
  return alternativesAcrossTables(statement.shape)
    .flatMap(({ shape, predicates }): StatementFlaw[] => {
      const positions = [
        ...new Set(predicates.flatMap(({ left, right }) => [...columnsIn(left), ...(right === null ? [] : columnsIn(right))]).map(({ table }) => table)),
      ];
      const tables = positions.flatMap((position) => tableAt(shape, position, database) ?? []);
      const rows = Math.max(0, ...tables.map((table) => rowsOf(table, database) ?? 0));
      const isNarrowed = positions.some((position) => {
        const table = tableAt(shape, position, database);
        return table !== null && isNarrowedBefore(shape, position, database.indexesOf(table));
      });
      const [base] = tables;
      if (base === undefined || tables.length < 2 || rows < (thresholds["or-across-relations"] ?? LARGE_ROWS) || isNarrowed) return [];
      return [
        {
          key: tables.map((table) => shortName(table)).join(","),
          claim: `${statementName(statement)} takes rows by \`${shortName(base)}\` or \`${shortName(tables[1] ?? base)}\`, ${formatNumber(rows)} rows, in ${formatMilliseconds(statement.meanMs)} ms a call.`,
          reason: "A row passes by a column of one table or of another, so that no index can lead to the rows: both tables are joined whole, and then tested.",
          remedy:
            "Ask for each alternative by itself and put them together with `union()`, or filter by keys: `Q(pk__in=first) | Q(pk__in=second)` with a subquery for each.",
          doubt: "where most rows pass, joining the tables whole is right",
          figures: { tableRows: rows },
        },
      ];
    })
    .slice(0, 1);
}
