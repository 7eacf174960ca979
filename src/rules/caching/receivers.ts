/** Functions that run when a model's rows are saved or deleted: receivers of signals, and `save()` and `delete()` of the model itself. */
import type { Call, Expr, FunctionDef, RuleInput, Span } from "../../model/index.ts";
import { callsOf } from "../../python/syntax-tree.ts";
import { dottedOf } from "./cache-calls.ts";

export interface Receiver {
  readonly model: string;
  /** `post_save`, `pre_delete`, `m2m_changed`; `save()` and `delete()` for a model's own methods. */
  readonly when: string;
  /** The function whole. */
  readonly span: Span;
}

const SIGNALS = /^(?:pre_save|post_save|pre_delete|post_delete|m2m_changed)$/;
const known = new WeakMap<RuleInput["program"], readonly Receiver[]>();

export function receivers(input: RuleInput): readonly Receiver[] {
  const before = known.get(input.program);
  if (before !== undefined) return before;
  const found = [...decoratedReceivers(input), ...connected(input), ...ownMethods(input)];
  known.set(input.program, found);
  return found;
}

function decoratedReceivers(input: RuleInput): Receiver[] {
  return projectModules(input).flatMap((module) =>
    module.ir.body.flatMap((stmt) =>
      stmt.kind === "function"
        ? stmt.decorators.flatMap((one) => (one.kind === "call" && nameOf(one.callee) === "receiver" ? toReceivers(input, module.ir.file, one, stmt) : []))
        : [],
    ),
  );
}

/** Functions that signals of all models call: which of them they mean, they find out themselves. */
export function receiversOfAll(input: RuleInput): readonly Span[] {
  return projectModules(input).flatMap(({ ir }) =>
    ir.body.flatMap((stmt) =>
      stmt.kind === "function" && stmt.decorators.some((one) => one.kind === "call" && isReceiverOfAll(one))
        ? { file: ir.file, start: stmt.start, end: stmt.end }
        : [],
    ),
  );
}

function isReceiverOfAll({ callee, args, keywords }: Call): boolean {
  return nameOf(callee) === "receiver" && signalsOf(args).length > 0 && keywords.every(({ name }) => name !== "sender");
}

function projectModules({ program }: RuleInput): RuleInput["program"]["modules"] extends ReadonlyMap<string, infer Module> ? Module[] : never {
  return [...program.modules.values()].filter((one) => one.origin === "project");
}

const nameOf = (expr: Expr): string => (expr.kind === "attribute" || expr.kind === "name" ? expr.name : "");

/** `receiver(post_save)` and `receiver([post_save, post_delete])`. */
function signalsOf(args: readonly Expr[]): string[] {
  return args
    .flatMap((one) => (one.kind === "sequence" ? one.items : [one]))
    .map(nameOf)
    .filter((name) => SIGNALS.test(name));
}

function toReceivers(input: RuleInput, file: string, call: Call, def: FunctionDef): Receiver[] {
  const signals = signalsOf(call.args);
  return senders(input, file, call).flatMap((model) => signals.map((when) => ({ model, when, span: { file, start: def.start, end: def.end } })));
}

function senders(input: RuleInput, file: string, call: Call): string[] {
  const sender = call.keywords.find(({ name }) => name === "sender")?.value;
  const name = sender === undefined ? null : sender.kind === "str" ? sender.value : dottedOf(input, file, sender);
  if (name === null) return [];
  const symbol = input.program.resolveDotted(name);
  const model = symbol?.kind === "class" ? input.graph.ofClass(symbol.cls) : input.graph.byLabel(name);
  return model === null ? [] : [model.label];
}

/** `post_save.connect(forget, sender=Book)`, wherever it stands. */
function connected(input: RuleInput): Receiver[] {
  return projectModules(input).flatMap((module) =>
    callsOf(module.ir).flatMap((node) => {
      if (node.callee.kind !== "attribute" || node.callee.name !== "connect") return [];
      const when = nameOf(node.callee.object);
      const fn = node.args[0] ?? node.keywords.find(({ name }) => name === "receiver")?.value;
      if (!SIGNALS.test(when) || fn?.kind !== "name") return [];
      const symbol = input.program.resolve(module, fn.name);
      if (symbol?.kind !== "function") return [];
      const span = { file: symbol.module.ir.file, start: symbol.def.start, end: symbol.def.end };
      return senders(input, module.ir.file, node).map((model) => ({ model, when, span }));
    }),
  );
}

function ownMethods({ graph }: RuleInput): Receiver[] {
  return [...graph.models.values()].flatMap((model) => {
    if (model.isAbstract || model.cls.module.origin !== "project") return [];
    return ["save", "delete"].flatMap((name) => {
      const definition = model.cls.members.get(name)?.at(-1);
      const span = {
        file: model.cls.module.ir.file,
        start: definition?.kind === "function" ? definition.def.start : 0,
        end: definition?.kind === "function" ? definition.def.end : 0,
      };
      return definition?.kind === "function" ? [{ model: model.label, when: `${name}()`, span }] : [];
    });
  });
}
