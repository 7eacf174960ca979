import type { Database, DatabaseDraft, Rule, Unjudged } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { catalogGaps } from "../database/evidence.ts";
import { columnName, isKeyColumn, ownColumns, type ColumnOf } from "../database/columns.ts";
import { retypeFixes } from "../database/retype-fix.ts";
import { patternSample } from "../database/values.ts";

export const rule: Rule = {
  meta: {
    id: "numeric-as-integer",
    chapter: "1.3",
    summary: "A numeric column holds whole numbers that an integer holds",
    severity: "info",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const numerics = ownColumns(input.database).filter(({ column }) => column.typeName === "numeric");
    const unjudged = [...catalogGaps(input.database, "columns"), ...numerics.filter((of) => isUnsampled(input.database, of)).map(notSampled)];
    return { drafts: numerics.flatMap((of) => draftOf(input, of)), unjudged, examined: `${numerics.length} numeric columns` };
  },
};

/** Digits that bigint and integer hold whatever they are. */
const BIGINT_DIGITS = 18;
const INTEGER_DIGITS = 9;

function draftOf(input: ChangeInput, of: ColumnOf): DatabaseDraft[] {
  const { database } = input;
  const { table, column } = of;
  // The other side of a foreign key would have to change with it.
  if (isKeyColumn(database, of)) return [];
  const [, precision, scale] = /\((\d+),(-?\d+)\)/.exec(column.type) ?? [];
  if (precision !== undefined) return Number(scale) === 0 && Number(precision) <= BIGINT_DIGITS ? [declared(input, of, Number(precision))] : [];
  const sample = patternSample(database, table, column, "integer");
  return sample !== null && sample.rows >= LEAST_SAMPLE && sample.matching === sample.rows ? [measured(database, of, sample.rows)] : [];
}

/** Without a declared scale, values alone tell whether there are fractions, and the statistics hold too few of them. */
function isUnsampled(database: Database, of: ColumnOf): boolean {
  return !of.column.type.includes("(") && !isKeyColumn(database, of) && patternSample(database, of.table, of.column, "integer") === null;
}

function notSampled({ table, column }: ColumnOf): Unjudged {
  return { object: `table ${table.schema}.${table.name}`, why: `needs a sample of \`${column.name}\`: luthier snapshot --sample` };
}

/** Fewer rows prove nothing of a column without a declared scale: ours. */
const LEAST_SAMPLE = 1000;

const REASON = "numeric is of variable length and reckons in software: sums and comparisons take several times as long as those of an integer.";

function declared(input: ChangeInput, of: ColumnOf, precision: number): DatabaseDraft {
  const type = precision <= INTEGER_DIGITS ? "integer" : "bigint";
  return columnDraft(input.database, of, {
    claim: `\`${columnName(of)}\` is \`${of.column.type}\`: it holds whole numbers of up to ${precision} digits.`,
    reason: REASON,
    remedy: `Make it \`${type}\`.`,
    doubt: "a program that reads the column expects a decimal; Django gives an int afterwards",
    label: of.column.type,
    fixes: retypeFixes(input, { ...of, type, field: { kind: "integer", to: type === "integer" ? "IntegerField" : "BigIntegerField" } }),
  });
}

function measured(database: Database, of: ColumnOf, rows: number): DatabaseDraft {
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` is \`numeric\`; all ${rows.toLocaleString("en")} values sampled are whole numbers.`,
    reason: REASON,
    remedy: "Make it `bigint`, unless fractions are to come.",
    doubt: "rows that were not sampled can hold fractions, which the change would round",
    confidence: "likely",
    label: of.column.type,
    figures: { sampled: rows },
  });
}
