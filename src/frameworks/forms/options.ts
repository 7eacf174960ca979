/** A select renders one label for each row that it may choose. */
import type { Field, Model } from "../../model/index.ts";
import type { CallSite, Engine } from "../../dataflow/engine.ts";
import { modelManager } from "../../dataflow/querysets.ts";
import type { LiveOrigin } from "../../dataflow/recorder.ts";
import { projectSite } from "../../dataflow/sites.ts";
import { NO_ARGS, type Value } from "../../dataflow/values.ts";
import { doubted } from "../declarations.ts";

/** Relations that a form offers as a select. */
export function isChoosable(field: Field): boolean {
  const kind = field.relation?.kind;
  if (kind === "m2m") return field.relation?.through?.endsWith(`_${field.name}`) === true;
  return kind === "fk" || kind === "o2o";
}

/** No form has a field for what is declared with `editable=False`. */
export function isEditable({ declaration }: Field): boolean {
  const said = declaration?.kind === "call" ? declaration.keywords.find(({ name }) => name === "editable")?.value : undefined;
  return said?.kind !== "constant" || said.value !== "false";
}

/** All rows of the related model, as Django's default choice field asks for them. */
export function optionsOf(engine: Engine, field: Field, site: CallSite): Value | null {
  const target = engine.graph.byLabel(field.relation?.target ?? "");
  if (target === null) return null;
  const offered = { offeredFor: { field: field.name, isMany: field.relation?.single === false } };
  const manager = modelManager(engine, target, target.defaultManager, { span: site.span, frame: site.frame });
  const all = engine.callMethod({ ...manager, origin: implicitOrigin(engine, target, { forForm: "choices", ...offered }, site) }, "all", NO_ARGS, site);
  return all.kind === "queryset" ? all : null;
}

/** A queryset that Django makes for a form: not that of the class that shows it, where loading more would not help. */
export function implicitOrigin(engine: Engine, target: Model, use: Pick<LiveOrigin, "forForm" | "offeredFor">, site: CallSite): LiveOrigin {
  const { span } = projectSite(site);
  return engine.recorder.origin(`options:${target.label}:${use.offeredFor?.field ?? ""}:${span.file}:${span.start}`, () => ({
    kind: "implicit",
    model: target,
    span,
    symbol: engine.entry?.cls.id ?? site.frame.symbol,
    escapes: true,
    asInstances: true,
    ...use,
  }));
}

/** Every form of a formset asks for its options itself: in a loop over rows, the whole list is fetched for each of them. */
export function renderOptions(engine: Engine, field: Field, site: CallSite, doubts: readonly string[] = []): void {
  let rows = optionsOf(engine, field, site);
  if (rows === null) return;
  for (const reason of doubts) rows = doubted(rows, reason);
  const { element, loop } = engine.iterate(rows, site.span, site.frame, site.frame.loop === null ? "iterate" : "choices");
  engine.text(element, site.span, { ...site.frame, loop });
}
