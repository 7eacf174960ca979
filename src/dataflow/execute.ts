/** Statements: assignments, branches, loops. */
import type { Assumption } from "./conditions.ts";
import type {
  Assign,
  AugAssign,
  Attribute,
  Call,
  Expr,
  For,
  FunctionDef,
  Handler,
  If,
  Import,
  Match,
  MatchCase,
  Stmt,
  Try,
  While,
  With,
} from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { noteColumnSet } from "./copied-columns.ts";
import { forgetMade } from "./found-or-made.ts";
import { lookUp, type Binding, type Env, type Frame, type Loop } from "./frame.ts";
import { combineExpressions } from "./expression-values.ts";
import { combineQuerysets } from "./querysets.ts";
import { spanOf } from "./recorder.ts";
import { escapeEnv } from "./escape.ts";
import { noteDiscarded, noteUnread } from "./discards.ts";
import { assignToRow } from "./rows.ts";
import { alternatives, freshId, join, joinAll, listOf, NO_ARGS, truth, UNKNOWN, withDoubt, type QuerysetValue, type Value } from "./values.ts";
import { broughtBy, bywayFrom, type Byway } from "./byways.ts";
import { fillingOf, isFillingAfter } from "./remembered.ts";
import { isStoring } from "./stored.ts";
import { isPrefetchedThere } from "./prefetch-cache.ts";
import { ruledOut } from "./ruled-out.ts";
import { assumptions, forgetAttribute, forgetBound, isAskedAgain, isTested } from "./conditions.ts";
import { isKnownClass, narrowing, type Narrowing } from "./instances.ts";
import { inLoop } from "./iteration.ts";
import { runArm, setAttribute, settle, type ArmEnd } from "./attribute-writes.ts";
import { beforeFurtherLoads } from "./early-returns.ts";
import { endsAtOnce, loopOfCaller, noteStatement, runBlock, runOutside, runWhereHolds, varsOutside } from "./leaving.ts";
import { macroValue } from "./template-run.ts";
import { mergeDict, setItem } from "./dicts.ts";
import { isNoneLiteral, nodesIn } from "../python/syntax-tree.ts";

export function execute(engine: Engine, body: readonly Stmt[], frame: Frame): boolean {
  const { assumed, byway } = frame;
  const exits = executeAll(engine, body, frame);
  // What the block has changed is not known behind it either.
  frame.assumed = stillAssumed(assumed, frame.assumed);
  frame.byway = byway;
  return exits;
}

function stillAssumed(before: readonly Assumption[], now: readonly Assumption[]): readonly Assumption[] {
  return before === now || before.every((one) => now.includes(one)) ? before : before.filter((one) => now.includes(one));
}

function executeAll(engine: Engine, body: readonly Stmt[], frame: Frame): boolean {
  for (const [index, stmt] of body.entries()) {
    const end = executeOne(engine, stmt, frame, () => body.slice(index + 1));
    if (end !== "on") return end === "left";
  }
  return false;
}

/** Where a statement leaves the block: at the next one, for good, or behind all the rest, which it ran. */
type End = "on" | "left" | "through";

const endOf = (exits: boolean): End => (exits ? "left" : "on");

/** What follows a statement in its block: few statements ask for it. */
type Rest = () => readonly Stmt[];

function executeOne(engine: Engine, stmt: Stmt, frame: Frame, rest: Rest): End {
  if (engine.fuel > 0 && stmt.kind === "if") {
    engine.fuel--;
    return executeIf(engine, stmt, frame, rest);
  }
  if (engine.fuel > 0 && stmt.kind === "assign") {
    engine.fuel--;
    return executeAssign(engine, stmt, frame, rest);
  }
  if (engine.fuel > 0 && stmt.kind === "try") {
    engine.fuel--;
    return endOf(executeTry(engine, stmt, frame, rest));
  }
  return endOf(executeSimple(engine, stmt, frame));
}

function executeSimple(engine: Engine, stmt: Stmt, frame: Frame): boolean {
  if (engine.fuel-- <= 0) {
    escapeEnv(frame.env);
    return true;
  }
  switch (stmt.kind) {
    case "expr":
      engine.dependsOn = 0;
      noteDiscarded(engine, stmt.value, engine.evaluate(stmt.value, frame), frame);
      return false;
    case "augment":
      executeAugment(engine, stmt, frame);
      return false;
    case "return":
      executeReturn(engine, stmt.value, frame);
      return true;
    case "raise":
      if (stmt.value !== null) executeRaise(engine, stmt.value, frame);
      return true;
    case "for":
      return executeFor(engine, stmt, frame);
    case "while":
      return executeWhile(engine, stmt, frame);
    case "with":
      return executeWith(engine, stmt, frame);
    case "match":
      return executeMatch(engine, stmt, frame);
    case "function":
      bindFunction(engine, stmt, frame);
      return false;
    case "class":
    case "scope":
      return false;
    case "import":
      bindImports(engine, stmt, frame);
      return false;
    case "delete":
      for (const target of stmt.targets) if (target.kind === "name") frame.env.vars.delete(target.name);
      return false;
    case "jump":
      return stmt.type !== "pass";
    default:
      engine.template([stmt], frame);
      return false;
  }
}

