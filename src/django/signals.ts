import type { Call, Expr, Stmt } from "../model/ir.ts";
import type { Model, ModelGraph, PythonModule, SignalReceiver } from "../model/project.ts";
import { isNoneLiteral, nodesIn } from "../python/syntax-tree.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { dottedName, withLocals } from "../python/program-scope.ts";
import type { Draft } from "./model-drafts.ts";
import type { LabelIndex } from "./label-index.ts";
import type { TargetReader } from "./relation-target.ts";

/** Signals that have receivers, by the label of the sending model; `*` for receivers of every sender. */
export type SignalFacts = ReadonlyMap<string, ReadonlySet<string>>;

export interface ReadSignals {
  readonly facts: SignalFacts;
  /** Functions of modules whose senders can be read; methods and functions within functions are not among them. */
  readonly receivers: readonly SignalReceiver[];
}

export const everySender = "*";

const modelSignals = new Set("pre_init post_init pre_save post_save pre_delete post_delete m2m_changed".split(" "));

/** Finds `@receiver(post_save, sender=X)`, `post_save.connect(f, sender=X)`, also by position, and `Receiver(post_save, X, f)` in modules that import signals. */
export function readSignals(program: ResolvedProgram, index: LabelIndex, readTarget: TargetReader): ReadSignals {
  const facts = new Map<string, Set<string>>();
  const receivers: SignalReceiver[] = [];

  const record = (module: PythonModule, call: Call, signals: readonly string[], receiver: Pick<SignalReceiver, "module" | "def"> | null): void => {
    const sender = senderIn(call);
    if (receiver !== null)
      for (const label of readableSenders(module, sender)) receivers.push(...signals.map((signal) => ({ signal, sender: label, ...receiver })));
    for (const label of sendersOf(module, sender)) add(label, signals);
  };

  const add = (label: string, signals: readonly string[]): void => {
    const known = facts.get(label) ?? new Set<string>();
    for (const signal of signals) known.add(signal);
    facts.set(label, known);
  };

  /** A sender that cannot be read may be any model. */
  const sendersOf = (module: PythonModule, sender: Expr | null): readonly string[] => {
    if (!sender || isNoneLiteral(sender)) return [everySender];
    if (sender.kind === "attribute" && sender.name === "through" && sender.object.kind === "attribute") {
      const holder = draftOf(module, sender.object.object);
      return holder ? [`${holder.label}_${sender.object.name}`] : [everySender];
    }
    const draft = draftOf(module, sender);
    if (draft) return [draft.label];
    return isOtherClass(module, sender) ? [] : [everySender];
  };

  /** What cannot be read as a sender calls nothing here. */
  const readableSenders = (module: PythonModule, sender: Expr | null): readonly string[] => {
    const labels = sendersOf(module, sender);
    const isEvery = sender === null || isNoneLiteral(sender);
    return isEvery ? labels : labels.filter((label) => label !== everySender);
  };

  const draftOf = (module: PythonModule, expr: Expr): Draft | null => {
    const target = readTarget({ module, expr }, null);
    return target && index.draftOf(target, null);
  };

  /** Senders that are no models: an AppConfig, a Celery app. */
  const isOtherClass = (module: PythonModule, expr: Expr): boolean => {
    const symbol = program.resolveExpression(module, expr);
    return symbol?.kind === "class" || symbol?.kind === "external";
  };

  const signalsIn = (module: PythonModule, expr: Expr | undefined): readonly string[] => {
    if (!expr) return [];
    if (expr.kind === "sequence") return expr.items.flatMap((item) => signalsIn(module, item));
    const name = dottedName(expr)?.split(".").at(-1) ?? "";
    if (modelSignals.has(name)) return [name];
    const symbol = program.resolveExpression(module, expr);
    const value = symbol?.kind === "variable" ? symbol.values.at(-1) : undefined;
    return value && value.kind !== "name" && symbol?.kind === "variable" ? signalsIn(symbol.module, value) : [];
  };

  const visitCall = (module: PythonModule, call: Call): void => {
    const { callee } = call;
    if (callee.kind === "attribute" && callee.name === "connect") record(module, call, signalsIn(module, callee.object), connected(module, call));
  };

  /** A class or a function of the project that is handed a signal and a model connects them somewhere. */
  const visitHanded = (module: PythonModule, stmt: Stmt): void => {
    for (const call of nodesIn(stmt)) {
      if (call.kind !== "call" || (call.callee.kind === "attribute" && !/^[A-Z]/.test(call.callee.name))) continue;
      const given = [...call.args, ...call.keywords.map(({ value }) => value)];
      const signals = given.flatMap((one) => dottedName(one)?.split(".").at(-1) ?? []).filter((name) => modelSignals.has(name));
      if (signals.length === 0) continue;
      for (const one of given) {
        const draft = draftOf(module, one);
        if (draft) add(draft.label, signals);
      }
    }
  };

  const connected = (module: PythonModule, call: Call): Pick<SignalReceiver, "module" | "def"> | null => {
    const expr = call.args[0] ?? call.keywords.find((each) => each.name === "receiver")?.value;
    const symbol = expr === undefined ? null : program.resolveExpression(module, expr);
    return symbol?.kind === "function" && symbol.module.origin === "project" ? { module: symbol.module, def: symbol.def } : null;
  };

  const visit = (module: PythonModule, body: readonly Stmt[], isNested = false): void => {
    for (const stmt of body) {
      if (stmt.kind === "expr" || stmt.kind === "assign") visitHanded(module, stmt);
      if (stmt.kind === "expr" && stmt.value.kind === "call") visitCall(module, stmt.value);
      else if (stmt.kind === "function") {
        for (const decorator of stmt.decorators) {
          if (decorator.kind !== "call") continue;
          const name = dottedName(decorator.callee)?.split(".").at(-1);
          if (name === "receiver") record(module, decorator, signalsIn(module, decorator.args[0]), isNested ? null : { module, def: stmt });
          else visitCall(module, decorator);
        }
        visit(withLocals(module, stmt), stmt.body, true);
      } else if (stmt.kind === "class") visit(module, stmt.body, true);
      else if (stmt.kind === "with") visit(module, stmt.body, isNested);
      else if (stmt.kind === "for") visitLoop(module, stmt);
      else if (stmt.kind === "if") visit(module, [...stmt.then, ...stmt.otherwise], isNested);
      else if (stmt.kind === "try") {
        visit(module, [...stmt.body, ...stmt.otherwise, ...stmt.handlers.flatMap((each) => each.body)], isNested);
      }
    }
  };

  /** `for model in (A, B): post_save.connect(f, sender=model)`. */
  const visitLoop = (module: PythonModule, loop: Extract<Stmt, { kind: "for" }>): void => {
    const { target, iterable } = loop;
    if (target.kind !== "name" || iterable.kind !== "sequence") return visit(module, loop.body);
    for (const item of iterable.items)
      visit(
        module,
        loop.body.map((stmt) => withSender(stmt, target.name, item)),
      );
    return undefined;
  };

  for (const module of program.modules.values()) {
    if (module.origin === "project" && importsSignals(module)) visit(module, module.ir.body);
  }
  return { facts, receivers };
}

