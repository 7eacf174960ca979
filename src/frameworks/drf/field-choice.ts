/** Which fields a serializer shows whose class decides on them in code: `get_fields()`, `fields`, `_readable_fields`, `__init__()`. */
import type { Call, ClassInfo, Expr, FunctionDef, Stmt } from "../../model/index.ts";
import { isNoneLiteral } from "../../python/syntax-tree.ts";
import type { Engine } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { NONE, truth, type ObjectValue, type Value } from "../../dataflow/values.ts";
import { nestedClass } from "../../dataflow/attributes.ts";
import { nameChoice } from "./field-names.ts";
import { withoutWrapper } from "./wrappers.ts";

export interface FieldChoice {
  /** Any field may be missing, for reasons that the source does not tell. */
  readonly isOpen: boolean;
  /** Fields that are taken out at times. */
  readonly dropped: ReadonlySet<string>;
  /** Fields that the object was made without. */
  readonly omitted: ReadonlySet<string>;
  /** Classes whose fields are taken out. */
  readonly droppedClasses: readonly ClassInfo[];
  /** These fields and no others. */
  readonly only: ReadonlySet<string> | null;
  /** Fields that are shown beside those that the class and its `Meta` list. */
  readonly added: readonly AddedField[];
}

/** `fields["owner"] = UserSerializer()`, or a name that `get_field_names()` adds. */
export interface AddedField {
  readonly name: string;
  /** The field, where one is made for it. */
  readonly value: Expr | null;
  readonly owner: ClassInfo;
}

const ALL: FieldChoice = { isOpen: false, dropped: new Set(), omitted: new Set(), droppedClasses: [], only: null, added: [] };

/** Methods that give the fields by name; the project's own take some out. */
const MAPS = ["fields", "get_fields"];

export function fieldChoice(engine: Engine, serializer: ObjectValue): FieldChoice {
  // It lists fields one by one: what it leaves out is not in the form of a removal.
  if (ownMethod(engine, serializer.cls, "_readable_fields") !== null) return { ...ALL, isOpen: true };
  const methods = [...MAPS.flatMap((name) => ownMethod(engine, serializer.cls, name) ?? []), ...ownMethods(engine, serializer.cls, "__init__")];
  return methods.map((one) => new Reader(engine, serializer, one).read()).reduce(both, namesChosen(engine, serializer));
}

/** By each `get_field_names()` of the project's, as far as one hands on to the next. */
function namesChosen(engine: Engine, { cls }: ObjectValue): FieldChoice {
  let chosen = ALL;
  for (const { def, owner } of ownMethods(engine, cls, "get_field_names")) {
    const names = nameChoice(def);
    if (names === null) return { ...chosen, isOpen: true };
    chosen = both(chosen, {
      ...ALL,
      dropped: new Set([...names.addedAtTimes, ...names.removedAtTimes]),
      omitted: names.removed,
      only: names.hasListed ? null : names.added,
      added: [...names.added, ...names.addedAtTimes].map((name) => ({ name, value: null, owner })),
    });
    if (!names.hasListed) return chosen;
  }
  return chosen;
}

function both(a: FieldChoice, b: FieldChoice): FieldChoice {
  return {
    isOpen: a.isOpen || b.isOpen,
    dropped: new Set([...a.dropped, ...b.dropped]),
    omitted: new Set([...a.omitted, ...b.omitted]),
    droppedClasses: [...a.droppedClasses, ...b.droppedClasses],
    only: a.only ?? b.only,
    added: [...a.added, ...b.added],
  };
}

interface OwnMethod {
  readonly def: FunctionDef;
  readonly owner: ClassInfo;
}

/** The method in each class of the project's that has it, where all of them run. */
function ownMethods(engine: Engine, cls: ClassInfo, name: string): OwnMethod[] {
  return engine.program
    .mro(cls)
    .flatMap((owner) => (isExternal(owner) || owner.module.origin === "builtin" ? [] : [owner]))
    .flatMap((owner) => {
      const last = owner.members.get(name)?.at(-1);
      return last?.kind === "function" ? [{ def: last.def, owner }] : [];
    });
}

function ownMethod(engine: Engine, cls: ClassInfo, name: string): OwnMethod | null {
  const member = engine.program.member(cls, name);
  if (member === null || member.owner.module.origin === "builtin" || member.definition.kind !== "function") return null;
  return { def: member.definition.def, owner: member.owner };
}