function executeReturn(engine: Engine, value: Expr | null, frame: Frame): void {
  engine.dependsOn = 0;
  const result = value === null ? UNKNOWN : runOutside(frame, loopOfCaller(frame), () => engine.evaluate(value, frame));
  frame.returns.push(broughtBy(frame, result));
}

/** An error is made once, and what its text costs is not what makes a page slow. */
function executeRaise(engine: Engine, value: Expr, frame: Frame): void {
  engine.recorder.capture(() => runOutside(frame, null, () => engine.escape(engine.evaluate(value, frame))));
}

function executeAssign(engine: Engine, stmt: Assign, frame: Frame, rest: Rest): End {
  if (stmt.value === null) {
    const typed = engine.annotated(stmt.annotation, frame);
    if (typed.kind !== "unknown") for (const target of stmt.targets) engine.assign(target, typed, frame, 0);
    return "on";
  }
  engine.dependsOn = 0;
  let value = engine.evaluate(stmt.value, frame);
  const loop = engine.dependsOn;
  if (value.kind === "unknown" && stmt.annotation !== null) value = engine.annotated(stmt.annotation, frame);
  noteUnread(engine, stmt, value, frame);
  value = broughtBy(frame, value);
  const to = (one: Value): void => stmt.targets.forEach((target) => engine.assign(target, one, frame, loop));
  if (!tellsWhichCase(stmt, value, rest, frame)) {
    to(value);
    return "on";
  }
  const arms = alternatives(value).map((one): Arm => [
    "",
    () => {
      to(one);
      return false;
    },
  ]);
  return runEach(engine, frame, runArms(engine, frame, arms), rest()) ? "left" : "through";
}

/** `found, rows = search()`, and then `if not found`: a tuple's first item tells which one it is. */
function tellsWhichCase({ targets: [target, ...others] }: Assign, value: Value, rest: Rest, frame: Frame): boolean {
  if (value.kind !== "union" || frame.ways * value.values.length > MOST_WAYS) return false;
  if (target?.kind !== "sequence" || others.length > 0) return false;
  return target.items.some((name, index) => {
    if (name.kind !== "name") return false;
    const cells = value.values.map((one) => (one.kind === "list" && one.items?.length === target.items.length ? one.items[index] : undefined));
    const answers = cells.map((cell) => (cell === undefined ? null : truth(cell)));
    return !answers.includes(null) && new Set(answers).size > 1 && isTested(name.name, rest());
  });
}

function executeAugment(engine: Engine, stmt: AugAssign, frame: Frame): void {
  engine.dependsOn = 0;
  const value = engine.evaluate(stmt.value, frame);
  const current = engine.evaluate(stmt.target, frame);
  const loopId = frame.loop?.id ?? 0;
  if (current.kind === "list") {
    const added = engine.iterate(value, spanOf(frame.file, stmt.value), frame).element;
    current.items = null;
    current.element = current.element.kind === "unknown" ? added : join(current.element, added);
    return;
  }
  if (current.kind === "dict" && stmt.operator === "|") {
    mergeDict(current, value, frame);
    return;
  }
  const isSetOperation = stmt.operator === "|" || stmt.operator === "&";
  const combined = isSetOperation ? combineQuerysets(current, value, stmt.operator) : null;
  const next =
    combined ??
    (current.kind === "queryset" || value.kind === "queryset" ? join(current, value) : (combineExpressions(engine, stmt.operator, current, value) ?? UNKNOWN));
  engine.assign(stmt.target, next, frame, loopId);
}

export function assign(engine: Engine, target: Expr, value: Value, frame: Frame, loop: number): void {
  switch (target.kind) {
    case "name":
      frame.env.vars.set(target.name, { value: frame.loop !== null && frame.env.vars.get(target.name)?.isGone === true ? standIn(value) : value, loop });
      return;
    case "sequence":
      return assignItems(engine, target.items, value, frame, loop);
    case "star":
      return engine.assign(target.value, listOf(value), frame, loop);
    case "attribute": {
      const object = engine.evaluate(target.object, frame);
      forgetAttribute(frame, target.name);
      noteColumnSet(engine, object, target.name);
      // Stubs are followed through their attributes; in the project any method may read one.
      if (frame.module?.origin !== "builtin") engine.escape(value);
      if (object.kind === "object") setAttribute(engine, object, target.name, value, frame);
      else for (const one of alternatives(object)) assignToOne(engine, one, target.name, value, frame);
      return;
    }
    case "subscript": {
      const object = engine.evaluate(target.object, frame);
      const index = engine.evaluate(target.index, frame);
      if (object.kind === "dict") setItem(object, index, value, frame);
      else if (object.kind === "list") {
        object.items = null;
        object.element = join(object.element, value);
      } else if (object.kind === "object") {
        object.attrs.set("[]", value);
      } else engine.escape(value);
      return;
    }
    default:
      return;
  }
}

