/** Forms: a choice field renders one option, and so one label, for each row of its queryset. */
import type { ClassInfo, Model, Span } from "../../model/index.ts";
import { argument } from "../../dataflow/arguments.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { unknownRow } from "../../dataflow/protocols.ts";
import { alternatives, dict, NO_ARGS, object, UNKNOWN, type ObjectValue, type Value } from "../../dataflow/values.ts";
import { classSetting, declaredObjects, doubted, itemSpan, nestedClass, stringItems } from "../declarations.ts";
import { noteSaved, noteValidated } from "../saved-models.ts";
import { isChoosable, optionsOf, renderOptions } from "./options.ts";

interface ChoiceField {
  readonly field: ObjectValue;
  readonly span: Span;
}

const CHOICE = "django.forms.models.ModelChoiceField";

/** The fields are copies of the class's own, so that what `__init__` changes is the form's alone. */
const formChoices = (engine: Engine): Hook => (args, site) => {
  const [form] = args.positional;
  if (form?.kind !== "object") return UNKNOWN;
  const fields = new Map([...modelChoices(engine, form, site), ...declaredChoices(engine, form.cls, CHOICE, site)]);
  if (fields.size === 0) return UNKNOWN;
  const held = dict([...fields].map(([name, one]) => [name, one.field] as const));
  held.rest = UNKNOWN;
  form.attrs.set("fields", held);
  const init = engine.classMember(form.cls, "__init__", form, { span: site.span, frame: site.frame });
  if (init?.kind === "bound" && init.fn.module.origin === "project") engine.call(init, { ...NO_ARGS, open: true }, { ...site, expr: null });
  for (const [name, { field, span }] of fields) {
    if (held.entries.get(name) === field) renderChoices(engine, field, { span, frame: site.frame, expr: null });
  }
  return UNKNOWN;
};

function declaredChoices(engine: Engine, cls: ClassInfo, base: string, site: CallSite): [string, ChoiceField][] {
  return declaredObjects(engine, cls, base, { span: site.span, frame: site.frame }).map((one) => {
    const field = object(one.object.cls, one.object.args, one.object.site);
    for (const [name, value] of one.object.attrs) field.attrs.set(name, value);
    return [one.name, { field, span: one.span }];
  });
}

/** Relations among `Meta.fields`, where `Meta.widgets` does not give them something else than a select. */
function modelChoices(engine: Engine, form: ObjectValue, site: CallSite): [string, ChoiceField][] {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const meta = nestedClass(engine, form.cls, "Meta");
  const cls = meta === null ? null : classSetting(engine, meta, "", "model", at);
  const model = cls?.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
  const choice = engine.program.resolveDotted(CHOICE);
  if (meta === null || model === null || choice?.kind !== "class") return [];
  const other = new Set(["widgets", "field_classes", "exclude"].flatMap((name) => stringItems(classSetting(engine, meta, "", name, at)) ?? []));
  return chosenNames(engine, meta, model, at).flatMap((name) => {
    const known = model.fields.get(name);
    if (known === undefined || !isChoosable(known) || other.has(name)) return [];
    const span = itemSpan(engine, meta, "fields", name);
    const field = object(choice.cls, NO_ARGS, span);
    const rows = optionsOf(engine, known, { span, frame: site.frame, expr: null }) ?? UNKNOWN;
    field.attrs.set("queryset", isAdminForm(engine, form.cls, at) ? doubted(rows, "an admin class chooses the form's widgets") : rows);
    return [[name, { field, span }]];
  });
}

/** `form = VenueForm` of an admin class, which hides some keys and searches for others. */
function isAdminForm(engine: Engine, form: ClassInfo, at: AccessSite): boolean {
  return engine.program.classes.some((cls) => {
    if (cls.module.origin !== "project" || !engine.program.isSubclass(cls, "django.contrib.admin.options.BaseModelAdmin")) return false;
    const own = engine.classMember(cls, "form", { kind: "class", cls }, at);
    return own?.kind === "class" && own.cls === form;
  });
}

function chosenNames(engine: Engine, meta: ClassInfo, model: Model, at: AccessSite): readonly string[] {
  const fields = classSetting(engine, meta, "", "fields", at);
  const isAll = fields === null || (fields.kind === "literal" && fields.value === "__all__");
  return isAll ? [...model.fields.keys()] : (stringItems(fields) ?? []);
}

/** What a project's own field changes when it loads options on demand or takes text in the place of a choice. */
const OTHER_CHOICES = ["widget", "get_bound_field", "iterator", "choices", "_get_choices", "to_python"];

/** A widget of its own may load options on demand; nothing is said of those. */
function hasOtherChoices(engine: Engine, field: ObjectValue): boolean {
  if (field.attrs.has("widget") || field.args?.keywords.has("widget") === true) return true;
  return engine.program.mro(field.cls).some((cls) => {
    if (isExternal(cls) || cls.module.origin === "builtin") return false;
    return OTHER_CHOICES.some((name) => cls.members.has(name));
  });
}

