/** A select renders one label for each row that it may choose. */
import type { Field } from "../../model/index.ts";
import type { CallSite, Engine } from "../../dataflow/engine.ts";
import { NO_ARGS, type Value } from "../../dataflow/values.ts";
import { doubted } from "../declarations.ts";

/** Relations that a form offers as a select. */
export function isChoosable(field: Field): boolean {
  const kind = field.relation?.kind;
  if (kind === "m2m") return field.relation?.through?.endsWith(`_${field.name}`) === true;
  return kind === "fk" || kind === "o2o";
}

/** All rows of the related model, as Django's default choice field asks for them. */
export function optionsOf(engine: Engine, field: Field, site: CallSite): Value | null {
  const target = engine.graph.byLabel(field.relation?.target ?? "");
  if (target === null) return null;
  const manager = engine.attribute({ kind: "class", cls: target.cls }, "_default_manager", { span: site.span, frame: site.frame });
  return manager.kind === "manager" ? engine.callMethod(manager, "all", NO_ARGS, site) : null;
}

export function renderOptions(engine: Engine, field: Field, site: CallSite, doubts: readonly string[] = []): void {
  let rows = optionsOf(engine, field, site);
  if (rows === null) return;
  for (const reason of doubts) rows = doubted(rows, reason);
  const { element, loop } = engine.iterate(rows, site.span, site.frame, "iterate");
  engine.text(element, site.span, { ...site.frame, loop });
}