/** Whichever of several rows it is, the attribute is set on it. */
/** `if not rows: rows = …`: only those rounds ask for it that were handed none. */
function standIn(value: Value): Value {
  return joinAll(alternatives(value).map((one) => (one.kind === "queryset" ? withDoubt(one, STAND_IN) : one)));
}

const STAND_IN = "only rounds for which what it stands in for has no rows ask for it";

function assignToOne(engine: Engine, one: Value, name: string, value: Value, frame: Frame): void {
  if (one.kind !== "row") return engine.escape(value);
  one.origin.asInstances = true;
  assignToRow(one, name, value, frame);
}

function assignItems(engine: Engine, targets: readonly Expr[], value: Value, frame: Frame, loop: number): void {
  const at = spanOf(frame.file, targets[0] ?? { start: 0, end: 0 });
  const items = (one: Value): Value => engine.iterate(one, at, frame, "unpack").element;
  // As many names, as many rows: each stands for itself.
  const columns = columnsOf(value, targets.length, (one) => inLoop(items(one), frame.loop));
  const all = columns === null ? items(value) : UNKNOWN;
  for (const [index, target] of targets.entries()) {
    // `first, *others = orders`: all but one.
    if (target.kind === "star" && columns === null) engine.assign(target.value, listOf(all), frame, loop);
    else engine.assign(target, columns?.[index] ?? inLoop(all, frame.loop), frame, loop);
  }
}

/** What stands at each place of the tuples of that length that the value can be, and what its other ways have for any place; null where none is a tuple. */
function columnsOf(value: Value, length: number, each: (one: Value) => Value): readonly Value[] | null {
  const ways = alternatives(value);
  const tuples = ways.flatMap((one) => (one.kind === "list" && one.items?.length === length ? [one.items] : []));
  if (tuples.length === 0) return null;
  const anywhere = tuples.length === ways.length ? [] : [each(joinAll(ways.filter((one) => one.kind !== "list" || one.items?.length !== length)))];
  return Array.from({ length }, (_, index) => joinAll([...tuples.flatMap((items) => items[index] ?? []), ...anywhere]));
}

/** An `if` with all its `elif`s: each arm is a way of its own. */
function executeIf(engine: Engine, stmt: If, frame: Frame, rest: Rest): End {
  const before = pointOf(frame);
  const arms: Arm[] = [];
  const tests: Expr[] = [];
  const told: ReadonlyMap<string, Binding>[] = [];
  let branch = "";
  let next: If | null = stmt;
  while (next !== null) {
    const { test, then, otherwise, start }: If = next;
    engine.dependsOn = 0;
    const known: boolean | null = holdsAsFarAsKnown(engine, test, frame);
    const isSure: boolean = known === true || (known === null && givesWhatItTests(next));
    if (isSure || known === false) {
      next = isSure ? null : elifOf(next);
      const last = isSure ? then : otherwise;
      if (next === null && tests.length === 0) return endOf(executeKnown(engine, test, isSure, [last, isSure ? otherwise : then], rest, frame));
      if (next === null) arms.push(armFrom(engine, frame, branch, last));
      continue;
    }
    const narrowed = withoutStored(next, frame) ?? narrowing(engine, test, frame);
    const here = pointOf(frame);
    follow(engine, test, true, narrowed.then, [...then, ...rest()], frame);
    arms.push(armFrom(engine, frame, `${branch}${start}:then`, then, test));
    goTo(frame, here);
    follow(engine, test, false, narrowed.otherwise, [...otherwise, ...rest()], frame);
    told.push(narrowed.then, narrowed.otherwise);
    tests.push(test);
    branch += `${start}:else`;
    next = elifOf(next);
    if (next === null) arms.push(armFrom(engine, frame, branch, otherwise));
    else branch += "/";
  }
  goTo(frame, before);
  const ways = runArms(engine, frame, arms);
  forgetMade(ways, told);
  return areToldApart(ways, tests, rest, frame) ? (runEach(engine, frame, ways, rest()) ? "left" : "through") : endOf(comeTogether(frame, ways));
}

function holdsAsFarAsKnown(engine: Engine, test: Expr, frame: Frame): boolean | null {
  const known = engine.holds(test, engine.evaluate(test, frame), frame) ?? isKnownClass(test, frame);
  if (known !== null || test.kind !== "bool" || test.items.every((one) => isKnownClass(one, frame) === null)) return known;
  const parts = test.items.map((one) => isKnownClass(one, frame) ?? engine.holds(one, engine.evaluate(one, frame), frame));
  const isAnd = test.operator === "and";
  if (parts.includes(!isAnd)) return !isAnd;
  return parts.includes(null) ? null : isAnd;
}