function renderChoices(engine: Engine, field: ObjectValue, site: CallSite): void {
  const queryset = field.attrs.get("queryset") ?? (field.args === null ? null : argument(field.args, 0, "queryset"));
  if (queryset === null || hasOtherChoices(engine, field)) return;
  const { element, loop } = engine.iterate(queryset, site.span, site.frame, "iterate");
  const frame = { ...site.frame, loop };
  const label = engine.classMember(field.cls, "label_from_instance", field, { span: site.span, frame });
  if (label !== null && label.kind === "bound" && label.fn.module.origin !== "builtin") {
    engine.text(engine.call(label, { ...NO_ARGS, positional: [element] }, { ...site, frame }), site.span, frame);
  } else engine.text(element, site.span, frame);
}

/** `modelformset_factory(Order, fields=[…])`: each form offers the same options. */
const formsetChoices = (engine: Engine): Hook => (args, site) => {
  const [model, fields, widgets] = args.positional;
  const found = model?.kind === "class" ? engine.graph.ofClass(model.cls) : null;
  const other = new Set(stringItems(widgets ?? null));
  if (found === null || fields === undefined) return UNKNOWN;
  for (const name of stringItems(fields) ?? []) {
    const field = found.fields.get(name);
    if (field !== undefined && isChoosable(field) && !other.has(name)) renderOptions(engine, field, { ...site, expr: null });
  }
  return UNKNOWN;
};

const ON_DEMAND = "the page may render its filters in another way";

/** django-filter's form: the options of its model filters. */
const filterChoices = (engine: Engine): Hook => (args, site) => {
  const [filterset] = args.positional;
  if (filterset?.kind !== "object") return UNKNOWN;
  for (const [, { field, span }] of declaredChoices(engine, filterset.cls, "django_filters.filters.ModelChoiceFilter", site)) {
    const queryset: Value | undefined = field.args?.keywords.get("queryset");
    if (queryset === undefined) continue;
    for (const one of alternatives(queryset)) if (one.kind === "queryset") field.attrs.set("queryset", doubted(one, ON_DEMAND));
    renderChoices(engine, field, { span, frame: site.frame, expr: null });
  }
  return UNKNOWN;
};

/** The model of a form's Meta, and the names that it chooses. */
function formModel(engine: Engine, form: Value | undefined, site: CallSite): { readonly model: Model; readonly names: readonly string[] } | null {
  if (form?.kind !== "object") return null;
  const at: AccessSite = { span: site.span, frame: site.frame };
  const meta = nestedClass(engine, form.cls, "Meta");
  const cls = meta === null ? null : classSetting(engine, meta, "", "model", at);
  const model = cls?.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
  return meta === null || model === null ? null : { model, names: chosenNames(engine, meta, model, at) };
}

/** A form asks for each row that was chosen, and whether what is unique is there already. */
const validatedForm = (engine: Engine): Hook => (args, site) => {
  const found = formModel(engine, args.positional[0], site);
  if (found !== null) noteValidated(engine, found.model, found.names, site);
  return UNKNOWN;
};

const savedForm = (engine: Engine): Hook => (args, site) => {
  const [form, commit] = args.positional;
  const found = formModel(engine, form, site);
  if (found !== null && !(commit?.kind === "literal" && commit.value === false)) noteSaved(engine, found.model, found.names, site);
  const instance = form?.kind === "object" ? form.attrs.get("instance") : undefined;
  if (instance !== undefined && alternatives(instance).some((one) => one.kind === "row")) return instance;
  return found === null ? (instance ?? UNKNOWN) : unknownRow(engine, found.model.label);
};

/** A view without a form class makes one of its model's fields. */
const savedModel = (engine: Engine): Hook => (args, site) => {
  const [cls, fields] = args.positional;
  const model = cls?.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
  if (model !== null) noteSaved(engine, model, stringItems(fields ?? null) ?? [...model.fields.keys()], site);
  return UNKNOWN;
};

const validatedModel = (engine: Engine): Hook => (args, site) => {
  const [view] = args.positional;
  if (view?.kind !== "object") return UNKNOWN;
  const at: AccessSite = { span: site.span, frame: site.frame };
  const form = engine.classMember(view.cls, "form_class", view, at);
  const cls = engine.classMember(view.cls, "model", view, at);
  const model = cls?.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
  if (form?.kind === "literal" && model !== null) {
    noteValidated(engine, model, stringItems(engine.classMember(view.cls, "fields", view, at)) ?? [...model.fields.keys()], site);
  }
  return UNKNOWN;
};

export const formHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.form_choices": formChoices,
  "luthier.validated_form": validatedForm,
  "luthier.saved_model": savedModel,
  "luthier.validated_model": validatedModel,
  "luthier.saved_form": savedForm,
  "luthier.formset_choices": formsetChoices,
  "luthier.filter_choices": filterChoices,
};