/** Where a request says which fields it wants. */
const REQUEST: ReadonlySet<string> = new Set(["query_params", "GET"]);

interface InitCall {
  readonly args: ReadonlyMap<string, Value>;
  /** Conditions around the call. */
  readonly unsure: number;
  /** The method and those that led to it. */
  readonly running: ReadonlySet<FunctionDef>;
}

class Reader {
  private isOpen = false;
  private readonly dropped = new Set<string>();
  private readonly omitted = new Set<string>();
  private readonly droppedClasses: ClassInfo[] = [];
  private only: ReadonlySet<string> | null = null;
  private readonly added: AddedField[] = [];
  /** Local names that hold what the request asked for. */
  private readonly asked = new Set<string>();
  /** What parameters and local names stand for, as the object was made. */
  private readonly locals = new Map<string, Value>();
  /** Local names of `self.fields`. */
  private readonly maps = new Set<string>();
  private readonly isInit: boolean;
  /** Conditions around the statement that the source does not decide. */
  private unsure = 0;
  /** Loops around the statement, with the conditions between it and the innermost. */
  private readonly loops: { readonly target: Expr; readonly iterable: Expr; readonly tests: Expr[] }[] = [];
  private readonly engine: Engine;
  private readonly serializer: ObjectValue;
  private readonly method: OwnMethod;
  /** The call that runs the method: from `__init__()`, or from a method that it calls. */
  private readonly call: InitCall | null;

  constructor(engine: Engine, serializer: ObjectValue, method: OwnMethod, call: InitCall | null = null) {
    this.engine = engine;
    this.serializer = serializer;
    this.method = method;
    this.call = call;
    this.isInit = call !== null || method.def.name === "__init__";
  }

  read(): FieldChoice {
    if (this.call !== null) this.unsure = this.call.unsure;
    if (this.isInit) this.bindParams();
    this.visit(this.method.def.body);
    const { isOpen, dropped, omitted, droppedClasses, only, added } = this;
    return { isOpen, dropped, omitted, droppedClasses, only, added };
  }

  private bindParams(): void {
    for (const param of this.method.def.params) {
      if (param.form === "positional" || param.form === "keyword") {
        const value = this.given(param.name) ?? (param.default === null ? null : this.constant(param.default));
        if (value !== null) this.locals.set(param.name, value);
      }
    }
  }

  private given(name: string): Value | null {
    return (this.call === null ? this.serializer.args?.keywords : this.call.args)?.get(name) ?? null;
  }

  private constant(expr: Expr): Value {
    return this.engine.evaluate(expr, this.engine.moduleFrame(this.method.owner.module));
  }

  private visit(body: readonly Stmt[]): void {
    for (const stmt of body) this.visitOne(stmt);
  }

  private visitOne(stmt: Stmt): void {
    switch (stmt.kind) {
      case "if":
        return this.visitIf(stmt.test, stmt.then, stmt.otherwise);
      case "for":
        if (this.isEmpty(stmt.iterable)) return;
        this.loops.push({ target: stmt.target, iterable: stmt.iterable, tests: [] });
        this.visit(stmt.body);
        this.loops.pop();
        return;
      case "while":
      case "with":
        return this.visit(stmt.body);
      case "try":
        for (const part of [stmt.body, ...stmt.handlers.map((one) => one.body), stmt.otherwise, stmt.finally]) this.visit(part);
        return;
      case "delete":
        for (const target of stmt.targets) if (target.kind === "subscript" && this.isFields(target.object)) this.remove(target.index);
        return;
      case "expr":
        return this.visitCall(stmt.value);
      case "assign":
        if (stmt.value !== null) this.visitAssign(stmt.targets, stmt.value);
        return;
      case "return":
        if (!this.isInit && stmt.value !== null && chooses(stmt.value)) this.isOpen = true;
        return;
      default:
        return;
    }
  }

  /** What happens only when the request asks for it leaves the plain request as it is. */
  private visitIf(test: Expr, then: readonly Stmt[], otherwise: readonly Stmt[]): void {
    if (this.asksForField(test)) {
      this.visit(then);
      this.visit(otherwise);
      return;
    }
    const known = this.truthOf(test);
    if (known === null) this.unsure += 1;
    if (known !== false && !this.isAsked(test)) {
      this.loops.at(-1)?.tests.push(test);
      this.visit(then);
      this.loops.at(-1)?.tests.pop();
    }
    if (known !== true) this.visit(otherwise);
    if (known === null) this.unsure -= 1;
  }

