import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Judgement, Rule, Statement, Table } from "../../model/index.ts";
import { offsets } from "../../sql/shape-facts.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { statementEvidence, statementName, statementSpot } from "../database/statement-places.ts";
import { noStatements } from "../database/statement-shapes.ts";
import { statementPlaces, tablesRead } from "../database/statement-rule.ts";
import { LARGE_ROWS, rowsOf, tableOfModel } from "../database/table-size.ts";
import { nameOf } from "../runs.ts";
import { computedSlices, type PageSite } from "../pages.ts";

export const rule: Rule = {
  meta: {
    id: "offset-pagination",
    chapter: "2.2",
    summary: "Pages of a large table are turned by skipping rows",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgeOffsets(input),
};

function judgeOffsets(input: DatabaseInput): Judgement {
  const { database, source } = input;
  const missing = source === null ? noStatements(database) : null;
  const sites = source === null ? [] : computedSlices(source);
  const written = sites.flatMap((site) => siteDraft(site, input));
  const places = new Set(written.flatMap(({ places: all }) => all.flatMap((place) => ("span" in place ? [`${place.span.file}:${place.span.start}`] : []))));
  const sent = database.workload.statements.filter(({ written: { sites: own } }) => !own.some(({ span }) => places.has(`${span.file}:${span.start}`)));
  return {
    drafts: [...written, ...sent.flatMap((statement) => statementDraft(statement, input))],
    unjudged: missing === null ? [] : [missing],
    examined:
      missing !== null ? "" : source === null ? `${database.workload.statements.length} statements` : `${sites.length} slices that begin at a computed row`,
  };
}

const isLarge = (table: Table, { database, thresholds }: DatabaseInput): boolean =>
  (rowsOf(table, database) ?? 0) >= (thresholds["offset-pagination"] ?? LARGE_ROWS);

function siteDraft({ model, symbol, span }: PageSite, input: DatabaseInput): DatabaseDraft[] {
  const { database } = input;
  const table = tableOfModel(model, input);
  if (table === null || !isLarge(table, input)) return [];
  const rows = rowsOf(table, database) ?? 0;
  const statement = database
    .statementsOn(table)
    .find(
      ({ written, shape }) =>
        shape !== null &&
        offsets(shape).length > 0 &&
        written.sites.some((site) => site.span.file === span.file && site.span.start <= span.end && span.start <= site.span.end),
    );
  return [
    {
      key: [symbol, model],
      claim: `\`${symbol.split(".").at(-1) ?? ""}\` turns pages of \`${nameOf(model)}\`, ${formatNumber(rows)} rows, by skipping those before.`,
      ...WORDS,
      model,
      places: [
        tableSpot(table, `${formatNumber(rows)} rows`),
        ...(statement === undefined ? [] : [statementSpot(statement)]),
        { role: "queryset", span, label: "begins at a computed row" },
      ],
      evidence: [catalogEvidence(database, { rows }), ...(statement === undefined ? [] : [statementEvidence(database, statement)])],
      fixes: [],
    },
  ];
}

function statementDraft(statement: Statement, input: DatabaseInput): DatabaseDraft[] {
  const { database } = input;
  const table = tableOf(statement, database);
  if (table === null || statement.shape === null || offsets(statement.shape).length === 0 || !isLarge(table, input)) return [];
  const rows = rowsOf(table, database) ?? 0;
  const model = modelLabel(database, table);
  return [
    {
      key: [statement.id],
      claim: `${statementName(statement)} turns pages of \`${shortName(table)}\`, ${formatNumber(rows)} rows, by skipping those before.`,
      ...WORDS,
      ...(model === undefined ? {} : { model }),
      places: statementPlaces(statement, tablesRead(statement, database)),
      evidence: [statementEvidence(database, statement, { tableRows: rows })],
      fixes: [],
    },
  ];
}

const tableOf = ({ shape }: Statement, database: Database): Table | null =>
  shape?.base == null ? null : database.tableNamed(shape.base.schema === null ? shape.base.name : `${shape.base.schema}.${shape.base.name}`);

const WORDS: Pick<DatabaseDraft, "reason" | "remedy" | "doubt"> = {
  reason: "OFFSET reads the rows that it skips, so that each page takes longer than the one before.",
  remedy: 'Go on from the last key: `filter(pk__gt=last).order_by("pk")[:n]`; in Django REST framework use `CursorPagination`.',
  doubt: "as long as nobody goes beyond the first pages it costs nothing",
};
