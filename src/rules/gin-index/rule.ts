import { addIndex, type IndexSpec } from "../../fixes/migrations/index.ts";
import type { Column, DatabaseInput, Rule, Spot, Statement, Table } from "../../model/index.ts";
import { hasKey, judgeStatements, statementsAsk, type IndexCandidate } from "../database/index-candidate.ts";
import { asContains } from "./contains.ts";
import { lookupsOn } from "../database/lookups.ts";
import { shortName } from "../database/names.ts";
import { NOT_COMPARED, proposalOf, type Proposed } from "../database/proposal.ts";
import { patternKinds, patternsBy } from "../database/pattern-kind.ts";
import { conditionsOf, functionsAround, statementsIn, usesOf, type ColumnCondition } from "../database/statement-use.ts";

export const rule: Rule = {
  meta: {
    id: "gin-index",
    chapter: "1.2",
    summary: "Statements look inside jsonb, arrays, documents or texts without an index that can",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) => judgeStatements(input, "gin-index", (table) => candidatesOf(table, input)),
};

function candidatesOf(table: Table, input: DatabaseInput): readonly IndexCandidate[] {
  const conditions = usesOf(table, input.database)
    .filter(({ shape }) => shape.kind !== "insert")
    .flatMap((use) => conditionsOf(use));
  return table.columns.flatMap((column) => {
    const own = conditions.filter((one) => one.column === column.name);
    if (own.length === 0) return [];
    const asked: Asked = { table, column, input };
    if (column.typeName === "jsonb") return [...insideJson(asked, own), ...jsonKeys(asked, own)];
    if (column.typeName.startsWith("_")) return insideArray(asked, own);
    if (column.typeName === "tsvector") return document(asked, own);
    return TEXTS.has(column.typeName) ? [...insideText(asked, own), ...searchedText(asked, own)] : [];
  });
}

interface Asked {
  readonly table: Table;
  readonly column: Column;
  readonly input: DatabaseInput;
}

const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar", "citext"]);
/** What `jsonb_path_ops` serves, and what takes the type's own class. */
const CONTAINS: ReadonlySet<string> = new Set(["@>", "@?", "@@"]);
const HAS_KEY: ReadonlySet<string> = new Set(["?", "?|", "?&"]);
const ARRAYS: ReadonlySet<string> = new Set(["@>", "<@", "&&"]);
const INVERTED = ["gin", "gist"];

function insideJson({ table, column, input }: Asked, conditions: readonly ColumnCondition[]): readonly IndexCandidate[] {
  const plain = conditions.filter(({ wrappers, predicate }) => wrappers.length === 0 && (CONTAINS.has(predicate.operator) || HAS_KEY.has(predicate.operator)));
  if (plain.length === 0) return [];
  const asksKeys = plain.some(({ predicate }) => HAS_KEY.has(predicate.operator));
  if (hasKey(table, input.database, { column: column.name, function: null, methods: ["gin"], ...(asksKeys ? { operatorClass: /^jsonb_ops$/ } : {}) }))
    return [];
  const statements = statementsIn(plain);
  const operators = [...new Set(plain.map(({ predicate }) => predicate.operator))].map((one) => `\`${one}\``).join(", ");
  return [
    {
      table,
      key: [column.name, "json"],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "looks", "look")} inside \`${shortName(table)}.${column.name}\` by ${operators}, and no GIN index is on it.`,
      reason: "A B-tree compares whole documents; without GIN each row's document is read and taken apart.",
      remedy: asksKeys
        ? `Add a GIN index on \`${column.name}\`.`
        : `Add a GIN index on \`${column.name}\` with \`jsonb_path_ops\`, which is smaller than the plain one.`,
      doubt: GIN_DOUBT,
      spots: linesOf({ table, column, input }, asksKeys ? ["has_key", "has_keys", "has_any_keys", "contains"] : ["contains"]),
      ...gin({ table, column, input }, statements, asksKeys ? undefined : "jsonb_path_ops"),
    },
  ];
}

const GIN_DOUBT = `each write of the column adds an entry for every part of it, which costs more than a B-tree's; ${NOT_COMPARED}`;

