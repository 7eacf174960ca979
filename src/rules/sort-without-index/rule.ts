import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Index, Judgement, QueryShape, Rule, Severity, Statement, Table } from "../../model/index.ts";
import { catalogEvidence, gapIn } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { statementEvidence, statementName, statementSpot } from "../database/statement-places.ts";
import { noStatements } from "../database/statement-shapes.ts";
import { LARGE_ROWS, rowsOf, TINY_ROWS } from "../database/table-size.ts";
import { statementPlaces } from "../database/statement-rule.ts";
import { sortsIn, type SortSite } from "./source-sorts.ts";

export const rule: Rule = {
  meta: {
    id: "sort-without-index",
    chapter: "2.2",
    summary: "The first rows of an order that no index has",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgeSorts(input),
};

function judgeSorts(input: DatabaseInput): Judgement {
  const { database, source } = input;
  const unseen = gapIn(database, "indexes");
  if (unseen !== null) return { drafts: [], unjudged: [unseen], examined: "" };
  // The source tells what is sorted; without it, only statements do.
  const missing = source === null ? noStatements(database) : null;
  const sites = source === null ? [] : sortsIn(input);
  const written = sites.flatMap((site) => siteDraft(site, input));
  const said = new Set(written.map(({ key }) => key.at(-1)));
  const sent = database.workload.statements.filter(({ id }) => !isPlanned(id, database)).flatMap((statement) => statementDraft(statement, input));
  return {
    drafts: [...written, ...onePerOrder(sent.filter(({ key }) => !said.has(key.at(-1))))],
    unjudged: missing === null ? [] : [missing],
    examined: missing !== null ? "" : source === null ? `${database.workload.statements.length} statements` : `${sites.length} sorts with a limit`,
  };
}

/** The search for indexes has tried one for it, and missing-index says which is worth its upkeep: not to be said twice, nor against it. */
function isPlanned(statement: string, { study }: Database): boolean {
  return study?.statements.some((one) => one.statement === statement) ?? false;
}

/** One index serves all statements with this order: the first, which took most of the time, is said, and the others with it. */
function onePerOrder(drafts: readonly DatabaseDraft[]): DatabaseDraft[] {
  const byOrder = new Map<string, DatabaseDraft[]>();
  for (const draft of drafts) {
    const order = draft.key.at(-1) ?? "";
    byOrder.set(order, [...(byOrder.get(order) ?? []), draft]);
  }
  return [...byOrder.entries()].flatMap(([order, [first, ...others]]) => {
    if (first === undefined) return [];
    return others.length === 0 ? [first] : [{ ...first, key: [order], evidence: [...first.evidence, ...others.flatMap(({ evidence }) => evidence)] }];
  });
}

/** Nothing of a small table, a note from a thousand rows on, a warning of a large one. */
function severityOf(rows: number, { thresholds }: DatabaseInput): Severity | null {
  if (rows < (thresholds["sort-without-index"] ?? TINY_ROWS)) return null;
  return rows >= (thresholds["sort-without-index.large"] ?? LARGE_ROWS) ? "warning" : "info";
}

function siteDraft({ table, columns, equal, span, symbol, model }: SortSite, input: DatabaseInput): DatabaseDraft[] {
  const { database } = input;
  const rows = rowsOf(table, database) ?? 0;
  const severity = severityOf(rows, input);
  if (severity === null || hasOrder(table, columns, equal, database)) return [];
  const statement = database
    .statementsOn(table)
    .find(
      ({ written }) =>
        written.certainty === "unique" &&
        written.sites.some((site) => site.span.file === span.file && site.span.start <= span.end && span.start <= site.span.end),
    );
  if (statement !== undefined && isPlanned(statement.id, database)) return [];
  return [
    {
      key: [symbol, sortKey(table, columns)],
      severity,
      claim: `\`${symbol.split(".").at(-1) ?? ""}\` sorts \`${shortName(table)}\`, ${formatNumber(rows)} rows, by \`${columns.join(", ")}\` to keep the first ones.`,
      ...wordsOf(table, columns, equal),
      model,
      places: [
        tableSpot(table, `${formatNumber(rows)} rows`),
        ...(statement === undefined ? [] : [statementSpot(statement)]),
        { role: "queryset", span, label: "sorts, then takes the first rows" },
      ],
      evidence: [catalogEvidence(database, { rows }), ...(statement === undefined ? [] : [statementEvidence(database, statement)])],
      fixes: [],
    },
  ];
}

function statementDraft(statement: Statement, input: DatabaseInput): DatabaseDraft[] {
  const { database } = input;
  const { shape } = statement;
  const sort = shape === null ? null : sortOf(shape, database);
  if (sort === null) return [];
  const rows = rowsOf(sort.table, database) ?? 0;
  const severity = severityOf(rows, input);
  if (severity === null || hasOrder(sort.table, sort.columns, sort.equal, database)) return [];
  const model = modelLabel(database, sort.table);
  return [
    {
      key: [statement.id, sortKey(sort.table, sort.columns)],
      severity,
      claim: `${statementName(statement)} sorts \`${shortName(sort.table)}\`, ${formatNumber(rows)} rows, by \`${sort.columns.join(", ")}\` to keep the first ones.`,
      ...wordsOf(sort.table, sort.columns, sort.equal),
      ...(model === undefined ? {} : { model }),
      places: statementPlaces(statement, [sort.table]),
      evidence: [statementEvidence(database, statement, { tableRows: rows })],
      fixes: [],
    },
  ];
}

function wordsOf(table: Table, columns: readonly string[], equal: ReadonlySet<string>): Pick<DatabaseDraft, "reason" | "remedy" | "doubt"> {
  const wanted = [...new Set([...equal, ...columns])];
  return {
    reason: "No index has this order, so that every matching row is read and sorted, and all but the first are dropped.",
    remedy: `Add an index on \`${shortName(table)} (${wanted.join(", ")})\`, by \`models.Index(fields=[…])\` in Meta.indexes${columns.length > 1 ? ", each column in its direction" : ""}.`,
    doubt: "a condition that leaves few rows makes the sort small",
  };
}

const sortKey = (table: Table, columns: readonly string[]): string => `${shortName(table)}(${columns.join(",")})`;

interface Sort {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly equal: ReadonlySet<string>;
}

/** ORDER BY plain columns of one table with a LIMIT, and nothing that changes rows in between. */
function sortOf({ kind, base, joins, orderBy, limit, groupBy, distinct, predicates }: QueryShape, database: Database): Sort | null {
  if (kind !== "select" || base === null || limit === null || limit === 1 || orderBy.length === 0 || groupBy.length > 0 || distinct !== "no") return null;
  if (joins.some((one) => one.kind !== "inner" && one.kind !== "left")) return null;
  const table = database.tableNamed(base.schema === null ? base.name : `${base.schema}.${base.name}`);
  const columns = orderBy.flatMap(({ what }) => (what.kind === "column" && what.table === 0 ? [what.name] : []));
  if (
    table === null ||
    columns.length !== orderBy.length ||
    predicates.some(({ operator }) => operator !== "=" && operator !== "is not null" && operator !== "true")
  )
    return null;
  const equal = predicates.flatMap(({ left, operator, any, negated }) =>
    left.kind === "column" && left.table === 0 && operator === "=" && any === null && !negated ? [left.name] : [],
  );
  return { table, columns, equal: new Set(equal) };
}

/** An index whose keys are columns compared with `=`, then those of the order; or one that leads to few rows by what is compared. */
function hasOrder(table: Table, columns: readonly string[], equal: ReadonlySet<string>, database: Database): boolean {
  const order = columns.filter((name) => !equal.has(name));
  return database.indexesOf(table).some((index) => index.valid && index.method === "btree" && (givesOrder(index, order, equal) || narrows(index, equal)));
}

/** Later columns of the order sort only rows that are equal in the first: an incremental sort is cheap. */
function givesOrder({ keys, predicate }: Index, order: readonly string[], equal: ReadonlySet<string>): boolean {
  const [first] = keys.map(({ column }) => column ?? "").filter((name) => !equal.has(name));
  return predicate === null && (order.length === 0 || first === order[0]);
}

function narrows({ keys }: Index, equal: ReadonlySet<string>): boolean {
  return equal.size > 0 && equal.has(keys[0]?.column ?? "");
}
