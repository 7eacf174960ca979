import { formatCount, formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { DatabaseDraft, DatabaseInput, Judgement, Rule, Statement, Table } from "../../model/index.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { tableSpot } from "../database/names.ts";
import { statementEvidence, statementSpot } from "../database/statement-places.ts";
import { LARGE_ROWS, rowsOf, tableOfModel } from "../database/table-size.ts";
import { nameOf } from "../runs.ts";
import { paginators, type PageSite } from "../pages.ts";

export const rule: Rule = {
  meta: {
    id: "count-pagination",
    chapter: "2.2",
    summary: "Every page counts all rows of a large table",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgeCounts(input),
};

/** Rows from which on a count takes tens of milliseconds; this project's notes on plans. */
const WARNING_ROWS = 100_000;

function judgeCounts(input: DatabaseInput): Judgement {
  const { source } = input;
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const sites = paginators(source);
  const uncounted = new Set(sites.flatMap(({ model }) => tableOfModel(model, input) ?? []).filter((table) => rowsOf(table, input.database) === null));
  const unjudged = [...uncounted].map(({ schema, name }) => ({
    object: `table ${schema}.${name}`,
    why: "needs its number of rows: it was never analysed, and no counter knows them",
  }));
  return { drafts: sites.flatMap((site) => toDraft(site, input)), unjudged, examined: `${sites.length} paginators` };
}

function toDraft({ model, symbol, span, how }: PageSite, input: DatabaseInput): DatabaseDraft[] {
  const { database, thresholds } = input;
  const table = tableOfModel(model, input);
  const rows = table === null ? null : rowsOf(table, database);
  if (table === null || rows === null || rows < (thresholds["count-pagination"] ?? LARGE_ROWS)) return [];
  const counting = countOf(table, input);
  const isAdmin = how === "admin";
  return [
    {
      key: [symbol, model],
      severity: rows >= (thresholds["count-pagination.warning"] ?? WARNING_ROWS) ? "warning" : "info",
      claim: `Each page of \`${symbol.split(".").at(-1) ?? ""}\` counts \`${nameOf(model)}\`, ${formatNumber(rows)} rows${counting === null ? "" : `: ${formatCount(counting.calls, "call")} of ${formatMilliseconds(counting.meanMs)} ms`}.`,
      reason: `PostgreSQL keeps no number of rows: \`COUNT(*)\` reads them all, or an index of them, to say how many pages there are${isAdmin ? "; with a filter or a search the admin counts twice" : ""}.`,
      remedy: isAdmin
        ? "Set `show_full_result_count = False`, and give the admin a paginator whose count is an estimate (`pg_class.reltuples`)."
        : "Read one row more than a page to know whether there is a next one, count up to a limit, or take an estimate (`pg_class.reltuples`); in Django REST framework use `CursorPagination`.",
      doubt: "filters that leave few rows make the count small",
      model,
      places: [
        tableSpot(table, `${formatNumber(rows)} rows`),
        ...(counting === null ? [] : [statementSpot(counting)]),
        { role: "queryset", span, label: "counts all rows" },
      ],
      evidence: [catalogEvidence(database, { rows }), ...(counting === null ? [] : [statementEvidence(database, counting)])],
      fixes: [],
    },
  ];
}

/** The statement that counts the whole table. */
function countOf(table: Table, { database }: DatabaseInput): Statement | null {
  return (
    database
      .statementsOn(table)
      .find(
        ({ shape }) =>
          shape !== null &&
          shape.base?.name === table.name &&
          shape.joins.length === 0 &&
          shape.predicates.length === 0 &&
          shape.projection.length === 1 &&
          shape.projection[0]?.kind === "call" &&
          shape.projection[0].name === "count",
      ) ?? null
  );
}