  /** `if name in self.fields:` before a removal: a field that is not there is not shown either. */
  private asksForField(test: Expr): boolean {
    if (!this.isInit || test.kind !== "compare" || test.rights.length !== 1 || test.operators[0] !== "in") return false;
    const [right] = test.rights;
    return right !== undefined && this.isFields(right);
  }

  private truthOf(test: Expr): boolean | null {
    if (test.kind === "not") {
      const inner = this.truthOf(test.operand);
      return inner === null ? null : !inner;
    }
    const isNone = this.isNone(test);
    if (isNone !== null) return isNone;
    const value = this.ownValue(test);
    return value === null ? null : truth(value);
  }

  /** `self.names is None`, where both are known. */
  private isNone(test: Expr): boolean | null {
    if (test.kind !== "compare" || test.rights.length !== 1) return null;
    const [right] = test.rights;
    const [operator] = test.operators;
    if (!isNoneLiteral(right) || (operator !== "is" && operator !== "is not")) return null;
    const value = this.ownValue(test.left);
    if (value === null || value.kind === "unknown" || value.kind === "union") return null;
    return (value.kind === "literal" && value.value === null) === (operator === "is");
  }

  /** `self.name` or a local name, as the object was made. */
  private ownValue(expr: Expr): Value | null {
    if (expr.kind === "name") return plain(this.locals.get(expr.name) ?? null);
    if (expr.kind !== "attribute" || expr.object.kind !== "name" || expr.object.name !== "self") return null;
    return plain(this.serializer.attrs.get(expr.name) ?? null);
  }

  /** `self.NAMES` and `self.Meta.NAMES`, where the class says it. */
  private classValue(expr: Expr): Value | null {
    if (expr.kind !== "attribute") return null;
    const isOfMeta = expr.object.kind === "attribute" && expr.object.name === "Meta" && isSelf(expr.object);
    const cls = isOfMeta ? nestedClass(this.engine, this.serializer.cls, "Meta") : isSelf(expr) ? this.serializer.cls : null;
    if (cls === null) return null;
    const frame = this.engine.moduleFrame(this.method.owner.module);
    const span = { file: this.method.owner.module.ir.file, start: expr.start, end: expr.end };
    return this.engine.classMember(cls, expr.name, { kind: "class", cls }, { span, frame });
  }

  private isAsked(test: Expr): boolean {
    if (test.kind === "not") return false;
    return partsOf(test).some((one) => (one.kind === "attribute" && REQUEST.has(one.name)) || (one.kind === "name" && this.asked.has(one.name)));
  }

  private visitCall(expr: Expr): void {
    if (expr.kind !== "call" || expr.callee.kind !== "attribute") return;
    const [first] = expr.args;
    if (this.isInit && this.callOwn(expr)) return;
    if (!this.isFields(expr.callee.object)) return;
    if (expr.callee.name === "pop" && first !== undefined) this.remove(first);
    if (expr.callee.name === "clear") this.isOpen = true;
  }

  /** `self.choose(names)` in `__init__()`: what the method takes out of the fields is taken out. */
  private callOwn(expr: Call): boolean {
    const method = isSelf(expr.callee) && expr.callee.kind === "attribute" ? ownMethod(this.engine, this.serializer.cls, expr.callee.name) : null;
    if (method === null) return false;
    if (this.call?.running.has(method.def) === true) return true;
    const names = method.def.params.filter(({ form }) => form === "positional").slice(1);
    const args = new Map(expr.args.flatMap((one, index) => this.argument(names[index]?.name, one)));
    for (const { name, value } of expr.keywords) for (const [key, one] of this.argument(name, value)) args.set(key, one);
    const running = new Set([...(this.call?.running ?? []), method.def]);
    const choice = new Reader(this.engine, this.serializer, method, { args, unsure: this.unsure, running }).read();
    this.isOpen ||= choice.isOpen;
    for (const name of choice.dropped) this.dropped.add(name);
    for (const name of choice.omitted) this.omitted.add(name);
    this.droppedClasses.push(...choice.droppedClasses);
    this.added.push(...choice.added);
    this.only ??= choice.only;
    return true;
  }

  private argument(name: string | undefined, expr: Expr): [string, Value][] {
    const value = expr.kind === "sequence" || expr.kind === "constant" || expr.kind === "str" ? this.constant(expr) : this.ownValue(expr);
    return name === undefined || value === null ? [] : [[name, value]];
  }