/** `facts__colour="blue"` is `facts -> 'colour' = …`, which GIN does not serve; `facts__contains` is. */
function jsonKeys({ table, column, input }: Asked, conditions: readonly ColumnCondition[]): readonly IndexCandidate[] {
  const keys = conditions.filter(
    ({ wrappers, predicate }) =>
      predicate.operator === "=" &&
      !predicate.negated &&
      wrappers.some((one) => JSON_STEPS.has(one)) &&
      wrappers.every((one) => JSON_STEPS.has(one) || one.startsWith("cast:")),
  );
  if (keys.length === 0 || hasKeyIndex(table, column, input)) return [];
  const statements = statementsIn(keys);
  const hasGin = hasKey(table, input.database, { column: column.name, function: null, methods: ["gin"] });
  const rewrites = statements.flatMap((one) => {
    const sql = asContains(one, column.name);
    return sql === null ? [] : [{ statement: one.id, sql }];
  });
  return [
    {
      table,
      key: [column.name, "json-key"],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "compares", "compare")} a key inside \`${shortName(table)}.${column.name}\`, which no index serves.`,
      reason: "The key is taken out of each row's document before it is compared; an index on the whole document does not know it.",
      remedy: `Ask by \`${column.name}__contains={…}\`${hasGin ? ", which the GIN index serves" : `, and add a GIN index with \`jsonb_path_ops\``}; for a single key, an index on that key does as well.`,
      doubt: `${GIN_DOUBT}; \`__contains\` with a dictionary compares equal values of keys alone`,
      spots: linesOf({ table, column, input }, ["exact"]),
      // Statements as they are do not use it: they are planned as they would ask then.
      ...(hasGin ? { fixes: [] } : gin({ table, column, input }, statements, "jsonb_path_ops", rewrites)),
    },
  ];
}

const JSON_STEPS: ReadonlySet<string> = new Set(["op:->", "op:->>", "op:#>", "op:#>>"]);

function hasKeyIndex(table: Table, column: Column, { database }: DatabaseInput): boolean {
  return database
    .indexesOf(table)
    .some(
      (index) =>
        index.valid &&
        index.keys.some(({ expression }) => expression !== null && expression.replaceAll('"', "").includes(column.name) && /->|#>/.test(expression)),
    );
}

function insideArray({ table, column, input }: Asked, conditions: readonly ColumnCondition[]): readonly IndexCandidate[] {
  const plain = conditions.filter(({ wrappers, predicate }) => ARRAYS.has(predicate.operator) && wrappers.every((one) => one.startsWith("cast:")));
  if (plain.length === 0 || hasKey(table, input.database, { column: column.name, function: null, methods: INVERTED })) return [];
  const statements = statementsIn(plain);
  return [
    {
      table,
      key: [column.name, "array"],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "looks", "look")} for elements of \`${shortName(table)}.${column.name}\`, and no GIN index is on it.`,
      reason: "A B-tree compares whole arrays, from their first element on.",
      remedy: `Add a GIN index on \`${column.name}\`.`,
      doubt: GIN_DOUBT,
      spots: linesOf({ table, column, input }, ["contains", "overlap", "contained_by"]),
      ...gin({ table, column, input }, statements),
    },
  ];
}

function document({ table, column, input }: Asked, conditions: readonly ColumnCondition[]): readonly IndexCandidate[] {
  const searched = conditions.filter(({ wrappers, predicate }) => wrappers.length === 0 && predicate.operator === "@@");
  if (searched.length === 0 || hasKey(table, input.database, { column: column.name, function: null, methods: INVERTED })) return [];
  const statements = statementsIn(searched);
  return [
    {
      table,
      key: [column.name, "document"],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "searches", "search")} the documents of \`${shortName(table)}.${column.name}\`, and no GIN index is on it.`,
      reason: "Without one every row's document is compared with the words.",
      remedy: `Add a GIN index on \`${column.name}\`.`,
      doubt: GIN_DOUBT,
      spots: linesOf({ table, column, input }, ["exact", "search"]),
      ...gin({ table, column, input }, statements),
    },
  ];
}

