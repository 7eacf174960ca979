import type { Database, DatabaseDraft, Rule } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { catalogGaps } from "../database/evidence.ts";
import { columnName, ownColumns, wordsOf, type ColumnOf } from "../database/columns.ts";
import { retypeFixes } from "../database/retype-fix.ts";

export const rule: Rule = {
  meta: {
    id: "timestamp-without-time-zone",
    chapter: "1.3",
    summary: "A column holds times without saying in which zone",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const times = ownColumns(input.database).filter(({ column }) => TIMES.has(column.typeName));
    return {
      drafts: times.filter((of) => isGuilty(of)).map((of) => toDraft(input, of)),
      unjudged: catalogGaps(input.database, "columns"),
      examined: `${times.length} columns of times`,
    };
  },
};

const TIMES: ReadonlySet<string> = new Set(["timestamp", "timestamptz", "timetz"]);

function isGuilty({ table, column }: ColumnOf): boolean {
  if (column.typeName === "timestamptz") return false;
  if (column.typeName === "timetz") return true;
  // What the clock on the wall says, with its zone in a column beside it, is meant so.
  return !wordsOf(column.name).includes("local") && !table.columns.some((one) => isZone(one.name));
}

const isZone = (name: string): boolean => /(?:^|_)(?:time_?zone|tz|zone_?info)$/i.test(name);

function toDraft(input: ChangeInput, of: ColumnOf): DatabaseDraft {
  const { database } = input;
  const { column } = of;
  if (column.typeName === "timetz") return zonedTime(database, of);
  const zone = database.setting("TimeZone");
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` is \`timestamp\`: it holds what some clock showed, not a moment.`,
    reason:
      "Comparing it with now(), or with a column of Django, which are timestamptz, converts it by the session's TimeZone: another session, another answer.",
    remedy: "Make it `timestamptz`, and say once in which zone the values were written.",
    doubt:
      zone === null
        ? "in which zone the values were written is not known: the server's TimeZone was not seen"
        : `the conversion takes the values as ${zone}, which is this server's TimeZone; who writes them knows better`,
    label: column.type,
    fixes:
      zone === null
        ? []
        : retypeFixes(input, {
            ...of,
            type: column.type.replace("without", "with"),
            using: `% AT TIME ZONE '${zone.replaceAll("'", "''")}'`,
            usingBack: `% AT TIME ZONE '${zone.replaceAll("'", "''")}'`,
          }),
  });
}

function zonedTime(database: Database, of: ColumnOf): DatabaseDraft {
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` is \`timetz\`: a time of day with an offset and no date.`,
    reason: "Without a date no zone has an offset, so summer time cannot be told; PostgreSQL's manual advises against the type.",
    remedy: "Hold a `timestamptz`, or a `time` with the zone's name beside it.",
    doubt: "a standard that the column follows can ask for exactly this",
    label: of.column.type,
  });
}