/** The first round finds nothing kept: what is known of its answer holds for it alone. */
function executeKnown(engine: Engine, test: Expr, holds: boolean, [taken, other]: readonly [Stmts, Stmts], rest: Rest, frame: Frame): boolean {
  const { byway } = frame;
  const filling = frame.loop === null ? null : fillingOf(test, holds, [...taken, ...rest()], frame);
  if (filling === null) return executeBlock(engine, taken, frame);
  frame.byway = bywayFrom(frame, filling);
  const exits = executeBlock(engine, taken, frame);
  // Where the other way has left the function, all that follows is on this one.
  if (!endsAtOnce(other)) frame.byway = byway;
  return exits;
}

type Stmts = readonly Stmt[];

/** `elif` is an `if` alone in what is otherwise done. */
function elifOf({ otherwise: [first, ...others] }: If): If | null {
  return first?.kind === "if" && others.length === 0 ? first : null;
}

/** What is known at a place of the function. */
interface Point {
  readonly vars: Map<string, Binding>;
  readonly assumed: readonly Assumption[];
  readonly byway: Byway | undefined;
}

function pointOf({ env, assumed, byway }: Frame): Point {
  return { vars: env.vars, assumed, byway };
}

function goTo(frame: Frame, { vars, assumed, byway }: Point): void {
  frame.env.vars = vars;
  frame.assumed = assumed;
  frame.byway = byway;
}

/** Goes on where a test holds, or does not. */
function follow(engine: Engine, test: Expr, holds: boolean, narrowed: ReadonlyMap<string, Binding>, ahead: readonly Stmt[], frame: Frame): void {
  frame.env.vars = new Map([...frame.env.vars, ...narrowed]);
  frame.assumed = [...frame.assumed, ...assumptions(test, holds, frame)];
  frame.byway = ruledOut(engine, test, holds, frame) ?? frame.byway;
  const filling = fillingOf(test, holds, ahead, frame);
  if (filling !== null) frame.byway = bywayFrom(frame, filling);
  else if (isStoring(engine, test, holds, ahead, frame)) frame.byway = bywayFrom(frame, "stored");
}

/** The arm starts from what is known here; `test` holds in it. */
function armFrom(engine: Engine, frame: Frame, label: string, body: readonly Stmt[], test: Expr | null = null): Arm {
  const run = (): boolean => executeBlock(engine, body, frame);
  return [label, test === null ? run : () => runWhereHolds(test, frame, run), pointOf(frame)];
}

/** Ways that a block is run again for, one after the other: three conditions one after another make eight. Ours. */
const MOST_WAYS = 8;

/** The ways leave other rows behind, and what follows asks again which of them was taken. */
function areToldApart([first, ...others]: readonly Way[], tests: readonly Expr[], rest: Rest, frame: Frame): boolean {
  if (first === undefined || others.length === 0 || frame.ways * (others.length + 1) > MOST_WAYS) return false;
  const areOtherRows = others.some((other) => differing(first, other).some((name) => loadOtherwise(first.vars.get(name), other.vars.get(name))));
  if (!areOtherRows && ![first, ...others].some(({ attributes }) => attributes.some(holdsRows))) return false;
  const after = rest();
  if (tests.some((test) => isAskedAgain(test, after))) return true;
  return others.some((other) => differing(first, other).some((name) => isAnswer(first.vars.get(name), other.vars.get(name)) && isTested(name, after)));
}

/** Names that the ways bind otherwise; a function may have hundreds that they do not. */
function differing({ vars }: Way, other: Way): readonly string[] {
  const names: string[] = [];
  for (const [name, binding] of vars) if (other.vars.get(name) !== binding) names.push(name);
  for (const name of other.vars.keys()) if (!vars.has(name)) names.push(name);
  return names;
}

function holdsRows(binding: { readonly value: Value } | undefined): boolean {
  return binding !== undefined && alternatives(binding.value).some((one) => one.kind === "queryset" || one.kind === "row" || one.kind === "list");
}

/** One holds rows, and the other none that load the same: `rows.filter()` on one way changes nothing of what is read of them. */
function loadOtherwise(a: Binding | undefined, b: Binding | undefined): boolean {
  if (!holdsRows(a) && !holdsRows(b)) return false;
  if (a === undefined || b === undefined) return true;
  const [some, others] = [alternatives(a.value), alternatives(b.value)];
  return some.length !== others.length || !some.every((one) => others.some((other) => loadsAlike(one, other)));
}

function loadsAlike(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.kind === "row" && b.kind === "row") return a.load === b.load && a.origin === b.origin;
  if (a.kind !== "queryset" || b.kind !== "queryset") return false;
  // A filter of prefetched rows asks the database again.
  const isKept = a.related === null && b.related === null && !a.prefetched && !b.prefetched;
  return isKept && a.load === b.load && a.origin === b.origin && a.shape === b.shape && a.isEmpty === b.isEmpty && a.evaluated === b.evaluated;
}

