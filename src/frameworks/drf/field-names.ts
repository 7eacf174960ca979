/** What a project's `get_field_names()` makes of the names that `Meta` lists. */
import type { Expr, FunctionDef, Stmt } from "../../model/index.ts";
import { withoutWrapper } from "./wrappers.ts";

export interface NameChoice {
  /** Whether the names of `Meta` are among them. */
  readonly hasListed: boolean;
  readonly added: ReadonlySet<string>;
  /** Added under a condition. */
  readonly addedAtTimes: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  /** Removed under a condition. */
  readonly removedAtTimes: ReadonlySet<string>;
}

const NOTHING: NameChoice = { hasListed: false, added: new Set(), addedAtTimes: new Set(), removed: new Set(), removedAtTimes: new Set() };

/** The names that the method returns; null where it tells in no way that is followed. */
export function nameChoice(def: FunctionDef): NameChoice | null {
  return new NameReader().read(def.body);
}

class NameReader {
  private readonly locals = new Map<string, NameChoice>();
  private result: NameChoice | null = null;
  private isLost = false;
  /** Conditions around the statement. */
  private unsure = 0;

  read(body: readonly Stmt[]): NameChoice | null {
    for (const stmt of body) this.visit(stmt);
    return this.isLost ? null : this.result;
  }

  private visit(stmt: Stmt): void {
    switch (stmt.kind) {
      case "assign": {
        const [target] = stmt.targets;
        if (stmt.value !== null && target?.kind === "name") this.bind(target.name, this.valueOf(stmt.value));
        return;
      }
      case "augment":
        return this.change(stmt.target, stmt.operator === "-" ? "remove" : "add", stmt.value);
      case "expr": {
        const call = stmt.value;
        if (call.kind !== "call" || call.callee.kind !== "attribute") return;
        const change = CHANGES.get(call.callee.name);
        const names = call.args.at(-1);
        if (change !== undefined && names !== undefined) this.change(call.callee.object, change, names);
        return;
      }
      case "if":
        this.unsure += 1;
        for (const one of [...stmt.then, ...stmt.otherwise]) this.visit(one);
        this.unsure -= 1;
        return;
      case "return": {
        const value = stmt.value === null ? null : this.valueOf(stmt.value);
        // One of several lists: which of them is not told.
        if (value === null || this.unsure > 0 || this.result !== null) this.isLost = true;
        else this.result = value;
        return;
      }
      case "for":
      case "while":
      case "with":
      case "try":
        this.isLost = true;
        return;
      default:
        return;
    }
  }

  private bind(name: string, value: NameChoice | null): void {
    if (value === null || this.unsure > 0) this.locals.delete(name);
    else this.locals.set(name, value);
  }

  private change(target: Expr, change: "add" | "remove", value: Expr): void {
    if (target.kind !== "name") return;
    const names = value.kind === "str" ? [value.value] : namesIn(value);
    const before = this.locals.get(target.name);
    if (before === undefined) return;
    if (names === null) this.locals.delete(target.name);
    else this.locals.set(target.name, changed(before, change, names, this.unsure > 0));
  }

  private valueOf(expr: Expr): NameChoice | null {
    const value = withoutWrapper(expr);
    switch (value.kind) {
      case "name":
        return this.locals.get(value.name) ?? null;
      case "call":
        return isSuper(value.callee) ? { ...NOTHING, hasListed: true } : null;
      case "sequence":
        return value.items.reduce<NameChoice | null>((sum, one) => (sum === null ? null : this.withItem(sum, one)), NOTHING);
      case "binary": {
        const left = this.valueOf(value.left);
        const right = namesIn(value.right);
        if (left === null || right === null || !(value.operator in OPERATORS)) return null;
        return changed(left, OPERATORS[value.operator as keyof typeof OPERATORS], right, false);
      }
      case "comprehension":
        return this.filtered(value);
      default:
        return null;
    }
  }

  private withItem(sum: NameChoice, item: Expr): NameChoice | null {
    if (item.kind === "str") return changed(sum, "add", [item.value], false);
    const rest = item.kind === "star" ? this.valueOf(item.value) : null;
    return rest === null ? null : { ...rest, hasListed: sum.hasListed || rest.hasListed, added: new Set([...sum.added, ...rest.added]) };
  }

  /** `[one for one in names if one not in (…)]`. */
  private filtered(expr: Extract<Expr, { kind: "comprehension" }>): NameChoice | null {
    const [clause, ...others] = expr.clauses;
    if (clause === undefined || others.length > 0 || expr.type === "dict") return null;
    const isSame = expr.element.kind === "name" && clause.target.kind === "name" && expr.element.name === clause.target.name;
    const from = isSame ? this.valueOf(clause.iterable) : null;
    return clause.conditions.reduce<NameChoice | null>((sum, test) => {
      const names = excludedBy(test);
      return sum === null || names === null ? null : changed(sum, "remove", names, false);
    }, from);
  }
}

const CHANGES: ReadonlyMap<string, "add" | "remove"> = new Map([
  ["append", "add"],
  ["extend", "add"],
  ["insert", "add"],
  ["add", "add"],
  ["update", "add"],
  ["remove", "remove"],
  ["discard", "remove"],
]);

const OPERATORS = { "+": "add", "|": "add", "-": "remove" } as const;

function changed(choice: NameChoice, change: "add" | "remove", names: readonly string[], atTimes: boolean): NameChoice {
  if (atTimes) {
    const key = change === "add" ? "addedAtTimes" : "removedAtTimes";
    return { ...choice, [key]: new Set([...choice[key], ...names]) };
  }
  const [to, from] = change === "add" ? (["added", "removed"] as const) : (["removed", "added"] as const);
  return { ...choice, [to]: new Set([...choice[to], ...names]), [from]: new Set([...choice[from]].filter((one) => !names.includes(one))) };
}

function namesIn(expr: Expr): string[] | null {
  const value = withoutWrapper(expr);
  if (value.kind !== "sequence") return null;
  const names = value.items.flatMap((one) => (one.kind === "str" ? [one.value] : []));
  return names.length === value.items.length ? names : null;
}

/** `name not in (…)` or `name != "…"`. */
function excludedBy(test: Expr): readonly string[] | null {
  if (test.kind !== "compare" || test.rights.length !== 1 || test.rights[0] === undefined) return null;
  const [right] = test.rights;
  if (test.operators[0] === "not in") return namesIn(right);
  return test.operators[0] === "!=" && right.kind === "str" ? [right.value] : null;
}

/** `super().get_field_names`. */
function isSuper(callee: Expr): boolean {
  return callee.kind === "attribute" && callee.object.kind === "call" && callee.object.callee.kind === "name" && callee.object.callee.name === "super";
}