  private isEmpty(iterable: Expr): boolean {
    const value = this.ownValue(withoutWrapper(iterable));
    return value?.kind === "list" && value.items?.length === 0;
  }

  /** In `__init__()` other things than the fields are popped from as well: keywords, first of all. */
  private isFields(expr: Expr): boolean {
    if (!this.isInit) return true;
    if (expr.kind === "name") return this.maps.has(expr.name);
    return expr.kind === "attribute" && expr.name === "fields" && expr.object.kind === "name" && expr.object.name === "self";
  }

  private visitAssign(targets: readonly Expr[], value: Expr): void {
    this.visitCall(value);
    for (const target of targets) {
      if (target.kind === "subscript" && target.index.kind === "str") this.add(target.object, target.index.value, value);
    }
    if (this.isInit) return this.visitInitAssign(targets, value);
    const written = this.classValue(value);
    if (written !== null) for (const target of targets) if (target.kind === "name") this.locals.set(target.name, written);
    if (value.kind === "comprehension" && value.type === "dict") this.isOpen = true;
    if (this.isAsked(value)) for (const target of targets) if (target.kind === "name") this.asked.add(target.name);
  }

  private visitInitAssign(targets: readonly Expr[], value: Expr): void {
    if (targets.some((one) => one.kind === "attribute" && this.isFields(one)) && !this.givesFields(value)) this.isOpen = true;
    const given = this.givenKeyword(value) ?? this.ownValue(value);
    const isMap = value.kind === "attribute" && this.isFields(value);
    for (const target of targets) {
      if (target.kind !== "name") continue;
      if (isMap) this.maps.add(target.name);
      if (given !== null) this.locals.set(target.name, given);
      else this.locals.delete(target.name);
      if (this.isAsked(value)) this.asked.add(target.name);
    }
  }

  /** A method of the serializer's that hands its fields back. */
  private givesFields(value: Expr): boolean {
    if (value.kind !== "call" || !isSelf(value.callee) || value.callee.kind !== "attribute") return false;
    const method = ownMethod(this.engine, this.serializer.cls, value.callee.name);
    const last = method?.def.body.at(-1);
    return last?.kind === "return" && last.value?.kind === "attribute" && last.value.name === "fields" && isSelf(last.value);
  }

  /** `kwargs.pop("brief", False)`: what the object was made with, or what stands for it. */
  private givenKeyword(value: Expr): Value | null {
    if (value.kind !== "call" || value.callee.kind !== "attribute" || value.callee.object.kind !== "name") return null;
    const from = value.callee.object.name;
    const isRest = this.method.def.params.some((one) => one.form === "kwargs" && one.name === from);
    const [name, fallback] = value.args;
    if (!isRest || name?.kind !== "str" || (value.callee.name !== "pop" && value.callee.name !== "get")) return null;
    const given = this.serializer.args?.keywords.get(name.value);
    if (given !== undefined || this.serializer.args?.open === true) return given ?? null;
    return fallback === undefined ? NONE : this.constant(fallback);
  }

  /** `fields["owner"] = UserSerializer()`. */
  private add(map: Expr, name: string, value: Expr): void {
    if (value.kind !== "call" || value.callee.kind === "attribute" || !this.isFields(map)) return;
    this.added.push({ name, value, owner: this.method.owner });
    // A condition around it is one as in any code; how often a loop comes to it is not told.
    if (this.loops.length > 0) this.dropped.add(name);
  }

  private remove(key: Expr): void {
    if (key.kind === "str") {
      (this.isInit && this.unsure === 0 ? this.omitted : this.dropped).add(key.value);
      return;
    }
    const loop = this.loops.findLast((one) => partsOf(one.target).some((part) => part.kind === "name" && key.kind === "name" && part.name === key.name));
    if (loop !== undefined && this.asksToLeaveOut(loop.iterable)) return;
    const mapped = loop === undefined ? null : this.namesOfMap(loop.iterable, loop.target, key);
    if (mapped !== null) return mapped.forEach((name) => this.dropped.add(name));
    if ((loop === undefined || !this.removeEach(loop.iterable, loop.tests)) && !this.isNamedElsewhere()) this.isOpen = true;
  }

  /** `request.GET.get("exclude", "").split(",")`: a plain request leaves nothing out. What is not among the names that it wants, is. */
  private asksToLeaveOut(iterable: Expr): boolean {
    const source = withoutWrapper(iterable);
    return this.isAsked(source) && !partsOf(source).some((one) => (one.kind === "binary" && one.operator === "-") || (this.isInit && this.isFields(one)));
  }

