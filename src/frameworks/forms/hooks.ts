/** Forms: a choice field renders one option, and so one label, for each row of its queryset. */
import type { ClassInfo, Span } from "../../model/index.ts";
import { argument } from "../../dataflow/calls.ts";
import type { CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { alternatives, NO_ARGS, UNKNOWN, type ObjectValue, type Value } from "../../dataflow/values.ts";

const formChoices = (engine: Engine): Hook => (args, site) => {
  const [form] = args.positional;
  if (form?.kind !== "object") return UNKNOWN;
  const declared = choiceFields(engine, form, site);
  for (const { field, span } of declared) renderChoices(engine, field, { span, frame: site.frame, expr: null });
  modelChoices(engine, form, site);
  return UNKNOWN;
};

function choiceFields(engine: Engine, form: ObjectValue, site: CallSite): { field: ObjectValue; span: Span }[] {
  const found = new Map<string, { field: ObjectValue; span: Span }>();
  for (const owner of engine.program.mro(form.cls).toReversed()) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const [name, definitions] of owner.members) {
      const last = definitions.at(-1);
      if (last?.kind !== "variable") continue;
      const value = engine.classMember(form.cls, name, form, { span: site.span, frame: site.frame });
      const field = value === null ? undefined : alternatives(value).find((one) => one.kind === "object" && isChoice(engine, one.cls));
      if (field?.kind === "object") found.set(name, { field, span: { file: owner.module.ir.file, start: last.stmt.start, end: last.stmt.end } });
    }
  }
  return [...found.values()];
}

function isChoice(engine: Engine, cls: ClassInfo): boolean {
  return engine.program.isSubclass(cls, "django.forms.models.ModelChoiceField");
}

/** A widget of its own may load options on demand; nothing is said of those. */
function renderChoices(engine: Engine, field: ObjectValue, site: CallSite): void {
  const queryset = field.args === null ? null : argument(field.args, 0, "queryset");
  if (queryset === null || field.args?.keywords.has("widget") === true) return;
  const { element, loop } = engine.iterate(queryset, site.span, site.frame, "iterate");
  const frame = { ...site.frame, loop };
  const label = engine.classMember(field.cls, "label_from_instance", field, { span: site.span, frame });
  if (label !== null && label.kind === "bound" && label.fn.module.origin !== "builtin") {
    engine.text(engine.call(label, { ...NO_ARGS, positional: [element] }, { ...site, frame }), site.span, frame);
  } else engine.text(element, site.span, frame);
}

/** A model form makes a choice of each relation among its fields, unless the class says what the field is. */
function modelChoices(engine: Engine, form: ObjectValue, site: CallSite): void {
  const meta = engine.program.mro(form.cls).flatMap((owner) => (isExternal(owner) ? [] : (owner.nested.get("Meta") ?? [])))[0];
  if (meta === undefined || meta.module.origin !== "project") return;
  const at = { span: { file: meta.module.ir.file, start: meta.def.start, end: meta.def.headEnd }, frame: site.frame };
  const read = (name: string): Value | null => engine.classMember(meta, name, { kind: "class", cls: meta }, at);
  const model = read("model");
  const fields = read("fields");
  const graphModel = model?.kind === "class" ? engine.graph.ofClass(model.cls) : null;
  if (graphModel === null || fields?.kind !== "list" || fields.items === null) return;
  const widgets = read("widgets");
  for (const item of fields.items) {
    const name = item.kind === "literal" ? String(item.value) : "";
    const relation = graphModel.fields.get(name)?.relation;
    const isChosen = relation?.kind === "fk" || relation?.kind === "o2o" || relation?.kind === "m2m";
    const hasOwn = engine.program.member(form.cls, name) !== null || (widgets?.kind === "dict" && widgets.entries.has(name));
    const target = isChosen && !hasOwn ? engine.graph.byLabel(relation.target ?? "") : null;
    if (target === null) continue;
    const manager = engine.attribute({ kind: "class", cls: target.cls }, "_default_manager", at);
    const choices = engine.callMethod(manager, "all", NO_ARGS, { ...at, expr: null });
    const { element, loop } = engine.iterate(choices, at.span, site.frame, "iterate");
    engine.text(element, at.span, { ...site.frame, loop });
  }
}

export const formHooks: Readonly<Record<string, (engine: Engine) => Hook>> = { "luthier.form_choices": formChoices };
