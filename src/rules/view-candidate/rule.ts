import type { Database, DatabaseDraft, Expr, FindingDraft, QueryShape, Rule, RuleInput, Spot } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { modelOfTable } from "../database/column-facts.ts";
import { tableSpot } from "../database/names.ts";
import { fromSource } from "../database/from-source.ts";
import { sentFrom, statementEvidence, statementSpot } from "../database/statement-places.ts";
import { aggregatesIn, dearestFirst, noStatements, shapedStatements, sumOf, tableOfShape, type ShapedStatement } from "../database/statement-shapes.ts";
import { ownTables, shapeKey } from "../../sql/compare-shapes.ts";
import { calledName, chainsIn, lookupOf, type Chain } from "../chains.ts";
import { holderName, listed } from "../names.ts";

/** Places that ask the same; this project's notes (2.e). */
const LEAST_SITES = 3;
/** Two tables beside the first, put together and summed up, are worth a name. Ours. */
const LEAST_JOINS = 2;

export const rule: Rule = {
  meta: {
    id: "view-candidate",
    chapter: "1.5",
    summary: "Several places write the same joins, conditions and sums",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => coresIn(input, input.thresholds["view-candidate"] ?? LEAST_SITES).map((one) => sourceDraft(one, input)),
  judge: ({ database, source, thresholds }) => {
    const least = thresholds["view-candidate"] ?? LEAST_SITES;
    const missing = noStatements(database);
    const families = missing === null ? familiesOf(database).filter(({ statements }) => statements.length >= least) : [];
    const written = source === null ? [] : coresIn(source, least);
    const drafts = written.map((one) => (source === null ? [] : withStatements(one, source, families, database))).flat();
    const known = new Set(written.map(({ chains: [first] }) => first?.model.label));
    return {
      drafts: [...drafts, ...families.filter((one) => !known.has(modelLabelOf(one, database))).map((one) => familyDraft(one, database))],
      unjudged: missing === null || source !== null ? [] : [missing],
      examined: "queries with two joins or more and a sum",
    };
  },
};

const REASON = "The rule behind it is written again in each place, and a change must find them all. A view names it once; it saves no time by itself.";
const REMEDY = "Write it as a view in a migration (`RunSQL`) with an unmanaged model, or as one method of the manager.";
const DOUBT = "places that look alike may be meant to differ later; a view is planned into each query and makes none faster";

// -------------------------------------------------------------------------------------------------------------- source

/** The same core at several places. */
interface Core {
  readonly chains: readonly Chain[];
}

/** What a query is about; its order, limit and form of rows are the page's. */
const CORE: ReadonlySet<string> = new Set(["filter", "exclude", "values", "values_list", "annotate", "alias", "distinct"]);
const AGGREGATES: ReadonlySet<string> = new Set(["Count", "Sum", "Avg", "Min", "Max", "StdDev", "Variance", "ArrayAgg", "StringAgg", "JSONBAgg"]);

function coresIn(input: RuleInput, least: number): Core[] {
  const cores = new Map<string, Chain[]>();
  for (const chain of chainsIn(input)) {
    if (!isComplex(chain, input)) continue;
    const key = `${chain.model.concrete} ${chain.calls
      .filter(({ name }) => CORE.has(name))
      .map(
        (call) => `${call.name}(${[...call.args.map(skeleton), ...call.keywords.map(({ name, value }) => `${name}=${skeleton(value)}`)].toSorted().join(",")})`,
      )
      .join(".")}`;
    const known = cores.get(key) ?? [];
    if (!known.some(({ span }) => span.file === chain.span.file && span.start === chain.span.start)) cores.set(key, [...known, chain]);
  }
  return [...cores.values()].filter((chains) => new Set(chains.map(({ origin }) => origin.symbol)).size >= least).map((chains) => ({ chains }));
}

/** A constant is part of the core, a variable is its parameter. */
function skeleton(expr: Expr): string {
  switch (expr.kind) {
    case "str":
      return JSON.stringify(expr.value);
    case "num":
    case "constant":
      return String(expr.value);
    case "call":
      return `${calledName(expr) ?? "?"}(${[...expr.args.map(skeleton), ...expr.keywords.map(({ name, value }) => `${name}=${skeleton(value)}`)].join(",")})`;
    case "binary":
      return `${skeleton(expr.left)}${expr.operator}${skeleton(expr.right)}`;
    case "sequence":
      return `[${expr.items.map(skeleton).join(",")}]`;
    default:
      return "?";
  }
}

/** It sums up, over two relations or more. */
function isComplex(chain: Chain, input: RuleInput): boolean {
  const calls = chain.calls.filter(({ name }) => CORE.has(name));
  const values = calls.flatMap(({ args, keywords }) => [...args, ...keywords.map(({ value }) => value)]);
  if (!calls.some(({ name }) => name === "annotate") || !values.some((value) => AGGREGATES.has(calledName(value) ?? ""))) return false;
  const paths = [...calls.flatMap(({ keywords }) => keywords.map(({ name }) => name)), ...values.flatMap(textsIn)];
  return new Set(paths.flatMap((path) => relationsIn(chain, path, input))).size >= LEAST_JOINS;
}

function textsIn(expr: Expr): string[] {
  if (expr.kind === "str") return [expr.value];
  return expr.kind === "call" ? expr.args.flatMap(textsIn) : [];
}

/** `order_lines`, `order_lines__order` of `order_lines__order__status`. */
function relationsIn({ model }: Chain, path: string, input: RuleInput): string[] {
  const { fields } = lookupOf(input, model, path);
  const steps = fields.findIndex(({ relation }) => relation === null);
  const parts = path.split("__").slice(0, steps < 0 ? fields.length : steps);
  return parts.map((_, index) => parts.slice(0, index + 1).join("__"));
}

function sourceDraft({ chains }: Core, { program }: RuleInput): FindingDraft {
  const [first] = chains;
  const symbols = [...new Set(chains.map(({ origin }) => origin.symbol))];
  return {
    key: [first?.model.label ?? "", ...symbols.toSorted()],
    claim: `${symbols.length} functions write the same joins and sums of \`${first?.model.name ?? ""}\`: ${listed(symbols.map((symbol) => holderName(symbol, program)))}.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    ...(first === undefined ? {} : { model: first.model.label }),
    places: chains.map(({ span }): Spot => ({ role: "queryset", span })),
    fixes: [],
  };
}

// ------------------------------------------------------------------------------------------------------------ database

/** Statements with one core: they differ in order, limit and columns alone. */
interface Family {
  readonly shape: QueryShape;
  readonly statements: readonly ShapedStatement[];
}

function familiesOf(database: Database): Family[] {
  const families = new Map<string, ShapedStatement[]>();
  for (const one of shapedStatements(database)) {
    const { shape } = one;
    const isSum = shape.groupBy.length > 0 || shape.projection.some((output) => aggregatesIn(output).length > 0);
    if (shape.kind !== "select" || shape.joins.length < LEAST_JOINS || !isSum) continue;
    const core = shapeKey({ ...shape, orderBy: [], limit: null, offset: null, projection: [] }, { constants: "erased" });
    families.set(core, [...(families.get(core) ?? []), one]);
  }
  return [...families.values()].flatMap((statements) => {
    const [first] = dearestFirst(statements);
    return first === undefined ? [] : [{ shape: first.shape, statements: dearestFirst(statements) }];
  });
}

function modelLabelOf({ shape }: Family, database: Database): string | undefined {
  const table = tableOfShape(shape, 0, database);
  return table === null ? undefined : database.modelOf(table)?.label;
}

function withStatements(core: Core, input: RuleInput, families: readonly Family[], database: Database): DatabaseDraft[] {
  const draft = sourceDraft(core, input);
  const family = families.find((one) => modelLabelOf(one, database) === draft.model);
  const [first] = family?.statements ?? [];
  return first === undefined
    ? fromSource([draft], "no three statements of this form were seen")
    : [{ ...draft, evidence: [statementEvidence(database, first.statement)] }];
}

function familyDraft({ shape, statements }: Family, database: Database): DatabaseDraft {
  const tables = [...new Set(ownTables(shape).map(({ name }) => name))];
  const base = tableOfShape(shape, 0, database);
  return {
    key: [...tables, ...statements.map(({ statement }) => statement.id).toSorted()],
    claim: `${statements.length} statements share joins, conditions and groups over ${listed(tables)}: ${formatCount(
      sumOf(statements, ({ calls }) => calls),
      "call",
    )}.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    ...(base === null ? {} : modelOfTable(database, base)),
    places: [
      ...(base === null ? [] : [tableSpot(base)]),
      ...statements.slice(0, 5).flatMap(({ statement }) => [statementSpot(statement), ...sentFrom(statement)]),
    ],
    evidence: statements.slice(0, 1).map(({ statement }) => statementEvidence(database, statement)),
    fixes: [],
  };
}
