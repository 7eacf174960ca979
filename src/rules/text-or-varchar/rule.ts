import type { Rule } from "../../model/index.ts";
import { catalogGaps } from "../database/evidence.ts";
import { ownColumns } from "../database/columns.ts";

/** Answers the advice to change one into the other by not giving it: it looks, and finds nothing to gain. Its page says why. */
export const rule: Rule = {
  meta: {
    id: "text-or-varchar",
    chapter: "1.3",
    summary: "Neither text nor varchar(n) is smaller or faster in PostgreSQL: never reported",
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database }) => {
    const count = (type: string): number => ownColumns(database).filter(({ column }) => column.typeName === type).length;
    return {
      drafts: [],
      unjudged: catalogGaps(database, "columns"),
      examined: `${count("text")} text and ${count("varchar")} varchar columns, none of which gains by becoming the other`,
    };
  },
};