/** `related = True` on one way, `related = False` on the other; `how = "new"` and `how = "changed"`. */
function isAnswer(a: Binding | undefined, b: Binding | undefined): boolean {
  return a?.value.kind === "literal" && b?.value.kind === "literal" && a.value.value !== b.value.value;
}

const STORED = "only rows without the stored number ask for it";

/** `if self.total is not None: return self.total`: what comes after is for rows that have no number stored. */
function withoutStored({ test, then }: If, frame: Frame): Narrowing | null {
  const [returned] = then;
  const read = test.kind === "compare" && test.operators[0] === "is not" && isNoneLiteral(test.rights[0]) ? test.left : test;
  if (read.kind !== "attribute" || read.object.kind !== "name" || returned?.kind !== "return") return null;
  if (
    returned.value?.kind !== "attribute" ||
    returned.value.name !== read.name ||
    returned.value.object.kind !== "name" ||
    returned.value.object.name !== read.object.name
  )
    return null;
  const binding = lookUp(frame.env, read.object.name);
  const row = binding?.value;
  if (binding === null || row?.kind !== "row" || !NUMBER.test(row.model.fields.get(read.name)?.type ?? "")) return null;
  return { then: new Map(), otherwise: new Map([[read.object.name, { ...binding, value: { ...row, doubts: [...row.doubts, STORED] } }]]) };
}

const NUMBER = /(?:Integer|Float|Decimal)Field$/;

/** `if names: rows = rows.prefetch_related(*names)`, `if name: rows = rows.select_related(name)`: without names the call would load nothing either. */
function givesWhatItTests({ test, then, otherwise }: If): boolean {
  if (otherwise.length > 0 || (test.kind !== "name" && test.kind !== "walrus")) return false;
  const isTested = (expr: Expr): boolean => expr.kind === "name" && expr.name === test.name;
  return then.every((stmt) => {
    if (stmt.kind !== "assign" || stmt.value?.kind !== "call") return false;
    const { callee, args, keywords } = stmt.value;
    if (callee.kind === "attribute" && EAGER.has(callee.name) && args.length === 1 && args.every(isTested)) return true;
    return args.some((one) => one.kind === "star" && isTested(one.value)) || keywords.some((one) => one.name === "" && isTested(one.value));
  });
}

const EAGER: ReadonlySet<string> = new Set(["select_related", "prefetch_related"]);

function executeBlock(engine: Engine, body: readonly Stmt[], frame: Frame): boolean {
  return runBlock(body, frame, (part) => engine.execute(part, frame));
}

/** `from`: what is known where it begins, which nobody else goes on from. */
type Arm = readonly [label: string, run: () => boolean, from?: Point];

/** What an arm that comes out leaves behind. */
interface Way extends Point {
  readonly attributes: ArmEnd["ends"];
}

/** Runs every arm from the same state and joins what the ones that come out leave behind. */
function branches(engine: Engine, frame: Frame, arms: readonly Arm[]): boolean {
  return comeTogether(frame, runArms(engine, frame, arms));
}

/** Runs every arm from the same state. */
function runArms(engine: Engine, frame: Frame, arms: readonly Arm[]): Way[] {
  const before = frame.env.vars;
  const { branch, assumed, byway } = frame;
  const ways: Way[] = [];
  const written: ArmEnd[] = [];
  for (const [label, run, from] of arms) {
    goTo(frame, from ?? { vars: new Map(before), assumed, byway });
    frame.branch = label === "" ? branch : `${branch}/${label}`;
    const end = runArm(frame, run);
    written.push(end);
    if (!end.exits) ways.push({ vars: frame.env.vars, assumed: frame.assumed, byway: frame.byway, attributes: end.ends });
  }
  frame.branch = branch;
  settle(engine, frame, written);
  goTo(frame, { vars: before, assumed, byway });
  return ways;
}

/** True when no way comes out. What held on all of them holds from here on. */
function comeTogether(frame: Frame, [first, ...others]: readonly Way[]): boolean {
  if (first === undefined) return true;
  frame.assumed = first.assumed.filter((one) => others.every(({ assumed }) => assumed.includes(one)));
  if (others.every(({ byway }) => byway === first.byway)) frame.byway = first.byway;
  // What one way has said of a name from outside, the others leave as it is there.
  const outside = frame.env.parent;
  const names = outside === null ? [] : [first, ...others].flatMap(({ vars }) => [...vars.keys()]);
  const ways = [first, ...others].map(({ vars }) => (outside === null ? vars : withOutside(vars, names, outside)));
  frame.env.vars = first.vars;
  for (const vars of ways) joinInto(frame.env.vars, vars);
  return false;
}

