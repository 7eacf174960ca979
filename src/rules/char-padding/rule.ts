import type { Database, DatabaseDraft, Rule } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { catalogGaps } from "../database/evidence.ts";
import { columnName, ownColumns, type ColumnOf } from "../database/columns.ts";
import { retypeFixes } from "../database/retype-fix.ts";
import { seenValues } from "../database/values.ts";

export const rule: Rule = {
  meta: {
    id: "char-padding",
    chapter: "1.3",
    summary: "A char(n) column is padded with blanks",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const padded = ownColumns(input.database).filter(({ column }) => column.typeName === "bpchar");
    return {
      drafts: padded.flatMap((of) => draftOf(input, of)),
      unjudged: catalogGaps(input.database, "columns"),
      examined: `${padded.length} columns of char(n)`,
    };
  },
};

/** Codes of countries, currencies and states fill their column; without values they are taken to: ours. */
const CODE_LENGTH = 3;

function draftOf(input: ChangeInput, of: ColumnOf): DatabaseDraft[] {
  const length = Number(/\((\d+)\)/.exec(of.column.type)?.[1] ?? 1);
  const blanks = blanksOf(input.database, of, length);
  if (blanks === null ? length <= CODE_LENGTH : blanks === 0) return [];
  return [toDraft(input, of, length, blanks)];
}

/** Mean number of blanks that fill up a value; null where no value was seen. */
function blanksOf(database: Database, { column }: ColumnOf, length: number): number | null {
  const values = seenValues(database, column)?.values ?? [];
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + Math.max(0, length - Array.from(value.trimEnd()).length), 0) / values.length;
}

function toDraft(input: ChangeInput, of: ColumnOf, length: number, blanks: number | null): DatabaseDraft {
  const seen = blanks === null ? "" : `; ${blanks < 1 ? "less than 1" : Math.round(blanks)} of them are blanks on average`;
  return columnDraft(input.database, of, {
    claim: `\`${columnName(of)}\` is \`char(${length})\`: each value is filled up to ${length} characters${seen}.`,
    reason:
      "The blanks are stored and indexed, and they count in LIKE and in other languages but not in `=`. No operation on char(n) is faster than on varchar(n).",
    remedy: `Make it \`varchar(${length})\`; the blanks go away in the change.`,
    doubt: blanks === null ? "no value was seen, so how much is padding is not known" : "a program that reads fixed widths can rely on the blanks",
    label: of.column.type,
    figures: blanks === null ? {} : { blanks: Number(blanks.toPrecision(3)) },
    fixes: retypeFixes(input, { ...of, type: `varchar(${length})`, using: "rtrim(%)" }),
  });
}