/** `to_tsvector(title)` of every row, for every search. */
function searchedText({ table, column, input }: Asked, conditions: readonly ColumnCondition[]): readonly IndexCandidate[] {
  const searched = conditions.filter((one) => one.predicate.operator === "@@" && functionsAround(one).includes("to_tsvector"));
  if (searched.length === 0 || hasKey(table, input.database, { column: column.name, function: "to_tsvector", methods: INVERTED })) return [];
  const statements = statementsIn(searched);
  return [
    {
      table,
      key: [column.name, "search"],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "turns", "turn")} \`${shortName(table)}.${column.name}\` of every row into a document and search it.`,
      reason: "Taking a text apart into words costs far more than comparing it, and is done anew for every row of every search.",
      remedy: "Keep the document in a `SearchVectorField` or a generated column of a named configuration, with a GIN index.",
      doubt: "an index on the expression works too where the statement names the same configuration as a constant; the snapshot does not hold it",
      spots: linesOf({ table, column, input }, ["search"]),
      fixes: [],
    },
  ];
}

/** Django's `icontains` compares `UPPER(column)`, which an index on the column itself never serves. */
function insideText({ table, column, input }: Asked, conditions: readonly ColumnCondition[]): readonly IndexCandidate[] {
  return patternsBy(conditions).flatMap(({ how, conditions: patterns }) => {
    const kinds = patternKinds(table, column.name, how, patterns, input);
    if (!kinds.inside && !kinds.unknown) return [];
    const wrapper = how === "upper" ? "upper" : null;
    if (hasKey(table, input.database, { column: column.name, function: wrapper, operatorClass: /trgm_ops$/, methods: INVERTED })) return [];
    // Beginnings are served already, and nothing is known of more.
    if (!kinds.inside && hasKey(table, input.database, { column: column.name, function: wrapper, operatorClass: /pattern_ops$/ })) return [];
    const statements = statementsIn(patterns);
    const subject = how === "upper" ? `UPPER(${column.name})` : column.name;
    const spec: IndexSpec = {
      method: "gin",
      keys: [
        how === "upper"
          ? { kind: "function", function: "upper", column: column.name, operatorClass: "gin_trgm_ops" }
          : { kind: "column", column: column.name, operatorClass: "gin_trgm_ops" },
      ],
    };
    return [
      {
        table,
        key: [column.name, how],
        columns: [column.name],
        statements,
        claim: `${statementsAsk(statements, "compares", "compare")} \`${subject}\` of \`${shortName(table)}\` with a pattern${kinds.inside ? " that begins anywhere" : ""}; no trigram index serves that.`,
        reason:
          how === "upper"
            ? "Django writes `icontains` and its like as UPPER(column) LIKE UPPER(pattern): an index on the column itself is never used."
            : "A B-tree is ordered from the first letter on, and a pattern that begins anywhere has none.",
        remedy:
          how === "upper"
            ? `Add a GIN index with \`gin_trgm_ops\` on \`Upper("${column.name}")\`, as GinIndex(OpClass(Upper(…), name="gin_trgm_ops")).`
            : `Add a GIN index on \`${column.name}\` with \`gin_trgm_ops\`.`,
        doubt: kinds.inside
          ? `words of fewer than three letters have no whole trigram and read the whole index; ${GIN_DOUBT}`
          : `the pattern is a parameter: were it always the beginning, an index with pattern_ops would be smaller; ${NOT_COMPARED}`,
        spots: kinds.insides.map(({ span }): Spot => ({ role: "queryset", span })),
        fixes: [addIndex(input, table, spec)],
        proposes: proposalOf({ table, spec, statements }, input.database),
      },
    ];
  });
}

function linesOf({ table, column, input }: Asked, lookups: readonly string[]): readonly Spot[] {
  return lookupsOn(table, column.name, input).flatMap(({ lookup, span }) => (lookups.includes(lookup) ? [{ role: "queryset" as const, span }] : []));
}

/** `rewrites`: where statements have to ask otherwise, those of which it is known how. */
function gin(
  { table, column, input }: Asked,
  statements: readonly Statement[],
  operatorClass?: string,
  rewrites?: Proposed["rewrites"],
): Pick<IndexCandidate, "fixes" | "proposes"> {
  const spec: IndexSpec = { method: "gin", keys: [{ kind: "column", column: column.name, ...(operatorClass === undefined ? {} : { operatorClass }) }] };
  if (rewrites?.length === 0) return { fixes: [addIndex(input, table, spec)] };
  return {
    fixes: [addIndex(input, table, spec)],
    proposes: proposalOf({ table, spec, statements, ...(rewrites === undefined ? {} : { rewrites }) }, input.database),
  };
}