function withOutside(vars: ReadonlyMap<string, Binding>, names: readonly string[], outside: Env): ReadonlyMap<string, Binding> {
  const added = names.flatMap((name): [string, Binding][] => {
    const binding = vars.has(name) ? null : lookUp(outside, name);
    return binding === null ? [] : [[name, binding]];
  });
  return added.length === 0 ? vars : new Map([...vars, ...added]);
}

/** Runs the rest of a block for each way by itself: what one loads says nothing of the others. */
function runEach(engine: Engine, frame: Frame, ways: readonly Way[], rest: readonly Stmt[]): boolean {
  const { ways: outer } = frame;
  const { filled } = engine;
  const all: QuerysetValue[] = [];
  frame.ways = outer * ways.length;
  const exits = branches(
    engine,
    frame,
    ways.map(({ vars, assumed, byway, attributes }): Arm => [
      "",
      () => {
        frame.env.vars = vars;
        frame.assumed = assumed;
        frame.byway = byway;
        for (const { object, name, value } of attributes) setAttribute(engine, object, name, value, frame);
        engine.filled = [];
        const left = executeAll(engine, rest, frame);
        for (const queryset of engine.filled) Object.assign(queryset, { evaluated: false, rows: null });
        all.push(...engine.filled);
        return left;
      },
    ]),
  );
  for (const queryset of all) queryset.evaluated = true;
  engine.filled = filled;
  filled?.push(...all);
  frame.ways = outer;
  return exits;
}

/** `joined` is nobody else's: it is changed in place. */
function joinInto(joined: Map<string, Binding>, state: ReadonlyMap<string, Binding>): Map<string, Binding> {
  for (const [name, binding] of state) {
    const had = joined.get(name);
    if (had === undefined) joined.set(name, binding);
    else if (had !== binding) {
      joined.set(name, { value: join(had.value, binding.value), loop: Math.max(had.loop, binding.loop) });
    }
  }
  return joined;
}

function executeFor(engine: Engine, stmt: For, frame: Frame): boolean {
  engine.dependsOn = 0;
  const source = engine.evaluate(stmt.iterable, frame);
  const head = { file: frame.file, start: stmt.start, end: stmt.headEnd };
  const outer = engine.awaiting;
  engine.awaiting = stmt.isAsync;
  const { element, loop } = engine.iterate(source, spanOf(frame.file, stmt.iterable), frame, "iterate", head);
  if (source.kind === "list" && source.items?.length === 0) return engine.execute(stmt.otherwise, frame);
  engine.awaiting = outer;
  noteStatement(loop, stmt);
  if (endsAtOnce(stmt.body)) return executeOnce(engine, stmt, inLoop(element, frame.loop), frame);
  const rounds = casesOf(source) ?? [element];
  runLoop(stmt, loop, frame, () => {
    for (const one of rounds) {
      engine.assign(stmt.target, one, frame, loop.id);
      executeBlock(engine, stmt.body, frame);
    }
  });
  engine.execute(stmt.otherwise, frame);
  return false;
}

/** Longer tables are taken as a whole. Ours. */
const MOST_CASES = 32;

/** A table of cases, `[(rows, True), (others, False)]`, or of classes: what one line says holds for that line alone. */
function casesOf(source: Value): readonly Value[] | null {
  const items = source.kind === "list" ? source.items : null;
  if (items === null || items.length < 2 || items.length > MOST_CASES) return null;
  const isCase = (one: Value): boolean =>
    one.kind === "class" || (one.kind === "list" && one.items?.some((cell) => cell.kind === "literal" && typeof cell.value === "boolean") === true);
  return items.every(isCase) ? items : null;
}

/** A loop whose body always leaves it takes one item at most. */
function executeOnce(engine: Engine, stmt: For, element: Value, frame: Frame): boolean {
  return branches(engine, frame, [
    [
      `${stmt.start}:loop`,
      () => {
        engine.assign(stmt.target, element, frame, 0);
        return engine.execute(stmt.body, frame) && stmt.body.at(-1)?.kind !== "jump";
      },
    ],
    [`${stmt.start}:none`, () => engine.execute(stmt.otherwise, frame)],
  ]);
}

function executeWhile(engine: Engine, stmt: While, frame: Frame): boolean {
  const span = { file: frame.file, start: stmt.start, end: stmt.headEnd };
  const loop: Loop = { id: freshId(), span, over: "while", origin: null, depth: frame.depth, outer: frame.loop };
  runLoop(stmt, loop, frame, () => {
    engine.test(engine.evaluate(stmt.test, frame), spanOf(frame.file, stmt.test), frame);
    engine.execute(stmt.body, frame);
  });
  engine.execute(stmt.otherwise, frame);
  return false;
}

