/** Lookups to what PostgreSQL is asked: `name__icontains=x` is `UPPER("name"::text) LIKE UPPER($1)`. */
import type { Field, RecipeValue } from "../../model/index.ts";
import type { ShapeExpression } from "../../model/shape.ts";
import type { Condition } from "./query-state.ts";
import { ANY, anyOf, call, PARAMETER } from "./static-shape.ts";

/** What is compared: a column, a transform of one, an annotation. */
export interface LookupSide {
  readonly expression: ShapeExpression;
  readonly field: Field | null;
  /** Names after the field: transforms, then the lookup. */
  readonly names: readonly string[];
}

/** What it is compared with: its expression, and what tells lookups apart. */
export interface LookupValue {
  readonly value: RecipeValue;
  readonly expression: ShapeExpression;
  /** Is a subquery that `IN` can hold. */
  readonly isQuery: boolean;
}

const COMPARISONS: Readonly<Record<string, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=" };
const PATTERNS: Readonly<Record<string, string>> = {
  contains: "like",
  startswith: "like",
  endswith: "like",
  icontains: "like",
  istartswith: "like",
  iendswith: "like",
  regex: "~",
  iregex: "~*",
};
const OTHERS: Readonly<Record<string, string>> = {
  has_key: "?",
  has_keys: "?&",
  has_any_keys: "?|",
  contained_by: "<@",
  overlap: "&&",
  search: "@@",
  fully_lt: "<<",
  fully_gt: ">>",
  adjacent_to: "-|-",
  trigram_similar: "%",
};
const LOOKUPS: ReadonlySet<string> = new Set([
  "exact",
  "iexact",
  "in",
  "isnull",
  "range",
  ...Object.keys(COMPARISONS),
  ...Object.keys(PATTERNS),
  ...Object.keys(OTHERS),
]);
/** Parts of a date that PostgreSQL extracts; a year is a range instead. */
const YEARS: ReadonlySet<string> = new Set(["year", "iso_year"]);

export function lookupTest(side: LookupSide, value: LookupValue): Condition {
  const last = side.names.at(-1);
  const isLookup = last !== undefined && LOOKUPS.has(last);
  const lookup = isLookup ? last : "exact";
  const transforms = isLookup ? side.names.slice(0, -1) : side.names;
  if (transforms.length === 0) return plainTest(side, lookup, value);
  const [transform] = transforms;
  if (transforms.length === 1 && transform !== undefined && YEARS.has(transform)) return yearTest(side, lookup, value);
  const inner = { ...side, expression: transformed(side.expression, transforms), field: null };
  if (isJson(side.field)) return test(lookup === "isnull" ? "?" : lookup === "exact" ? "=" : "?", inner.expression, ANY);
  return plainTest(inner, lookup, value);
}

function isJson(field: Field | null): boolean {
  return field !== null && /JSONField|HStoreField/.test(field.type);
}

function transformed(expression: ShapeExpression, transforms: readonly string[]): ShapeExpression {
  const [only] = transforms;
  if (transforms.length === 1 && (only === "lower" || only === "upper" || only === "length")) return call(only, [expression]);
  return anyOf([expression]);
}

function test(operator: string, left: ShapeExpression, right: ShapeExpression | null): Condition {
  return { kind: "test", operator, left, right };
}

function negated(condition: Condition): Condition {
  return { kind: "group", connector: "AND", negated: true, children: [condition] };
}

function plainTest({ expression: left, field }: LookupSide, lookup: string, { value, expression, isQuery }: LookupValue): Condition {
  const isNone = value.kind === "literal" && value.value === null;
  if (lookup === "isnull") return nullTest(left, value);
  if (isNone && (lookup === "exact" || lookup === "iexact")) return test("is null", left, null);
  if (lookup === "exact" && canBeNone(value) && !isBoolean(field)) return test("=?", left, expression);
  if (lookup === "exact") return isBoolean(field) && !isQuery ? booleanTest(left, value) : test("=", left, expression);
  if (lookup === "iexact") return test("=", call("upper", [left]), call("upper", [expression]));
  if (lookup === "in") return test("in", left, expression);
  if (lookup === "range") return test("between", left, ANY);
  const comparison = COMPARISONS[lookup];
  if (comparison !== undefined) return test(comparison, left, expression);
  const pattern = PATTERNS[lookup];
  if (pattern !== undefined) return patternTest(left, field, lookup, pattern, expression);
  return test(OTHERS[lookup] ?? "?", anyOf([left]), ANY);
}

/** What is compared with `None` is asked for with IS NULL, whatever the column is. */
function canBeNone({ kind }: RecipeValue): boolean {
  return kind === "unknown" || kind === "row" || kind === "either";
}

function nullTest(left: ShapeExpression, value: RecipeValue): Condition {
  if (value.kind === "literal") return test(value.value === false ? "is not null" : "is null", left, null);
  return test("is null?", left, null);
}

function isBoolean(field: Field | null): boolean {
  return field !== null && field.type.endsWith("BooleanField");
}

/** A boolean column is a condition of its own. */
function booleanTest(left: ShapeExpression, value: RecipeValue): Condition {
  if (value.kind === "literal") return value.value === false || value.value === 0 ? negated(test("true", left, null)) : test("true", left, null);
  if (value.kind === "expression") return test("?", left, ANY);
  return test("true?", left, null);
}

function patternTest(left: ShapeExpression, field: Field | null, lookup: string, operator: string, right: ShapeExpression): Condition {
  if (lookup === "contains" && field !== null && /Array|JSON|HStore|Range/.test(field.type)) return test("@>", left, ANY);
  const isFolded = lookup.startsWith("i") && operator === "like";
  return test(operator, isFolded ? call("upper", [left]) : left, right.kind === "value" ? PARAMETER_OR_UPPER : ANY);
}

/** The text itself, or what a function made of it. */
const PARAMETER_OR_UPPER = ANY;

/** `date__year=2024` asks for a range of dates. */
function yearTest({ expression: left }: LookupSide, lookup: string, { expression }: LookupValue): Condition {
  if (lookup === "exact") return expression.kind === "value" ? test("between", left, ANY) : test("=", anyOf([left]), ANY);
  const comparison = COMPARISONS[lookup];
  return comparison === undefined ? test("?", anyOf([left]), ANY) : test(comparison, left, PARAMETER);
}