/** `connect(receiver, sender, …)`; `receiver()` takes it by name alone. */
function senderIn({ callee, args, keywords }: Call): Expr | null {
  const named = keywords.find((each) => each.name === "sender")?.value;
  return named ?? (callee.kind === "attribute" && callee.name === "connect" ? args[1] : undefined) ?? null;
}

function withSender(stmt: Stmt, name: string, value: Expr): Stmt {
  if (stmt.kind !== "expr" || stmt.value.kind !== "call") return stmt;
  const isTarget = (expr: Expr): boolean => expr.kind === "name" && expr.name === name;
  const keywords = stmt.value.keywords.map((each) => (each.name === "sender" && isTarget(each.value) ? { ...each, value } : each));
  const args = stmt.value.args.map((each, at) => (at === 1 && isTarget(each) ? value : each));
  return { ...stmt, value: { ...stmt.value, args, keywords } };
}

function importsSignals(module: PythonModule): boolean {
  if (/(?:^|\.)(?:apps|signals|receivers|handlers)$/.test(module.name)) return true;
  return [...module.scope.values()]
    .flat()
    .some(
      (each) =>
        each.kind === "import" &&
        (/signals|dispatch/.test(each.module) ||
          modelSignals.has(each.name ?? "") ||
          each.name === "signals" ||
          (each.module === "django.db" && each.name === "models")),
    );
}

/** What calls of these signals reach for rows of a model. */
export function receiversOf(graph: ModelGraph, model: Model, signals: readonly string[]): readonly SignalReceiver[] {
  const isOwn = model.cls.module.origin === "project";
  return (graph.receivers ?? []).filter((one) => signals.includes(one.signal) && (one.sender === model.label || (one.sender === everySender && isOwn)));
}