function runLoop(stmt: For | While, loop: Loop, frame: Frame, body: () => void): void {
  const before = frame.env.vars;
  const outer = frame.loop;
  const { branch, isGuarded } = frame;
  frame.env.vars = new Map(before);
  forgetBound(frame, stmt);
  const { assumed } = frame;
  frame.branch = `${branch}/${stmt.start}:loop`;
  frame.loop = loop;
  frame.isGuarded = false;
  body();
  frame.assumed = stillAssumed(assumed, frame.assumed);
  frame.isGuarded = isGuarded;
  frame.branch = branch;
  frame.loop = outer;
  // A template's loop takes its names with it: `{{ object }}` after it is what it was before.
  frame.env.vars = frame.template === null ? joinInto(varsOutside(frame.env.vars, new Set([loop.id]), outer), before) : before;
}

function executeWith(engine: Engine, stmt: With, frame: Frame): boolean {
  for (const { context, target } of stmt.items) {
    engine.dependsOn = 0;
    const value = engine.evaluate(context, frame);
    const entered = enteredValue(engine, value, spanOf(frame.file, context), frame);
    if (target !== null) engine.assign(target, entered, frame, engine.dependsOn);
  }
  return engine.execute(stmt.body, frame);
}

function enteredValue(engine: Engine, value: Value, span: Loop["span"], frame: Frame): Value {
  if (value.kind === "list" && value.type === "generator") return value.element;
  // `with requests.Session() as session`: what a library hands out is taken for the thing itself.
  if (value.kind === "external") return value;
  if (value.kind !== "object") return value.kind === "unknown" ? value : UNKNOWN;
  return engine.callMethod(value, "__enter__", NO_ARGS, { span, frame, expr: null });
}

function executeTry(engine: Engine, stmt: Try, frame: Frame, rest: Rest): boolean {
  const arms: Arm[] = [
    ["try", () => executeGuarded(engine, stmt.body, frame) || engine.execute(stmt.otherwise, frame)],
    ...stmt.handlers
      .filter((handler) => !isNeverRaised(handler, stmt.body, frame) && !isPrefetchedThere(engine, handler, stmt.body, frame))
      .map((handler, index): Arm => [
        `${handler.start}:except${index}`,
        () => {
          if (handler.name !== null) frame.env.vars.set(handler.name, { value: UNKNOWN, loop: 0 });
          if (isFailure(handler.type)) return executeRarely(engine, handler.body, frame);
          frame.byway = bywayFrom(frame, isFillingAfter(stmt, handler, rest(), frame) ? "kept" : "handler");
          return executeBlock(engine, handler.body, frame);
        },
      ]),
  ];
  if (stmt.handlers.length === 0) {
    const exits = engine.execute(stmt.body, frame) || engine.execute(stmt.otherwise, frame);
    return engine.execute(stmt.finally, frame) || exits;
  }
  // A handler sees what the body assigned before it failed: the body runs in the handlers' state too.
  const exits = branches(engine, frame, withBodyState(frame, arms));
  return engine.execute(stmt.finally, frame) || exits;
}

/** Errors by which code asks a question: is there such a row, such a key, is the value well formed? */
const ANSWERS =
  /DoesNotExist$|NotFound$|Http404|^(?:Key|Index|Lookup|Attribute|Value|Type|Validation|FieldDoesNotExist|StopIteration|Permission|Import|ModuleNotFound|Unicode)\w*$|Invalid|NoReverseMatch|MultipleObjectsReturned|AlreadyExists/;

/** `try: return row.n` or `return getattr(row, "n")`, `except AttributeError`: the queryset annotates the row with what is read. */
function isNeverRaised({ type }: Handler, body: readonly Stmt[], frame: Frame): boolean {
  if (type?.kind !== "name" || type.name !== "AttributeError") return false;
  const reads = body.flatMap((stmt) => nodesIn(stmt)).filter((node) => node.kind === "attribute" || node.kind === "call");
  return reads.length > 0 && reads.every((read) => isAnnotated(read, frame));
}

function isAnnotated(read: Attribute | Call, frame: Frame): boolean {
  if (read.kind === "attribute") return isAnnotatedWith(read.object, read.name, frame);
  const [object, name, ...others] = read.callee.kind === "name" && read.callee.name === "getattr" ? read.args : [];
  return object !== undefined && name?.kind === "str" && others.length === 0 && isAnnotatedWith(object, name.value, frame);
}

function isAnnotatedWith(object: Expr, name: string, frame: Frame): boolean {
  const value = object.kind === "name" ? lookUp(frame.env, object.name)?.value : undefined;
  return value?.kind === "row" && value.load.annotated.has(name);
}

/** Anything else went wrong: another process was faster, a server is away, nobody knows. */
function isFailure(type: Expr | null): boolean {
  if (type?.kind === "sequence") return type.items.every(isFailure);
  if (type === null) return true;
  return (type.kind === "name" || type.kind === "attribute") && !ANSWERS.test(type.name);
}

