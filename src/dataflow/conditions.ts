/** What holds on the way that is run: the same condition, asked again, has the same answer. */
import type { Call, Expr, For, Stmt, While } from "../model/index.ts";
import { nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";
import { lookUp, type Binding, type Frame } from "./frame.ts";
import { truth, UNKNOWN } from "./values.ts";

/** A condition that was decided, with the names that it asked: a name that is bound anew says nothing of the old one. */
export interface Assumption {
  readonly key: string;
  readonly holds: boolean;
  readonly names: ReadonlyMap<string, Binding | null>;
  /** The values that it asked for, where it asked for some. */
  readonly choice: Choice | null;
}

/** `kind == "a"`, `kind in ("a", "b")`: is what is asked about one of these? */
interface Choice {
  readonly subject: string;
  readonly values: readonly Expr[];
  /** `!=`, `not in`. */
  readonly isNegated: boolean;
}

/** Questions that change nothing, whose answer stays as long as what they ask does. */
const QUESTION = /^(?:get|isinstance|issubclass|hasattr|getattr|bool|len|(?:is|has)_\w+|startswith|endswith)$/;

/** The condition as text, the same for the same question; null for what may answer differently when it is asked again. */
export function conditionKey(expr: Expr): string | null {
  switch (expr.kind) {
    case "name":
      return expr.name;
    case "str":
      return JSON.stringify(expr.value);
    case "num":
      return `${expr.value}`;
    case "constant":
      return `:${expr.value}`;
    case "attribute":
    case "lookup":
      return joined([expr.object], "", `.${expr.name}`);
    case "compare":
      return joined([expr.left, ...expr.rights], ` ${expr.operators.join(" ")} `);
    case "bool":
      return joined(expr.items, ` ${expr.operator} `);
    case "not":
      return joined([expr.operand], "", " not");
    case "sequence":
      return joined(expr.items, ", ");
    case "subscript":
      return joined([expr.object, expr.index], "[", "]");
    case "call": {
      const { callee } = expr;
      const name = callee.kind === "name" || callee.kind === "attribute" ? callee.name : "";
      return QUESTION.test(name) && expr.keywords.length === 0 ? joined([callee, ...expr.args], ", ") : null;
    }
    default:
      return null;
  }
}

function joined(parts: readonly Expr[], separator: string, end = ""): string | null {
  const keys = parts.map(conditionKey);
  return keys.includes(null) ? null : `(${keys.join(separator)}${end})`;
}

/** What a condition asks, apart from where it is asked. */
interface Question {
  /** Of the condition without its `not`s. */
  readonly key: string | null;
  readonly isNegated: boolean;
  readonly names: readonly string[];
  readonly choice: Choice | null;
  /** Of `a and b`, of `a or b`; of others none. */
  readonly operator: "and" | "or" | null;
  readonly parts: readonly Expr[];
}

const questions = new WeakMap<Expr, Question>();

/** Conditions are asked far more often than there are any. */
function questionOf(test: Expr): Question {
  const known = questions.get(test);
  if (known !== undefined) return known;
  const made = askedBy(test);
  questions.set(test, made);
  return made;
}

function askedBy(test: Expr): Question {
  // `not rows` asks what `rows` asks.
  if (test.kind === "not") {
    const inner = questionOf(test.operand);
    return { ...inner, isNegated: !inner.isNegated };
  }
  const names = [...new Set([...nodesIn(test)].flatMap((node) => (node.kind === "name" ? [node.name] : [])))];
  const [operator, parts] = test.kind === "bool" ? [test.operator, test.items] : [null, []];
  return { key: conditionKey(test), isNegated: false, names, choice: choiceOf(test), operator, parts };
}

function choiceOf(test: Expr): Choice | null {
  if (test.kind !== "compare" || test.rights.length !== 1) return null;
  const [operator] = test.operators;
  const [right] = test.rights;
  const subject = conditionKey(test.left);
  if (right === undefined || operator === undefined || subject === null || isConstant(test.left)) return null;
  const isNegated = operator === "!=" || operator === "is not" || operator === "not in";
  const values = operator === "in" || operator === "not in" ? (right.kind === "sequence" ? right.items : []) : ASKS_FOR_ONE.has(operator) ? [right] : [];
  return values.length > 0 && values.every(isConstant) ? { subject, values, isNegated } : null;
}

const ASKS_FOR_ONE: ReadonlySet<string> = new Set(["==", "!=", "is", "is not"]);

/** A literal, or a member of a class by the name of a constant: `Status.NEW`. */
function isConstant(expr: Expr): boolean {
  return expr.kind === "str" || expr.kind === "num" || expr.kind === "constant" || isMember(expr);
}

function isMember(expr: Expr): boolean {
  return expr.kind === "attribute" && /^[A-Z][A-Z_0-9]*$/.test(expr.name) && conditionKey(expr.object) !== null;
}

/** Whether two constants are one value; null where their text does not say. */
function areOne(a: Expr, b: Expr): boolean | null {
  if (conditionKey(a) === conditionKey(b)) return true;
  if (a.kind === "attribute" || b.kind === "attribute") {
    return a.kind === "attribute" && b.kind === "attribute" && conditionKey(a.object) === conditionKey(b.object) ? false : null;
  }
  // `1 == True`.
  const isNumber = (one: Expr): boolean => one.kind === "num" || (one.kind === "constant" && (one.value === "true" || one.value === "false"));
  return a.kind !== b.kind && isNumber(a) && isNumber(b) ? null : false;
}

/** What is known where a test holds, or does not: of `a and b` that holds, both. */
export function assumptions(test: Expr, holds: boolean, frame: Frame): Assumption[] {
  const { key, isNegated, names, choice, operator, parts } = questionOf(test);
  const answer = holds !== isNegated;
  const known = operator !== null && answer === (operator === "and") ? parts.flatMap((part) => assumptions(part, answer, frame)) : [];
  if (key === null) return known;
  const bindings = new Map(names.map((name) => [name, lookUp(frame.env, name)]));
  // What no scope of a template binds, such as `forloop`, is another thing in an inner loop.
  const isKept = frame.module !== null || ![...bindings.values()].includes(null);
  return isKept ? [{ key, holds: answer, names: bindings, choice }, ...known] : known;
}

/** The answer that is known on this way; null where there is none. */
export function assumed(test: Expr, frame: Frame): boolean | null {
  return frame.assumed.length === 0 ? null : answered(test, frame.assumed, frame);
}

function answered(test: Expr, all: readonly Assumption[], frame: Frame): boolean | null {
  const { key, isNegated, choice, operator, parts } = questionOf(test);
  const isSame = (one: Assumption): boolean => [...one.names].every(([name, binding]) => lookUp(frame.env, name) === binding);
  const known = all.findLast((one) => one.key === key && isSame(one));
  if (known !== undefined) return known.holds !== isNegated;
  const ofChoice = (one: Assumption): boolean => one.choice !== null && one.choice.subject === choice?.subject && isSame(one);
  const answer = choice !== null ? chosen(choice, all.filter(ofChoice)) : operator === null ? null : joint(operator, parts, all, frame);
  return answer === null ? null : answer !== isNegated;
}

/** Of `a and b`, `b` is asked where `a` holds; of `a or b`, where it does not. */
function joint(operator: "and" | "or", parts: readonly Expr[], before: readonly Assumption[], frame: Frame): boolean | null {
  let all = before;
  let isKnown = true;
  for (const part of parts) {
    const answer = answered(part, all, frame);
    if (answer === (operator === "or")) return answer;
    isKnown &&= answer !== null;
    all = [...all, ...assumptions(part, operator === "and", frame)];
  }
  return isKnown ? operator === "and" : null;
}

/** `kind == "a"` held: it is one of `("a", "b")`, and not `"c"`; where it did not, it is not `"a"`. */
function chosen({ values, isNegated }: Choice, known: readonly Assumption[]): boolean | null {
  const sets = known.flatMap(({ choice, holds }) => (choice === null ? [] : [{ values: choice.values, isIn: holds !== choice.isNegated }]));
  const isNot = (value: Expr): boolean => sets.some((set) => !set.isIn && set.values.some((one) => areOne(one, value) === true));
  const answers = new Set<boolean | null>();
  const [first, ...others] = sets.filter(({ isIn }) => isIn);
  if (first === undefined) return values.every(isNot) ? isNegated : null;
  for (const value of first.values) {
    if (isNot(value) || others.some((set) => set.values.every((one) => areOne(one, value) === false))) continue;
    const same = values.map((one) => areOne(one, value));
    answers.add(same.includes(true) ? true : same.includes(null) ? null : false);
  }
  const [answer] = answers;
  return answers.size === 1 && answer != null ? answer !== isNegated : null;
}

/** A method of what is no plain object of the project, or a function that is given it, may change what its attributes said. */
export function forgetGiven({ callee, args }: Call, frame: Frame): void {
  if (!frame.assumed.some(({ choice }) => choice?.subject.endsWith(")") === true)) return;
  const name = callee.kind === "attribute" ? callee.name : "";
  const given = [...(callee.kind === "attribute" && !QUESTION.test(name) ? [callee.object] : []), ...args].filter((one) => one.kind === "name");
  for (const { name: object } of given) {
    if (lookUp(frame.env, object)?.value.kind === "object") continue;
    frame.assumed = frame.assumed.filter(({ choice }) => choice?.subject.startsWith(`(${object}.`) !== true);
  }
}

/** An attribute that is set may answer differently from here on. */
export function forgetAttribute(frame: Frame, name: string): void {
  if (frame.assumed.some(({ key }) => asksFor(key, name))) frame.assumed = frame.assumed.filter(({ key }) => !asksFor(key, name));
}

function asksFor(key: string, attribute: string): boolean {
  return key.includes(`.${attribute})`);
}

/** A loop's later rounds find what its body binds and sets: that is not known from before it. */
export function forgetBound(frame: Frame, loop: For | While): void {
  if (frame.assumed.length === 0) return;
  const { names, attributes } = boundIn(loop);
  for (const name of names) {
    const binding = frame.env.vars.get(name);
    if (binding?.value.kind === "unknown" && truth(binding.value) !== null) frame.env.vars.set(name, { ...binding, value: UNKNOWN });
  }
  frame.assumed = frame.assumed.filter(
    (one) => ![...one.names.keys()].some((name) => names.has(name)) && ![...attributes].some((name) => asksFor(one.key, name)),
  );
}

interface Bound {
  readonly names: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
}

const bound = new WeakMap<Stmt, Bound>();

/** What a statement, and all within it, binds and sets. */
export function boundIn(stmt: Stmt): Bound {
  const known = bound.get(stmt);
  if (known !== undefined) return known;
  const names = new Set<string>();
  const attributes = new Set<string>();
  const add = (target: Expr): void => {
    if (target.kind === "name") names.add(target.name);
    else if (target.kind === "attribute") attributes.add(target.name);
    else if (target.kind === "sequence") target.items.forEach(add);
    else if (target.kind === "star") add(target.value);
  };
  for (const node of nodesIn(stmt)) {
    if (node.kind === "assign") node.targets.forEach(add);
    else if (node.kind === "augment" || node.kind === "for") add(node.target);
    else if (node.kind === "walrus") names.add(node.name);
    else if (node.kind === "with") for (const { target } of node.items) if (target !== null) add(target);
  }
  const found = { names, attributes };
  bound.set(stmt, found);
  return found;
}

const questionsIn = new WeakMap<Stmt, ReadonlySet<string>>();

/** Conditions that a statement asks or hands on to what it calls, by their keys. */
function questionsOf(stmt: Stmt): ReadonlySet<string> {
  const known = questionsIn.get(stmt);
  if (known !== undefined) return known;
  const found = new Set(nodesIn(stmt).flatMap((node) => [...testsOf(node), ...handedOn(node)].flatMap(keysIn)));
  questionsIn.set(stmt, found);
  return found;
}

function testsOf(node: SyntaxNode): readonly Expr[] {
  if (node.kind === "if" || node.kind === "while" || node.kind === "conditional") return [node.test];
  if (node.kind === "comprehension") return node.clauses.flatMap(({ conditions }) => conditions);
  return node.kind === "bool" ? node.items : [];
}

/** `render(…, {"detailed": detailed})`, `titles(rows, self.detailed)`. */
function handedOn(node: SyntaxNode): readonly Expr[] {
  if (node.kind === "call") return [...node.args, ...node.keywords.map(({ value }) => value)];
  return node.kind === "dict" ? node.entries.map(({ value }) => value) : [];
}

function keysIn(test: Expr): string[] {
  const { key, choice, parts } = questionOf(test);
  return [...(key === null ? [] : [key]), ...(choice === null ? [] : [`which ${choice.subject}`]), ...parts.flatMap(keysIn)];
}

/** Do later statements ask again what the test asks? */
export function isAskedAgain(test: Expr, rest: readonly Stmt[]): boolean {
  const keys = keysIn(test);
  return rest.some((stmt) => keys.some((key) => questionsOf(stmt).has(key)));
}

/** Does a later statement ask what the name holds? */
export function isTested(name: string, rest: readonly Stmt[]): boolean {
  return rest.some((stmt) => questionsOf(stmt).has(name) || questionsOf(stmt).has(`which ${name}`));
}
