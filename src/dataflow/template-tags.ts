/** Custom tags and filters: the Python functions behind them. */
import type { Span } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { type Frame } from "./frame.ts";
import type { RegisteredTag } from "./template-store.ts";
import { dict, functionValue, literal, SET, UNKNOWN, type CallArgs, type DictValue, type Value } from "./values.ts";

export function callTag(engine: Engine, tag: RegisteredTag, args: CallArgs, span: Span, frame: Frame): Value {
  const fn = functionValue(tag.module, tag.def);
  const context = tag.takesContext ? contextOf(frame) : null;
  const before = new Map(context?.entries);
  const given = tag.takesContent ? [SET, ...args.positional] : args.positional;
  const positional = context === null ? given : [context, ...given];
  const site = { span, frame, expr: null };
  const result = engine.callFunction(fn, null, { ...args, positional }, site);
  if (context !== null) keepWritten(context, before, frame);
  if (tag.kind !== "inclusion") return result;
  if (tag.template !== null) engine.renderTemplate(literal(tag.template), result, site);
  return UNKNOWN;
}

/** `context["orders"] = …`: what the tag's function puts there, the rest of the template has. */
function keepWritten(context: DictValue, before: ReadonlyMap<string, Value>, frame: Frame): void {
  for (const [name, value] of context.entries) {
    if (before.get(name) !== value) frame.env.vars.set(name, { value, loop: frame.loop?.id ?? 0 });
  }
}

/** The template's variables as the dictionary that `takes_context` gets. */
export function contextOf(frame: Frame): DictValue {
  const context = dict();
  for (let env: Frame["env"] | null = frame.env; env !== null; env = env.parent) {
    for (const [name, binding] of env.vars) if (!context.entries.has(name)) context.entries.set(name, binding.value);
  }
  context.rest = UNKNOWN;
  return context;
}