/** What hardly ever happens does not happen in each round. */
function executeRarely(engine: Engine, body: readonly Stmt[], frame: Frame): boolean {
  let exits = false;
  engine.recorder.capture(() => {
    exits = runOutside(frame, null, () => engine.execute(body, frame));
  });
  return exits;
}

/** What is raised here may be caught by the statement's own handlers. */
function executeGuarded(engine: Engine, body: readonly Stmt[], frame: Frame): boolean {
  const outer = frame.isGuarded;
  frame.isGuarded = true;
  const exits = engine.execute(body, frame);
  frame.isGuarded = outer;
  return exits;
}

function withBodyState(frame: Frame, arms: readonly Arm[]): Arm[] {
  let after: Map<string, Binding> | null = null;
  return arms.map(([label, run], index): Arm => [
    label,
    () => {
      if (index === 0) {
        const exits = run();
        after = frame.env.vars;
        return exits;
      }
      if (after !== null) joinInto(frame.env.vars, after);
      return run();
    },
  ]);
}

function executeMatch(engine: Engine, stmt: Match, frame: Frame): boolean {
  engine.dependsOn = 0;
  const subject = engine.evaluate(stmt.subject, frame);
  const { cases, isSure } = casesFor(engine, stmt, subject, frame);
  const arms = cases.map((one): Arm => [
    `${one.start}:case`,
    () => {
      for (const name of one.binds) frame.env.vars.set(name, { value: UNKNOWN, loop: frame.loop?.id ?? 0 });
      for (const value of one.values) engine.evaluate(value, frame);
      if (one.guard !== null) engine.evaluate(one.guard, frame);
      return executeBlock(engine, one.body, frame);
    },
  ]);
  return branches(engine, frame, isSure ? arms : [...arms, [`${stmt.start}:none`, () => false]]);
}

/** Cases that a subject can be; those of other texts and numbers are not, and what comes after its own is not asked. */
function casesFor(engine: Engine, stmt: Match, subject: Value, frame: Frame): { readonly cases: readonly MatchCase[]; readonly isSure: boolean } {
  if (subject.kind !== "literal") return { cases: stmt.cases, isSure: false };
  const cases: MatchCase[] = [];
  for (const one of stmt.cases) {
    const values = one.values.map((value) => engine.evaluate(value, frame));
    const areKnown = values.every(({ kind }) => kind === "literal");
    const isIt = values.some((value) => value.kind === "literal" && value.value === subject.value);
    const isAny = values.length === 0 && one.binds.length === 0;
    if (areKnown && !isIt && !isAny && values.length > 0) continue;
    cases.push(one);
    if (areKnown && (isIt || isAny) && one.guard === null) return { cases, isSure: true };
  }
  return { cases, isSure: false };
}

function bindFunction(engine: Engine, stmt: FunctionDef, frame: Frame): void {
  if (frame.module === null) {
    frame.env.vars.set(stmt.name, { value: macroValue(engine, stmt, frame), loop: 0 });
    return;
  }
  const closure = frame.def === null ? null : frame.env;
  const value: Value = { kind: "function", module: frame.module, def: stmt, closure, owner: frame.owner, self: frame.self };
  frame.env.vars.set(stmt.name, { value, loop: 0 });
  if (closure !== null && stmt.decorators.length > 0) engine.escape(value);
}

function bindImports(engine: Engine, stmt: Import, frame: Frame): void {
  if (frame.module === null) return;
  for (const { name, alias } of stmt.names) {
    if (name === "*") continue;
    if (stmt.from === null && stmt.level === 0) {
      const bound = alias ?? name.split(".")[0] ?? name;
      const symbol = engine.program.resolveDotted(alias === null ? bound : name);
      frame.env.vars.set(bound, { value: engine.symbol(symbol), loop: 0 });
      continue;
    }
    const base = absoluteModule(frame.module.name, frame.module.isPackage, stmt.level, stmt.from);
    const symbol = engine.program.resolveDotted(base === "" ? name : `${base}.${name}`);
    frame.env.vars.set(alias ?? name, { value: engine.symbol(symbol), loop: 0 });
  }
}

export function absoluteModule(name: string, isPackage: boolean, level: number, from: string | null): string {
  if (level === 0) return from ?? "";
  const parts = name.split(".");
  const kept = parts.slice(0, parts.length - level + (isPackage ? 1 : 0));
  return [...kept, ...(from === null ? [] : [from])].join(".");
}

/** Functions return what their paths return; generators, what they yield. */
export function resultOf(frame: Frame, isGenerator: boolean, fellThrough: boolean): Value {
  if (isGenerator) return listOf(joinAll(frame.yields), "generator");
  const none: Value = { kind: "literal", value: null };
  // What always raises gives nothing to anyone.
  if (frame.returns.length === 0) return fellThrough ? none : UNKNOWN;
  const given = joinAll(frame.returns.map((one, index) => beforeFurtherLoads(one, frame.returns.slice(index + 1))));
  return fellThrough ? join(given, none) : given;
}
