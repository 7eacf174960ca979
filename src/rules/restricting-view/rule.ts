import type { Database, DatabaseDraft, Field, FindingDraft, Rule, RuleInput, ShapeColumn, Spot } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { fromSource } from "../database/from-source.ts";
import { columnName } from "../database/column-facts.ts";
import { tableSpot } from "../database/names.ts";
import { sentFrom, statementEvidence, statementName, statementSpot } from "../database/statement-places.ts";
import { noStatements, shapedStatements, tableOfShape, type ShapedStatement } from "../database/statement-shapes.ts";
import { ownTables } from "../../sql/compare-shapes.ts";
import { chainsIn, lookupOf, textArguments, type Chain } from "../chains.ts";
import { holderName, listed } from "../names.ts";

/** So many columns about a person, of many people at once, are an export. Ours. */
const LEAST_COLUMNS = 3;
/** Rows of one call. Ours. */
const LEAST_ROWS = 100;

export const rule: Rule = {
  meta: {
    id: "restricting-view",
    chapter: "1.5",
    summary: "An export reads personal columns that a view could give without the rest",
    severity: "info",
    confidence: "possible",
    fix: "never",
    stage: "stable",
  },
  check: (input) => exportsIn(input).map((one) => sourceDraft(one, input)),
  judge: ({ database, source }) => {
    const missing = source === null ? noStatements(database) : null;
    return {
      drafts:
        source === null
          ? shapedStatements(database).flatMap((one) => statementDrafts(one, database))
          : exportsIn(source).flatMap((one) => databaseDrafts(one, source, database)),
      unjudged: missing === null ? [] : [missing],
      examined: "queries of chosen columns",
    };
  },
};

/** Names of columns that say something about a person that others must not see. */
const PERSONAL =
  /(?:^|_)(?:e_?mail|phone|mobile|telephone|fax|birth|born|birthday|birthdate|dob|ssn|social_security|passport|national_id|tax_?id|vat|vat_number|iban|bic|account_number|card|card_number|salary|wage|address|street|password|token|secret|diagnosis|religion)(?:_?(?:number|no|date|on|day|address|hash))?\d*$/;

const isPersonal = (name: string): boolean => PERSONAL.test(name);

const REASON = "The account that runs it must be allowed to read the whole table, and whoever has that account reads every other column too.";
const REMEDY = "Where another program or account asks this, give it a view `WITH (security_barrier)` of these columns and rows, and SELECT on the view alone.";
const DOUBT = "the application itself gains nothing by a view: it reads the table anyway. Which account runs the query is not known from here";

// -------------------------------------------------------------------------------------------------------------- source

interface Export {
  readonly chain: Chain;
  readonly paths: readonly string[];
  readonly fields: readonly Field[];
}

const CHOSEN: ReadonlySet<string> = new Set(["values", "values_list"]);
/** One row, or a figure. */
const NARROW: ReadonlySet<string> = new Set(["get", "first", "last", "aggregate", "annotate", "count", "exists", "earliest", "latest"]);

function exportsIn(input: RuleInput): Export[] {
  return chainsIn(input).flatMap((chain) => {
    if (chain.calls.some(({ name }) => NARROW.has(name)) || isOfOne(chain, input)) return [];
    const found = chain.calls
      .filter(({ name }) => CHOSEN.has(name))
      .flatMap((call) => textArguments(call))
      .flatMap((path) => {
        const field = lookupOf(input, chain.model, path).fields.at(-1);
        return field !== undefined && field.relation === null && isPersonal(field.name) ? [{ path, field }] : [];
      });
    return found.length < LEAST_COLUMNS ? [] : [{ chain, paths: found.map(({ path }) => path), fields: found.map(({ field }) => field) }];
  });
}

/** Filtered by a key: one person's own data. */
function isOfOne({ calls, model }: Chain, input: RuleInput): boolean {
  return calls
    .filter(({ name }) => name === "filter")
    .some(({ keywords }) =>
      keywords.some(({ name }) => {
        const { fields, rest } = lookupOf(input, model, name);
        const last = fields.at(-1);
        return last !== undefined && rest.length === 0 && (last.primaryKey || last.unique || (last.relation !== null && last.relation.single));
      }),
    );
}

function sourceDraft({ chain, paths }: Export, { program }: RuleInput): FindingDraft {
  const relation = paths.find((path) => path.includes("__"))?.split("__")[0];
  return {
    key: [chain.origin.symbol, chain.model.label, ...paths],
    claim: `\`${holderName(chain.origin.symbol, program)}\` exports ${paths.length} personal columns of \`${chain.model.name}\`: ${listed(paths, 4)}.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    model: chain.model.label,
    ...(relation === undefined ? {} : { relation }),
    places: [{ role: "queryset", span: chain.span }],
    fixes: [],
  };
}

/** A view that reads the table may be this one already. */
function databaseDrafts(one: Export, source: RuleInput, database: Database): DatabaseDraft[] {
  const table = database.tableOf(one.chain.model);
  const draft = sourceDraft(one, source);
  if (table === null) return fromSource([draft], `the snapshot has no table of ${one.chain.model.label}`);
  if (database.catalog.views.some(({ reads, materialised }) => !materialised && reads.includes(table.oid))) return [];
  const definitions = one.fields.map(({ span }): Spot => ({ role: "definition", span }));
  return [
    {
      ...draft,
      places: [...draft.places, tableSpot(table, "no view reads it"), ...definitions],
      evidence: [catalogEvidence(database, { columns: table.columns.length, personal: one.fields.length })],
    },
  ];
}

// ------------------------------------------------------------------------------------------------------------ database

function statementDrafts({ statement, shape }: ShapedStatement, database: Database): DatabaseDraft[] {
  const rows = statement.rows === null ? 0 : statement.rows / Math.max(1, statement.calls);
  const columns = shape.projection.filter((one): one is ShapeColumn => one.kind === "column");
  const personal = columns.filter(({ name }) => isPersonal(name));
  const base = tableOfShape(shape, 0, database);
  if (
    shape.kind !== "select" ||
    base === null ||
    rows < LEAST_ROWS ||
    personal.length < LEAST_COLUMNS ||
    columns.length !== shape.projection.length ||
    takesAll(shape, columns, database)
  )
    return [];
  const names = personal.map(({ table, name }) => columnName(tableOfShape(shape, table, database) ?? base, name));
  return [
    {
      key: [statement.id, ...names],
      claim: `${statementName(statement)} exports ${personal.length} personal columns, ${formatNumber(Math.round(rows))} rows a call: ${listed(names, 4)}.`,
      reason: REASON,
      remedy: REMEDY,
      doubt: DOUBT,
      places: [statementSpot(statement), tableSpot(base), ...sentFrom(statement)],
      evidence: [statementEvidence(database, statement)],
      fixes: [],
    },
  ];
}

/** Whole rows, as an ORM loads them, were not chosen. */
function takesAll(shape: ShapedStatement["shape"], columns: readonly ShapeColumn[], database: Database): boolean {
  return ownTables(shape).some(({ position }) => {
    const all = tableOfShape(shape, position, database)?.columns.length ?? 0;
    return all > 0 && columns.filter(({ table }) => table === position).length >= all;
  });
}
