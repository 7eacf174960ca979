/** Signals: a receiver's `instance` is one row of the sender's model. */
import type { Model } from "../../model/index.ts";
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
    const told = isOfLinks(fn) ? endsOf(engine, model) : [new Map([["instance", unknownRow(engine, model.label)]])];
    for (const keywords of told) engine.call(fn, { positional: [{ kind: "class", cls: model.cls }], keywords, open: true }, site);
  }
}

/** Receivers of `m2m_changed` alone are told the `model` of the rows that are linked. */
function isOfLinks(fn: Value): boolean {
  return fn.kind === "function" && fn.def.params.some(({ name }) => name === "pk_set" || name === "model");
}

const CONTENT_TYPE = "contenttypes.ContentType";

/** Rows of one end are linked with an instance of the other; a generic end is of any model. */
function endsOf(engine: Engine, through: Model): ReadonlyMap<string, Value>[] {
  const ends = [...through.fields.values()].flatMap(({ relation }) => (relation?.kind === "fk" && relation.target !== null ? [relation.target] : []));
  const isGeneric = ends.includes(CONTENT_TYPE);
  const models = ends.filter((label) => label !== CONTENT_TYPE);
  return models.flatMap((label, index) => {
    const cls = engine.graph.byLabel(label)?.cls;
    const other = isGeneric ? undefined : models.find((_, at) => at !== index);
    const instance = other === undefined ? UNKNOWN : unknownRow(engine, other);
    return cls === undefined
      ? []
      : [
          new Map<string, Value>([
            ["model", { kind: "class", cls }],
            ["instance", instance],
          ]),
        ];
  });
}

export const signalHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "django.dispatch.receiver": receiver,
  "django.dispatch.dispatcher.receiver": receiver,
  "luthier.receive": connect,
};
