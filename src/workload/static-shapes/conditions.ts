/** `filter()`, `exclude()` and `Q` objects to conditions, as Django's `_add_q`, `build_filter` and `JoinPromoter`. */
import type { RecipeArgs, RecipeValue } from "../../model/index.ts";
import type { ShapeExpression } from "../../model/shape.ts";
import { expressionOf, queryExpression } from "./expressions.ts";
import { lookupTest, type LookupValue } from "./lookups.ts";
import { demote, promote, type Alias, type Condition, type QueryState } from "./query-state.ts";
import { resolvePath, type ResolvedPath } from "./resolve-path.ts";
import { ANY, PARAMETER } from "./static-shape.ts";

/** `Query.add_q`: joins that were inner stay inner. */
export function addFilter(state: QueryState, args: RecipeArgs, isExclude: boolean): void {
  const inner = state.aliases.filter((one) => one.kind === "inner");
  const node: QNode = { connector: "AND", negated: isExclude, args };
  const { condition } = addNode(state, node, new Set(), false);
  if (condition.kind !== "group" || condition.children.length > 0) state.where.push(condition);
  demote(inner);
}

interface QNode {
  readonly connector: "AND" | "OR";
  readonly negated: boolean;
  readonly args: RecipeArgs;
}

interface Added {
  readonly condition: Condition;
  readonly needed: ReadonlySet<Alias>;
}

/** `Q(a, b=1)` with its connector, from a recipe. */
function nodeOf(args: RecipeArgs): QNode {
  const said = (name: string): RecipeValue | undefined => args.keywords.find(([key]) => key === name)?.[1];
  const connector = said("_connector");
  const negated = said("_negated");
  return {
    connector: connector?.kind === "literal" && connector.value === "OR" ? "OR" : "AND",
    negated: negated?.kind === "literal" && negated.value === true,
    args: { ...args, keywords: args.keywords.filter(([key]) => key !== "_connector" && key !== "_negated") },
  };
}

function addNode(state: QueryState, { connector, negated, args }: QNode, reuse: Set<Alias>, currentNegated: boolean): Added {
  const isNegated = currentNegated !== negated;
  const votes = new Map<Alias, number>();
  const children: Condition[] = [];
  let count = 0;
  const take = (added: Added): void => {
    count += 1;
    for (const alias of added.needed) votes.set(alias, (votes.get(alias) ?? 0) + 1);
    if (added.condition.kind !== "group" || added.condition.children.length > 0) children.push(added.condition);
  };
  for (const one of args.positional) take(addChild(state, one, reuse, isNegated));
  for (const [name, value] of args.keywords) take(addLookup(state, name, value, reuse, isNegated));
  if (args.open) open(state);
  const needed = settleJoins(state, connector, negated, args.open ? count + 1 : count, votes);
  return { condition: { kind: "group", connector, negated, children }, needed };
}

const NONE: ReadonlySet<Alias> = new Set();
const NOTHING: Condition = { kind: "group", connector: "AND", negated: false, children: [] };

/** More conditions and joins than are known. */
function open(state: QueryState): void {
  state.open.add("predicates").add("joins").add("subqueries");
}

function addChild(state: QueryState, value: RecipeValue, reuse: Set<Alias>, currentNegated: boolean): Added {
  if (value.kind === "expression" && value.name === "Q") return addNode(state, nodeOf(value.args), reuse, currentNegated);
  if (value.kind === "literal" && value.value === null) return { condition: NOTHING, needed: NONE };
  if (value.kind === "expression") {
    const expression = expressionOf(state, value, null);
    return { condition: { kind: "test", operator: value.name === "Exists" ? "exists" : "?", left: expression, right: null }, needed: NONE };
  }
  open(state);
  return { condition: NOTHING, needed: NONE };
}

/** `JoinPromoter.update_join_types`. */
function settleJoins(state: QueryState, connector: "AND" | "OR", negated: boolean, children: number, votes: ReadonlyMap<Alias, number>): ReadonlySet<Alias> {
  const effective = negated ? (connector === "AND" ? "OR" : "AND") : connector;
  const up = new Set<Alias>();
  const down = new Set<Alias>();
  for (const [alias, count] of votes) {
    if (effective === "OR" && count < children) up.add(alias);
    if (effective === "AND" || (effective === "OR" && count === children)) down.add(alias);
  }
  promote(state, up);
  demote(down);
  return down;
}

