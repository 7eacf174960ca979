/** Signals: a receiver's `instance` is one row of the sender's model. */
import { argument } from "../../dataflow/arguments.ts";
import type { CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { unknownRow } from "../../dataflow/protocols.ts";
import { alternatives, native, UNKNOWN, type Value } from "../../dataflow/values.ts";

/** `@receiver(post_save, sender=Order)`. */
const receiver =
  (engine: Engine): Hook =>
  (args) => {
    const sender = args.keywords.get("sender") ?? UNKNOWN;
    return native("luthier.decorator:receiver", (inner, site) => {
      const [fn] = inner.positional;
      if (fn !== undefined) receive(engine, fn, sender, site);
      return fn ?? UNKNOWN;
    });
  };

/** `post_save.connect(update_index, sender=Order)`. */
const connect =
  (engine: Engine): Hook =>
  (args, site) => {
    const fn = argument(args, 0, "receiver");
    const sender = argument(args, 1, "sender");
    if (fn !== null && sender !== null) receive(engine, fn, sender, site);
    return UNKNOWN;
  };

function receive(engine: Engine, fn: Value, sender: Value, site: CallSite): void {
  for (const one of alternatives(sender)) {
    const model =
      one.kind === "class" ? engine.graph.ofClass(one.cls) : one.kind === "literal" && typeof one.value === "string" ? engine.graph.byLabel(one.value) : null;
    if (model === null || model.isAbstract) continue;
    engine.call(fn, { positional: [{ kind: "class", cls: model.cls }], keywords: new Map([["instance", unknownRow(engine, model.label)]]), open: true }, site);
  }
}

export const signalHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "django.dispatch.receiver": receiver,
  "django.dispatch.dispatcher.receiver": receiver,
  "luthier.receive": connect,
};
