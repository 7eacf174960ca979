/** Forms: a choice field renders one option, and so one label, for each row of its queryset. */
import type { ClassInfo, Span } from "../../model/index.ts";
import { argument } from "../../dataflow/calls.ts";
import type { CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { alternatives, NO_ARGS, UNKNOWN, type ObjectValue } from "../../dataflow/values.ts";

const formChoices = (engine: Engine): Hook => (args, site) => {
  const [form] = args.positional;
  if (form?.kind !== "object") return UNKNOWN;
  for (const { field, span } of choiceFields(engine, form, site)) renderChoices(engine, field, { span, frame: site.frame, expr: null });
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

export const formHooks: Readonly<Record<string, (engine: Engine) => Hook>> = { "luthier.form_choices": formChoices };
