/** `if self.checksum is None: self.checksum = …; self.save()`, and the checksum is given back: a row is asked for it once in its life. */
import type { Call, Expr, FunctionDef, Model, Stmt } from "../model/index.ts";
import { isNoneLiteral, nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";
import type { Engine } from "./engine.ts";
import { lookUp, type Frame } from "./frame.ts";
import { alternatives } from "./values.ts";

/** A name for a row, where it is used. */
interface Subject {
  readonly name: string;
  readonly model: Model;
  /** What names of the function were bound to: `kept = self.checksum`. */
  readonly body: readonly Stmt[];
}

/** Methods of the row within methods: `self.needs_it()`, `self.find_it()`, and what these call. Ours. */
const MOST_CALLS = 3;

const known = new WeakMap<Expr, Map<string, boolean>>();

/** Does a test that holds, or does not, lead to where what the row lacks is found out, saved with it, and given back? */
export function isStoring(engine: Engine, test: Expr, holds: boolean, ahead: readonly Stmt[], frame: Frame): boolean {
  const { def } = frame;
  if (def?.kind !== "function" || !answers(def)) return false;
  const subject = subjectOf(test, def, frame);
  if (subject === null) return false;
  const byModel = known.get(test) ?? new Map<string, boolean>();
  known.set(test, byModel);
  const key = `${subject.model.label} ${holds}`;
  let answer = byModel.get(key);
  if (answer === undefined) {
    answer = storesWhatItAsked(engine, test, holds, ahead, subject);
    byModel.set(key, answer);
  }
  return answer;
}

const answering = new WeakMap<FunctionDef, boolean>();

/** Most functions that ask something of a row give nothing back, or set nothing. */
function answers(def: FunctionDef): boolean {
  let answer = answering.get(def);
  if (answer === undefined) {
    const nodes = def.body.flatMap((stmt) => nodesIn(stmt));
    answer = nodes.some((node) => node.kind === "return" && node.value !== null) && nodes.some(isOnAttribute);
    answering.set(def, answer);
  }
  return answer;
}

/** It can set a column of a row, or call a method that does. */
function isOnAttribute(node: SyntaxNode): boolean {
  if (node.kind === "assign") return node.targets.some((one) => one.kind !== "name");
  return node.kind === "expr" && node.value.kind === "call" && node.value.callee.kind === "attribute";
}

/** The row that a test asks, by its name or by one that something of it was bound to. */
function subjectOf(test: Expr, { params, body }: FunctionDef, frame: Frame): Subject | null {
  const [first] = params;
  let names = namesOf.get(test);
  if (names === undefined) {
    names = new Set([...nodesIn(test).flatMap((node) => (node.kind === "name" ? [node.name] : [])), ...(first === undefined ? [] : [first.name])]);
    namesOf.set(test, names);
  }
  for (const name of names) {
    const row = alternatives(lookUp(frame.env, name)?.value ?? UNBOUND).find((value) => value.kind === "row");
    if (row?.kind === "row" && row.isBeingCreated !== true) return { name, model: row.model, body };
  }
  return null;
}

const namesOf = new WeakMap<Expr, ReadonlySet<string>>();

const UNBOUND = { kind: "unknown" } as const;

function storesWhatItAsked(engine: Engine, test: Expr, holds: boolean, ahead: readonly Stmt[], subject: Subject): boolean {
  const lacked = lackedBy(engine, test, holds, subject, MOST_CALLS);
  if (lacked.length === 0) return false;
  const effects: Effects = { set: new Map(), isSaved: false };
  addEffects(engine, ahead, subject, effects, MOST_CALLS);
  return effects.isSaved && lacked.some((column) => effects.set.has(column)) && givesBack(test, effects, subject);
}

/** The columns of which a test says, as it came out, that the row has nothing there. */
function lackedBy(engine: Engine, test: Expr, holds: boolean, subject: Subject, calls: number): readonly string[] {
  switch (test.kind) {
    case "not":
      return lackedBy(engine, test.operand, !holds, subject, calls);
    case "bool":
      return lackedByAll(
        test.items.map((one) => lackedBy(engine, one, holds, subject, calls)),
        holds === (test.operator === "and"),
      );
    case "walrus":
      return lackedBy(engine, test.value, holds, subject, calls);
    case "compare": {
      const [operator] = test.operators;
      const [right, ...others] = test.rights;
      if (right === undefined || others.length > 0) return [];
      if (operator === "in" || operator === "not in") return holds === (operator === "not in") ? columnsOf(right, subject) : [];
      if (!isNoneLiteral(right)) return [];
      const isEqual = operator === "is" || operator === "==";
      return (isEqual || operator === "is not" || operator === "!=") && holds === isEqual ? columnsOf(test.left, subject) : [];
    }
    case "call": {
      const method = methodOf(engine, test.callee, subject);
      const last = method?.def.body.at(-1);
      if (method !== null && last?.kind === "return" && last.value !== null && calls > 0) return lackedBy(engine, last.value, holds, method.subject, calls - 1);
      return holds ? [] : columnsOf(test, subject);
    }
    case "name": {
      const value = valueOf(test.name, subject);
      if (value !== null && calls > 0) return lackedBy(engine, value, holds, subject, calls - 1);
      return [];
    }
    default:
      return holds ? [] : columnsOf(test, subject);
  }
}

/** Where each of them is said, any; where one or the other is, what either says. */
function lackedByAll(items: readonly (readonly string[])[], isEach: boolean): readonly string[] {
  return isEach ? items.flat() : (items[0] ?? []).filter((column) => items.every((one) => one.includes(column)));
}

/** `self.checksum`, `self.data["checksum"]`, `self.data.get("checksum")`, or a name for it. */
function columnsOf(expr: Expr, subject: Subject): readonly string[] {
  switch (expr.kind) {
    case "attribute": {
      const column = expr.object.kind === "name" && expr.object.name === subject.name ? columnOf(subject.model, expr.name) : null;
      return column === null ? [] : [column];
    }
    case "subscript":
      return columnsOf(expr.object, subject);
    case "call":
      return expr.callee.kind === "attribute" && expr.callee.name === "get" ? columnsOf(expr.callee.object, subject) : [];
    case "name": {
      const value = valueOf(expr.name, subject);
      return value === null || value.kind === "name" ? [] : columnsOf(value, subject);
    }
    default:
      return [];
  }
}

function columnOf({ fields }: Model, name: string): string | null {
  const field = fields.get(name) ?? [...fields.values()].find(({ attname }) => attname === name);
  return field === undefined || field.attname === null ? (field?.relation === null ? field.name : null) : field.name;
}

/** What a name was bound to first: later it may be what was found. */
function valueOf(name: string, { body }: Subject): Expr | null {
  for (const stmt of body) if (stmt.kind === "assign" && stmt.targets.some((one) => one.kind === "name" && one.name === name)) return stmt.value;
  return null;
}

function methodOf(engine: Engine, callee: Expr, { name, model }: Subject): { readonly def: FunctionDef; readonly subject: Subject } | null {
  if (callee.kind !== "attribute" || callee.object.kind !== "name" || callee.object.name !== name) return null;
  const found = engine.program.member(model.cls, callee.name);
  if (found?.definition.kind !== "function" || found.owner.module.origin === "builtin") return null;
  const { def } = found.definition;
  const [self] = def.params;
  return self === undefined ? null : { def, subject: { name: self.name, model, body: def.body } };
}

interface Effects {
  /** What each column is set to, where it is a name. */
  readonly set: Map<string, string | null>;
  isSaved: boolean;
}

function addEffects(engine: Engine, body: readonly Stmt[], subject: Subject, effects: Effects, calls: number): void {
  for (const node of body.flatMap((stmt) => nodesIn(stmt))) {
    if (node.kind === "assign") {
      const value = node.value?.kind === "name" ? node.value.name : null;
      for (const target of node.targets) for (const column of setBy(target, subject)) effects.set.set(column, value);
    }
    if (node.kind !== "call" || node.callee.kind !== "attribute") continue;
    const { object: receiver, name } = node.callee;
    const isOwn = receiver.kind === "name" && receiver.name === subject.name;
    if ((isOwn && (name === "save" || name === "asave")) || isUpdate(node, subject)) effects.isSaved = true;
    else if (name === "update" || name === "setdefault") for (const column of columnsOf(receiver, subject)) effects.set.set(column, null);
    else if (isOwn && calls > 0) {
      const method = methodOf(engine, node.callee, subject);
      if (method !== null) addEffects(engine, method.def.body, method.subject, effects, calls - 1);
    }
  }
}

/** `Paper.objects.filter(pk=self.pk).update(checksum=…)`. */
function isUpdate({ callee, keywords }: Call, { name, model }: Subject): boolean {
  if (callee.kind !== "attribute" || (callee.name !== "update" && callee.name !== "aupdate")) return false;
  if (!keywords.some((one) => columnOf(model, one.name) !== null)) return false;
  return nodesIn(callee.object).some((node) => node.kind === "name" && node.name === name);
}

function setBy(target: Expr, subject: Subject): readonly string[] {
  if (target.kind === "sequence") return target.items.flatMap((one) => setBy(one, subject));
  return target.kind === "name" ? [] : columnsOf(target, subject);
}

/** What does something to a row, whatever it says of it, is called for rows to which it was not done. */
function givesBack(test: Expr, { set }: Effects, subject: Subject): boolean {
  const names = new Set(set.values());
  const isStored = (node: SyntaxNode): boolean =>
    (node.kind === "name" && names.has(node.name)) ||
    ((node.kind === "attribute" || node.kind === "name") && columnsOf(node, subject).some((column) => set.has(column)));
  return subject.body
    .flatMap((stmt) => nodesIn(stmt))
    .some((node) => node.kind === "return" && node.value !== null && node.start > test.end && nodesIn(node.value).some(isStored));
}
