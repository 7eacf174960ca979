import { expressionsOf, shapesIn } from "../../sql/compare-shapes.ts";
import type { DatabaseDraft, Rule, ShapeExpression, Statement } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { catalogGaps } from "../database/evidence.ts";
import { columnName, ownColumns, wordsOf, type ColumnOf } from "../database/columns.ts";
import { retypeFixes } from "../database/retype-fix.ts";

export const rule: Rule = {
  meta: {
    id: "json-not-jsonb",
    chapter: "1.3",
    summary: "A column is json, which is parsed again at each look",
    severity: "info",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const documents = ownColumns(input.database).filter(({ column }) => column.typeName === "json" || column.typeName === "jsonb");
    return {
      drafts: documents.filter(isGuilty).map((of) => toDraft(input, of)),
      unjudged: catalogGaps(input.database, "columns"),
      examined: `${documents.length} columns of JSON`,
    };
  },
};

/** Where the very text counts, as under a signature, json is right. */
const VERBATIM: ReadonlySet<string> = new Set(["raw", "verbatim", "original", "signed", "body"]);

function isGuilty({ column }: ColumnOf): boolean {
  return column.typeName === "json" && !wordsOf(column.name).some((word) => VERBATIM.has(word));
}

function toDraft(input: ChangeInput, of: ColumnOf): DatabaseDraft {
  const { database } = input;
  const asked = database.statementsOn(of.table).filter((one) => looksInto(one, of.column.name));
  const calls = asked.reduce((sum, one) => sum + one.calls, 0);
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` is \`json\`${calls === 0 ? ": kept as text and parsed at each look" : `; ${formatNumber(calls)} calls look into it and parse the text each time`}.`,
    reason: "json has no equality, no containment and no GIN index; DISTINCT, GROUP BY and most of Django's JSON lookups fail on it.",
    remedy: "Make it `jsonb`, which is what JSONField makes.",
    doubt: "jsonb drops white space, the order of keys and doubled keys; who needs the very text keeps json",
    severity: calls === 0 ? "info" : "warning",
    label: of.column.type,
    figures: calls === 0 ? {} : { calls },
    morePlaces: asked.slice(0, 3).map((one) => ({ role: "statement", object: one.id })),
    fixes: retypeFixes(input, { ...of, type: "jsonb", using: "%::jsonb", usingBack: "%::json" }),
  });
}

/** An operator or a function of JSON on the column. */
function looksInto({ shape }: Statement, column: string): boolean {
  return shape !== null && shapesIn(shape).some((one) => expressionsOf(one).some((expression) => isInside(expression, column, false)));
}

function isInside(expression: ShapeExpression, column: string, within: boolean): boolean {
  if (expression.kind === "column") return within && expression.name === column;
  if (expression.kind !== "call") return false;
  const isLook = within || expression.name.startsWith("op:") || expression.name.startsWith("json");
  return expression.arguments.some((one) => isInside(one, column, isLook));
}
