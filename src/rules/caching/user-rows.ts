/** What differs from user to user. */
import type { QueryRecipe, QueryShape, RecipeArgs, RecipeValue, RuleInput, ShapeExpression } from "../../model/index.ts";
import { labelsByTable } from "./tables.ts";

/** A row of the user's model decides which rows come. */
export function narrowsByUser(input: RuleInput, recipe: QueryRecipe, args: RecipeArgs): boolean {
  const user = userLabel(input);
  const steps = recipe.steps.filter(({ name }) => name === "filter" || name === "exclude" || name === "get");
  return [...steps.map((step) => step.args), args].some((one) => hasRow(one, user)) || recipe.related?.model === user;
}

function userLabel({ graph, project }: RuleInput): string {
  return graph.byLabel(project.authUserModel)?.label ?? project.authUserModel;
}

function hasRow({ positional, keywords }: RecipeArgs, model: string): boolean {
  const isRow = (value: RecipeValue): boolean => {
    if (value.kind === "row") return value.model === model;
    if (value.kind === "expression") return hasRow(value.args, model);
    return value.kind === "either" ? value.values.some(isRow) : false;
  };
  return positional.some(isRow) || keywords.some(([, value]) => isRow(value));
}

/** Tables whose rows belong to one user each, whatever the project. */
const PERSONAL = /(?:^|_)(?:session|authtoken_token|otp_\w+)$/;
const NAMED = /^(?:user|owner)_id$|(?:^|_)session_key$/;

/** The column that a statement asks a user's rows by; null where it asks for everybody's. */
export function userColumn(shape: QueryShape, input: RuleInput | null): string | null {
  if (shape.base !== null && PERSONAL.test(shape.base.name)) return shape.base.name;
  const tables = new Map([...(shape.base === null ? [] : [shape.base]), ...shape.joins.map(({ table }) => table)].map((table) => [table.position, table.name]));
  for (const { operator, left, right } of shape.predicates) {
    if (operator !== "=" || left.kind !== "column" || !isValue(right)) continue;
    const table = tables.get(left.table) ?? "";
    if (input === null ? NAMED.test(left.name) || /(?:^|_)user$/.test(table) : isUsers(input, table, left.name)) return `${table}.${left.name}`;
  }
  return null;
}

const isValue = (expression: ShapeExpression | null): boolean => expression?.kind === "value";

/** The user's own row, a reference to it, or one to a model that has one row for each user. */
function isUsers(input: RuleInput, table: string, column: string): boolean {
  const label = labelsByTable(input.graph).get(table);
  const model = label === undefined ? null : input.graph.byLabel(label);
  if (model === null) return NAMED.test(column);
  const user = userLabel(input);
  const field = [...model.fields.values()].find((one) => (one.column ?? one.attname ?? one.name) === column || one.attname === column);
  if (model.label === user) return field?.primaryKey === true || field?.unique === true;
  const target = field?.relation?.target ?? null;
  return (
    (target !== null && (target === user || belongsToUser(input, target, user))) || (field?.primaryKey === true && belongsToUser(input, model.label, user))
  );
}

function belongsToUser({ graph }: RuleInput, label: string, user: string): boolean {
  return [...(graph.byLabel(label)?.fields.values() ?? [])].some(({ relation }) => relation?.kind === "o2o" && relation.target === user);
}