/** `Query.build_filter`. */
function addLookup(state: QueryState, name: string, value: RecipeValue, reuse: Set<Alias>, currentNegated: boolean): Added {
  const names = name.split("__");
  const [head = ""] = names;
  const annotation = state.annotations.get(head);
  if (annotation !== undefined) {
    const { expression } = annotation;
    if (expression.kind === "subquery" && state.subqueries[expression.index]?.role === "exists")
      return { condition: existsTest(expression, value), needed: NONE };
    const compared = lookupValue(state, value, null);
    return { condition: lookupTest({ expression: annotation.expression, field: null, names: names.slice(1) }, compared), needed: NONE };
  }
  const before = state.aliases.length;
  const path = resolvePath(state, names, reuse);
  if (path === null) {
    open(state);
    return { condition: NOTHING, needed: NONE };
  }
  if (currentNegated && path.many >= 0 && isNewJoin(path, before, reuse)) return excluded(state, path);
  for (const alias of path.joined) reuse.add(alias);
  return testPath(state, path, value, currentNegated);
}

/** `filter(is_late=True)` of an annotation that is EXISTS. */
function existsTest(left: ShapeExpression, value: RecipeValue): Condition {
  const test: Condition = { kind: "test", operator: value.kind === "literal" ? "exists" : "exists?", left, right: null };
  return value.kind === "literal" && value.value === false ? { kind: "group", connector: "AND", negated: true, children: [test] } : test;
}

/** Only joins that this filter made itself are split off: `can_reuse` has those of the conditions before. */
function isNewJoin(path: ResolvedPath, before: number, reuse: ReadonlySet<Alias>): boolean {
  return path.joined.some((one) => one.isMany && (one.index >= before || !reuse.has(one)));
}

/** `exclude(lines__price=1)`: `split_exclude` asks with NOT EXISTS. */
function excluded(state: QueryState, path: ResolvedPath): Added {
  for (const alias of path.joined) alias.refs = Math.max(0, alias.refs - 1);
  const many = path.joined[path.many];
  if (many === undefined) return { condition: NOTHING, needed: NONE };
  state.open.add("subqueries");
  // The query inside begins at the first table of many rows; what it asks there is not compared.
  return { condition: { kind: "test", operator: "exists", left: ANY, right: null }, needed: NONE };
}

function testPath(state: QueryState, path: ResolvedPath, value: RecipeValue, currentNegated: boolean): Added {
  const compared = lookupValue(state, value, path);
  const condition = lookupTest({ expression: path.column, field: path.isRelation ? null : path.target, names: path.rest }, compared);
  const lookup = path.rest.at(-1) ?? "exact";
  const isNone = value.kind === "literal" && value.value === null;
  const asksNull = (lookup === "isnull" && !(value.kind === "literal" && value.value === false)) || (isNone && lookup === "exact");
  const outer = (asksNull && !currentNegated) || (currentNegated && (!asksNull || lookup !== "isnull") && !isNone);
  const needed = outer ? NONE : new Set(path.joined);
  const isNullable = path.target.null || path.alias.kind === "left";
  if (currentNegated && lookup !== "isnull" && !isNone && isNullable) {
    const present: Condition = { kind: "test", operator: "is not null", left: path.column, right: null };
    return { condition: { kind: "group", connector: "AND", negated: false, children: [condition, present, ...valuePresent(state, value, compared)] }, needed };
  }
  return { condition, needed };
}

/** A column that is compared with is present too, where it can be NULL. */
function valuePresent(state: QueryState, value: RecipeValue, { expression }: LookupValue): Condition[] {
  if (value.kind !== "expression" || value.name !== "F" || expression.kind !== "column") return [];
  const alias = state.aliases[expression.table];
  const field =
    alias === undefined ? undefined : [...alias.model.fields.values()].find((one) => one.attname !== null && state.tables.columnOf(one) === expression.name);
  return field?.null === true ? [{ kind: "test", operator: "is not null", left: expression, right: null }] : [];
}

export function lookupValue(state: QueryState, value: RecipeValue, path: ResolvedPath | null): LookupValue {
  if (value.kind === "query") {
    const isIn = path?.rest.at(-1) === "in";
    return { value, expression: queryExpression(state, value.recipe, isIn ? "in" : "scalar"), isQuery: true };
  }
  if (value.kind === "expression") return { value, expression: comparedExpression(state, value), isQuery: value.name === "Subquery" };
  return { value, expression: PARAMETER, isQuery: false };
}

function comparedExpression(state: QueryState, value: RecipeValue): ShapeExpression {
  return expressionOf(state, value, null);
}
