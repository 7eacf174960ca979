import type { Database, DatabaseDraft, Field, FindingDraft, Index, Model, Rule, RuleInput, ShapeExpression, Span, Spot, Table } from "../../model/index.ts";
import { columnName, columnSpots, modelOfTable } from "../database/column-facts.ts";
import { sentFrom, statementEvidence, statementSpot } from "../database/statement-places.ts";
import { dearestFirst, noStatements, readsOf, sumOf, tableOfShape, type ShapedStatement } from "../database/statement-shapes.ts";
import { shortName } from "../database/names.ts";
import { shapesIn } from "../../sql/compare-shapes.ts";
import { isCommandFile } from "../command-files.ts";
import { chainsIn, keywordLookups, lookupOf, textArguments, type Chain } from "../chains.ts";
import { count, listed } from "../names.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Share of the time of all statements on the table; this project's notes (2.a.6). */
const LEAST_SHARE = 0.05;
/** A key that is asked for once may be a whim of one report. Ours. */
const LEAST_USES = 2;

export const rule: Rule = {
  meta: {
    id: "json-key-as-column",
    chapter: "1.1",
    summary: "Queries filter or order by a key of a JSON document",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => documentsIn(input).map(sourceDraft),
  judge: ({ database, source, thresholds }) => {
    const missing = noStatements(database);
    const seen = missing === null ? documentsOf(database) : [];
    const written = source === null ? [] : documentsIn(source);
    const least = thresholds["json-key-as-column"] ?? LEAST_SHARE;
    return {
      drafts: [
        ...written.flatMap((one) => withStatements(one, seen, database)),
        ...seen
          .filter((one) => shareOf(one, database) >= least && !written.some(({ model, field }) => isSame(one, model, field, database)))
          .map((one) => databaseDraft(one, database)),
      ],
      unjudged: missing === null ? [] : [missing],
      examined: "JSON columns in conditions and orders",
    };
  },
};

const REASON = "The planner keeps no statistics of a key, so that its estimates are guesses; each row's document is read and taken apart, also out of line.";
const DOUBT = "a key that few documents have, or whose values have no one type, is no column";

// -------------------------------------------------------------------------------------------------------------- source

interface Document {
  readonly model: Model;
  readonly field: Field;
  readonly keys: readonly string[];
  readonly uses: readonly { readonly key: string; readonly chain: Chain }[];
  /** Uses by queries that look at more documents than those of one row or user. */
  readonly wide: number;
}

const CONDITIONS: ReadonlySet<string> = new Set(["filter", "exclude", "get", "order_by"]);
/** Lookups of the whole document. */
const WHOLE: ReadonlySet<string> = new Set(
  (
    "exact isnull contains contained_by has_key has_keys has_any_keys in iexact icontains " +
    "startswith istartswith endswith iendswith regex iregex gt gte lt lte range"
  ).split(" "),
);

/** What they ask of is a document or a list within the document: no column holds it. */
const OF_DOCUMENTS: ReadonlySet<string> = new Set(["contains", "contained_by", "has_key", "has_keys", "has_any_keys"]);

function documentsIn(input: RuleInput): Document[] {
  const found = new Map<string, { model: Model; field: Field; uses: { key: string; chain: Chain }[] }>();
  for (const chain of chainsIn(input)) {
    for (const path of pathsIn(chain)) {
      const use = keyOf(chain, path, input);
      if (use === null) continue;
      const name = `${use.model.label}.${use.field.name}`;
      const document = found.get(name) ?? { model: use.model, field: use.field, uses: [] };
      document.uses.push({ key: use.key, chain });
      found.set(name, document);
    }
  }
  return [...found.values()].map((one) => ({
    ...one,
    keys: [...new Set(one.uses.map(({ key }) => key))],
    wide: one.uses.filter(({ chain }) => !isNarrow(chain, input)).length,
  }));
}

/** `filter(user=user, data__kind="x")`: the index of the key leaves few documents to look into. */
function isNarrow({ model, calls }: Chain, input: RuleInput): boolean {
  const asked = calls.filter(({ name }) => name === "filter" || name === "get").flatMap((call) => keywordLookups(input, model, call));
  return asked.some(
    ({ fields: [field, ...more], rest }) => more.length === 0 && rest.length === 0 && (field?.relation?.single === true || field?.unique === true),
  );
}

function pathsIn({ calls }: Chain): string[] {
  return calls
    .filter(({ name }) => CONDITIONS.has(name))
    .flatMap((call) => (call.name === "order_by" ? textArguments(call).map((name) => name.replace(/^-/, "")) : call.keywords.map(({ name }) => name)));
}

function keyOf({ model }: Chain, path: string, input: RuleInput): { readonly model: Model; readonly field: Field; readonly key: string } | null {
  const { fields, rest } = lookupOf(input, model, path);
  const field = fields.at(-1);
  const [key, within] = rest;
  if (within !== undefined && OF_DOCUMENTS.has(within)) return null;
  if (field === undefined || key === undefined || !field.type.endsWith(".JSONField") || WHOLE.has(key)) return null;
  const owner = fields.length === 1 ? model : input.graph.byLabel(fields.at(-2)?.relation?.target ?? "");
  return owner === null || owner.cls.module.origin !== "project" ? null : { model: owner, field, key };
}

/** A field beside the document that has the key's name holds the same, or should; `id` is each one's own. */
function columnBeside({ model, keys }: Document): string | undefined {
  return keys.find((key) => model.fields.get(key)?.attname != null && model.fields.get(key)?.primaryKey !== true);
}

function sourceDraft(document: Document): FindingDraft {
  const { model, field, keys, uses, wide } = document;
  const beside = columnBeside(document);
  const others = keys.filter((key) => key !== beside && model.fields.get(key)?.attname == null);
  return {
    key: [model.label, field.name],
    confidence: (beside !== undefined || wide >= LEAST_USES) && !uses.every(({ chain }) => isCommandFile(chain.span.file)) ? "likely" : "possible",
    claim: `${count(new Set(uses.map(({ chain }) => `${chain.span.file}:${chain.span.start}`)).size, "query filters or orders", "queries filter or order")} by ${keys.length === 1 ? "key" : "keys"} ${listed(keys)} of the JSON field \`${model.name}.${field.name}\`.`,
    reason: REASON,
    remedy:
      beside === undefined
        ? `Make ${listed(keys)} a field, or a \`GeneratedField\` over the document, and index that.`
        : `Ask the field \`${beside}\` beside it${others.length === 0 ? "" : `, and make ${listed(others)} a field too`}.`,
    doubt: DOUBT,
    model: model.label,
    places: [...chainSpots(uses.map(({ chain }) => chain.span)), { role: "definition", span: field.span }],
    fixes: [],
  };
}

function chainSpots(spans: readonly Span[]): Spot[] {
  const once = spans.filter((span, index) => spans.findIndex(({ file, start }) => file === span.file && start === span.start) === index);
  return once.slice(0, 5).map((span) => ({ role: "queryset", span }));
}

function withStatements(document: Document, seen: readonly SeenDocument[], database: Database): DatabaseDraft[] {
  const found = seen.find((one) => isSame(one, document.model, document.field, database));
  const table = database.tableOf(document.model);
  if (table !== null && isServed(table, document.field.column ?? document.field.name, document.keys, database)) return [];
  const [first] = found?.statements ?? [];
  const evidence =
    first === undefined
      ? { kind: "inferred" as const, note: "from the querysets; no statement of this form was seen" }
      : statementEvidence(database, first.statement);
  return [{ ...sourceDraft(document), evidence: [evidence] }];
}

// ------------------------------------------------------------------------------------------------------------ database

interface SeenDocument {
  readonly table: Table;
  readonly column: string;
  /** Known where the statement has them as constants. */
  readonly keys: readonly string[];
  readonly statements: readonly ShapedStatement[];
}

const isSame = ({ table, column }: SeenDocument, model: Model, field: Field, database: Database): boolean =>
  database.tableOf(model)?.oid === table.oid && (field.column ?? field.name) === column;

const EXTRACTIONS: ReadonlySet<string> = new Set([
  "op:->",
  "op:->>",
  "op:#>",
  "op:#>>",
  "jsonb_extract_path",
  "jsonb_extract_path_text",
  "json_extract_path",
  "json_extract_path_text",
]);

function documentsOf(database: Database): SeenDocument[] {
  return database.tables.flatMap((table) => {
    const columns = table.columns.filter(({ typeName }) => typeName === "jsonb" || typeName === "json");
    if (columns.length === 0) return [];
    const reads = readsOf(table, database);
    return columns.flatMap(({ name: column }) => {
      const statements = reads.filter(({ shape }) => keysAsked(shape, table, column, database) !== null);
      const keys = [...new Set(statements.flatMap(({ shape }) => keysAsked(shape, table, column, database) ?? []))];
      return statements.length === 0 || isServed(table, column, keys, database) ? [] : [{ table, column, keys, statements: dearestFirst(statements) }];
    });
  });
}

/** Keys of the column in conditions and orders; null where it is in none. */
function keysAsked(shape: ShapedStatement["shape"], table: Table, column: string, database: Database): string[] | null {
  const found = shapesIn(shape).flatMap((one) => {
    const expressions = [...one.predicates.flatMap(({ left, right }) => [left, ...(right === null ? [] : [right])]), ...one.orderBy.map(({ what }) => what)];
    return expressions
      .flatMap((expression) => extractionsIn(expression))
      .filter(({ position, name }) => name === column && tableOfShape(one, position, database)?.oid === table.oid);
  });
  return found.length === 0 ? null : found.flatMap(({ key }) => key ?? []);
}

interface Extraction {
  readonly position: number;
  readonly name: string;
  readonly key: string | null;
}

function extractionsIn(expression: ShapeExpression): Extraction[] {
  if (expression.kind !== "call") return [];
  const [document, key] = expression.arguments;
  if (EXTRACTIONS.has(expression.name) && document?.kind === "column") return [{ position: document.table, name: document.name, key: textOf(key) }];
  return expression.arguments.flatMap(extractionsIn);
}

function textOf(expression: ShapeExpression | undefined): string | null {
  return expression?.kind === "value" && expression.value.kind === "constant" && expression.value.type === "string" ? expression.value.text : null;
}

/** An index over the extracted key, which has statistics of its own too; where keys are not known, any over the column. */
function isServed(table: Table, column: string, keys: readonly string[], database: Database): boolean {
  const expressions = database
    .indexesOf(table)
    .filter(({ valid }) => valid)
    .flatMap(({ keys: parts }: Index) => parts.flatMap(({ expression }) => expression ?? []));
  const over = expressions.filter((one) => one.includes(column) && /->|#>|extract_path/.test(one));
  return over.length > 0 && keys.every((key) => over.some((one) => one.includes(`'${key}'`) || one.includes(`{${key}}`)));
}

function shareOf({ table, statements }: SeenDocument, database: Database): number {
  const all = database.statementsOn(table).reduce((sum, { totalMs }) => sum + totalMs, 0);
  return all === 0 ? 0 : sumOf(statements, ({ totalMs }) => totalMs) / all;
}

function databaseDraft(document: SeenDocument, database: Database): DatabaseDraft {
  const { table, column, keys, statements } = document;
  const [first] = statements;
  const what = keys.length === 0 ? "a key" : `${keys.length === 1 ? "key" : "keys"} ${listed(keys)}`;
  return {
    key: [shortName(table), column],
    claim: `Statements that filter or order by ${what} of \`${columnName(table, column)}\` take ${formatPercent(shareOf(document, database))} of its table's time.`,
    reason: REASON,
    remedy: "Make the key a field, or a `GeneratedField` over the document, and index that.",
    doubt: DOUBT,
    ...modelOfTable(database, table),
    places: [
      ...columnSpots(database, table, [column]),
      ...statements.slice(0, 3).flatMap(({ statement }) => [statementSpot(statement), ...sentFrom(statement)]),
    ],
    evidence: first === undefined ? [] : [statementEvidence(database, first.statement)],
    fixes: [],
  };
}
