/** What GraphQL libraries have in common: rows that a type gives by itself, and loops that a query has to ask for. */
import type { ClassInfo, Model } from "../../model/index.ts";
import type { CallSite, Engine } from "../../dataflow/engine.ts";
import { inLoop } from "../../dataflow/iteration.ts";
import { alternatives, NO_ARGS, UNKNOWN, type Value } from "../../dataflow/values.ts";

export const OPTIONAL = "only queries that select the field pay for it";

/** The model's own manager, which the type's `get_queryset` may refine. */
export function ownQueryset(engine: Engine, model: Model, type: ClassInfo, site: CallSite): Value {
  const manager = engine.attribute({ kind: "class", cls: model.cls }, "_default_manager", { span: site.span, frame: site.frame });
  return refined(engine, type, engine.callMethod(manager, "all", NO_ARGS, site), site);
}

export function refined(engine: Engine, type: ClassInfo, rows: Value, site: CallSite): Value {
  const refine = engine.classMember(type, "get_queryset", { kind: "class", cls: type }, { span: site.span, frame: site.frame });
  return refine === null ? rows : engine.call(refine, { ...NO_ARGS, positional: [rows, UNKNOWN], open: true }, site);
}

/** Each row of a list in turn, or the one value; a query selects which resolvers run: likely, never certain. */
export function forEachRow(engine: Engine, value: Value, site: CallSite, visit: (row: Value, site: CallSite) => void): void {
  if (value.kind === "unknown" || value.kind === "literal") return;
  if (value.kind !== "manager" && value.kind !== "queryset" && value.kind !== "list") {
    visit(value, site);
    return;
  }
  const rows = value.kind === "manager" ? engine.callMethod(value, "all", NO_ARGS, site) : value;
  const { element, loop } = engine.iterate(rows, site.span, site.frame, "iterate");
  const asked = { ...loop, over: "unknown" as const };
  for (const row of alternatives(inLoop(element, asked))) visit(row, { ...site, frame: { ...site.frame, loop: asked } });
}
