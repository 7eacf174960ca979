/** `Q(…) | Q(…)`, `~Q(…)`, `F("a") + 1`: expressions of Django's put together. */
import type { ClassInfo } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { alternatives, literal, NO_ARGS, object, type ObjectValue, type Value } from "./values.ts";

/** Null where neither side is an expression. */
export function combineExpressions(engine: Engine, operator: string, left: Value, right: Value): Value | null {
  const condition = [left, right].map((one) => expressionIn(engine, one, "django.db.models.Q")).find((one) => one !== null);
  if (condition !== undefined && (operator === "|" || operator === "&")) {
    const connector = literal(operator === "|" ? "OR" : "AND");
    return object(condition.cls, { ...NO_ARGS, positional: [left, right], keywords: new Map([["_connector", connector]]) }, null);
  }
  const arithmetic = [left, right].some((one) => expressionIn(engine, one, "django.db.models.Combinable") !== null);
  const cls = arithmetic ? combinedClass(engine) : null;
  return cls === null ? null : object(cls, { ...NO_ARGS, positional: [left, literal(operator), right] }, null);
}

/** `~Q(…)`, `~Exists(…)`, `-F("a")`. */
export function negateExpression(engine: Engine, operand: Value): Value | null {
  const condition = expressionIn(engine, operand, "django.db.models.Q") ?? expressionIn(engine, operand, "django.db.models.Exists");
  if (condition === null) return null;
  const q = engine.program.resolveDotted("django.db.models.Q");
  if (q?.kind !== "class") return null;
  return object(q.cls, { ...NO_ARGS, positional: [operand], keywords: new Map([["_negated", literal(true)]]) }, null);
}

function expressionIn(engine: Engine, value: Value, base: string): ObjectValue | null {
  const found = alternatives(value).find((one) => one.kind === "object" && engine.program.isSubclass(one.cls, base));
  return found?.kind === "object" ? found : null;
}

function combinedClass(engine: Engine): ClassInfo | null {
  const symbol = engine.program.resolveDotted("django.db.models.CombinedExpression");
  return symbol?.kind === "class" ? symbol.cls : null;
}
