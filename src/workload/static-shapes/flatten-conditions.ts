/** The tree of a WHERE clause to its tests, in the words of `ShapePredicate`. */
import type { ShapePredicate } from "../../model/shape.ts";
import type { Condition } from "./query-state.ts";

export function flattenConditions(conditions: readonly Condition[]): ShapePredicate[] {
  const groups = { count: 0 };
  return conditions.flatMap((one) => flatten(one, false, null, groups));
}

const OPPOSITES: Readonly<Record<string, string>> = {
  in: "not in",
  "is null": "is not null",
  "is not null": "is null",
  like: "not like",
  exists: "not exists",
  between: "not between",
};

function flatten(condition: Condition, isNegated: boolean, any: number | null, groups: { count: number }): ShapePredicate[] {
  if (condition.kind === "test") {
    const opposite = isNegated ? OPPOSITES[condition.operator] : undefined;
    return [
      {
        clause: "where",
        operator: opposite ?? condition.operator,
        left: condition.left,
        right: condition.right,
        any,
        negated: isNegated && opposite === undefined,
      },
    ];
  }
  const negated = isNegated !== condition.negated;
  const isChoice = condition.children.length > 1 && (condition.connector === "OR") !== negated;
  const group = isChoice && any === null ? groups.count++ : any;
  return condition.children.flatMap((one) => flatten(one, negated, isChoice ? group : any, groups));
}
