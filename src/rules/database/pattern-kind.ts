/** Whether a pattern finds the beginning of a text, a part of it, or nobody knows. */
import type { DatabaseInput, ShapeExpression, Table } from "../../model/index.ts";
import { lookupsOn, type WrittenLookup } from "./lookups.ts";
import type { ColumnCondition } from "./statement-use.ts";

export interface PatternKinds {
  /** Querysets and statements that ask for the beginning, known to do so. */
  readonly beginning: boolean;
  /** For something inside. */
  readonly inside: boolean;
  /** There is a pattern of which nothing is known: a parameter, in a statement whose queryset was not found. */
  readonly unknown: boolean;
  /** The lines that ask. */
  readonly beginnings: readonly WrittenLookup[];
  readonly insides: readonly WrittenLookup[];
}

const BEGINNING = { plain: ["startswith"], upper: ["istartswith"] } as const;
const INSIDE = { plain: ["contains", "endswith", "regex"], upper: ["icontains", "iendswith"] } as const;

export function patternKinds(table: Table, column: string, how: "plain" | "upper", conditions: readonly ColumnCondition[], input: DatabaseInput): PatternKinds {
  const lookups = lookupsOn(table, column, input);
  const beginnings = lookups.filter(({ lookup }) => BEGINNING[how].some((one) => one === lookup));
  const insides = lookups.filter(({ lookup }) => INSIDE[how].some((one) => one === lookup));
  const written = conditions.map(({ predicate }) =>
    predicate.operator === "like" || predicate.operator === "ilike" ? constantPattern(predicate.right) : null,
  );
  const known = written.filter((one) => one !== null);
  return {
    beginning: beginnings.length > 0 || known.some((one) => !/^[%_]/.test(one)),
    inside:
      insides.length > 0 ||
      known.some((one) => /^[%_]/.test(one)) ||
      conditions.some(({ predicate }) => predicate.operator === "~" || predicate.operator === "~*"),
    unknown: beginnings.length + insides.length === 0 && known.length < conditions.length,
    beginnings,
    insides,
  };
}

/** `'%x%'`, also within UPPER() and casts; null for a parameter. */
function constantPattern(expression: ShapeExpression | null): string | null {
  if (expression === null) return null;
  if (expression.kind === "value") return expression.value.kind === "constant" && expression.value.type === "string" ? expression.value.text : null;
  const [first] = expression.kind === "call" ? expression.arguments : [];
  return first === undefined ? null : constantPattern(first);
}

/** Text compared as it is, or in upper case, as Django's `i…` lookups do. */
export function patternsBy(
  conditions: readonly ColumnCondition[],
): readonly { readonly how: "plain" | "upper"; readonly conditions: readonly ColumnCondition[] }[] {
  const patterns = conditions.filter(({ predicate }) => !predicate.negated && OPERATORS.has(predicate.operator));
  const wrapped = (one: ColumnCondition): string => one.wrappers.filter((name) => !name.startsWith("cast:")).join(",");
  return [
    { how: "plain" as const, conditions: patterns.filter((one) => wrapped(one) === "") },
    { how: "upper" as const, conditions: patterns.filter((one) => wrapped(one) === "upper" && one.predicate.operator === "like") },
  ].filter((one) => one.conditions.length > 0);
}

const OPERATORS: ReadonlySet<string> = new Set(["like", "ilike", "~", "~*"]);