  /** Names that are not picked from the fields themselves are some to leave out: the others are shown. */
  private isNamedElsewhere(): boolean {
    return this.isInit && !this.loops.some(({ iterable }) => partsOf(iterable).some((one) => this.isFields(one)));
  }

  /** `for name in names: fields.pop(name)`, or all but some; true when the source tells which. */
  private removeEach(iterable: Expr, tests: readonly Expr[]): boolean {
    const [test] = tests;
    if (tests.length > 1) return false;
    if (test !== undefined) return this.removeByClass(test);
    const source = withoutWrapper(iterable);
    if (source.kind === "binary" && source.operator === "-") {
      const kept = this.namesOf(source.right);
      if (kept !== null) this.only = kept;
      return kept !== null;
    }
    const names = this.namesOf(source);
    for (const name of names ?? []) (this.unsure === 0 ? this.omitted : this.dropped).add(name);
    return names !== null;
  }

  /** `for permission, name in self.Meta.permissions.items()`: the fields that the class lists beside what decides on each. */
  private namesOfMap(iterable: Expr, target: Expr, key: Expr): readonly string[] | null {
    const source = withoutWrapper(iterable);
    if (source.kind !== "call" || source.callee.kind !== "attribute" || key.kind !== "name") return null;
    const map = this.ownValue(source.callee.object) ?? this.classValue(source.callee.object);
    if (map?.kind !== "dict" || map.rest !== null) return null;
    const [keyTarget] = target.kind === "sequence" ? target.items : [];
    const isKey = source.callee.name === "keys" || (source.callee.name === "items" && keyTarget?.kind === "name" && keyTarget.name === key.name);
    if (isKey) return [...map.entries.keys()];
    if (source.callee.name !== "items" && source.callee.name !== "values") return null;
    const names = [...map.entries.values()].map((one) => (one.kind === "literal" && typeof one.value === "string" ? one.value : null));
    return names.includes(null) ? null : names.flatMap((one) => one ?? []);
  }

  private removeByClass(test: Expr): boolean {
    if (test.kind !== "call" || test.callee.kind !== "name" || test.callee.name !== "isinstance" || test.args[1] === undefined) return false;
    const cls = this.engine.evaluate(test.args[1], this.engine.moduleFrame(this.method.owner.module));
    if (cls.kind !== "class") return false;
    this.droppedClasses.push(cls.cls);
    return true;
  }

  private namesOf(expr: Expr): ReadonlySet<string> | null {
    const source = withoutWrapper(expr);
    if (source.kind === "sequence")
      return source.items.every((one) => one.kind === "str") ? new Set(source.items.map((one) => (one.kind === "str" ? one.value : ""))) : null;
    const value = this.ownValue(source) ?? this.classValue(source);
    if (value?.kind !== "list" || value.items === null) return null;
    const names = value.items.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
    return names.length === value.items.length ? new Set(names) : null;
  }
}

/** What the request may ask for, or nothing: `query_params.get("fields")`. The plain request asks for nothing. */
function plain(value: Value | null): Value | null {
  if (value?.kind !== "union" || !value.values.some((one) => one.kind === "unknown")) return value;
  return value.values.find((one) => one.kind === "literal" && truth(one) === false) ?? value;
}

/** `self.name`. */
function isSelf(expr: Expr): boolean {
  return expr.kind === "attribute" && expr.object.kind === "name" && expr.object.name === "self";
}

/** A value that is made for the return, other than `super()`'s: which fields it has is not known. */
function chooses(value: Expr): boolean {
  if (value.kind === "name") return false;
  return !partsOf(value).some((one) => one.kind === "call" && one.callee.kind === "name" && one.callee.name === "super") || value.kind === "comprehension";
}

/** An expression and all that it is made of. */
function partsOf(expr: Expr): readonly Expr[] {
  return [expr, ...childrenOf(expr).flatMap(partsOf)];
}

function childrenOf(value: unknown): readonly Expr[] {
  return Object.values(value as Record<string, unknown>).flatMap((part): readonly Expr[] => {
    if (Array.isArray(part)) return part.flatMap((one) => (isExpr(one) ? [one] : typeof one === "object" && one !== null ? childrenOf(one) : []));
    return isExpr(part) ? [part] : [];
  });
}

function isExpr(value: unknown): value is Expr {
  return typeof value === "object" && value !== null && "kind" in value && "start" in value;
}
