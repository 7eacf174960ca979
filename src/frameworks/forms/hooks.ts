/** Forms: a choice field renders one option, and so one label, for each row of its queryset. */
import type { ClassInfo, Expr, Field, Model, Span } from "../../model/index.ts";
import { nestedClass } from "../../dataflow/attributes.ts";
import { argument } from "../../dataflow/arguments.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { unknownRow } from "../../dataflow/protocols.ts";
import { modelManager } from "../../dataflow/querysets.ts";
import { projectSite } from "../../dataflow/sites.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { alternatives, dict, joinAll, native, NO_ARGS, object, UNKNOWN, type FunctionValue, type ObjectValue, type Value } from "../../dataflow/values.ts";
import { classSetting, declaredObjects, doubted, itemSpan, stringItems } from "../declarations.ts";
import { noteAsked, noteEntered, noteSaved, noteValidated } from "../saved-models.ts";
import { implicitOrigin, isChoosable, isEditable, optionsOf, renderOptions } from "./options.ts";
import { isShownNowhere } from "./unshown.ts";

interface ChoiceField {
  readonly field: ObjectValue;
  readonly span: Span;
}

const CHOICE = "django.forms.models.ModelChoiceField";

const formChoices =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form] = args.positional;
    if (form?.kind !== "object" || isShownNowhere(engine, form.cls)) return UNKNOWN;
    for (const { field, span } of choicesOf(engine, form, site).values()) renderChoices(engine, field, { span, frame: site.frame, expr: null });
    return UNKNOWN;
  };

/** What a form offers to choose from. The fields are copies of the class's own, so that what `__init__` changes is the form's alone. */
function choicesOf(engine: Engine, form: ObjectValue, site: CallSite): ReadonlyMap<string, ChoiceField> {
  const made = form.attrs.get("fields");
  if (made?.kind === "dict" && form.cls.module.origin === "builtin") {
    return new Map([...made.entries].flatMap(([name, field]) => (field.kind === "object" ? [[name, { field, span: site.span }] as const] : [])));
  }
  const fields = new Map([...modelChoices(engine, form, site), ...declaredChoices(engine, form.cls, CHOICE, site)]);
  const init = engine.classMember(form.cls, "__init__", form, { span: site.span, frame: site.frame });
  const own = init?.kind === "bound" && init.fn.module.origin === "project" ? init : null;
  if (fields.size === 0 && (own === null || !addsChoices(engine, own.fn))) return fields;
  const held = dict([...fields].map(([name, one]) => [name, one.field] as const));
  held.rest = UNKNOWN;
  form.attrs.set("fields", held);
  if (own !== null) engine.call(own, { ...NO_ARGS, open: true }, { ...site, expr: null });
  return new Map([...held.entries].flatMap(([name, field]) => choiceOf(engine, field, fields.get(name), site, name)));
}

/** `self.fields["city"] = forms.ModelChoiceField(…)` */
function addsChoices(engine: Engine, { module, def }: FunctionValue): boolean {
  if (def.kind !== "function") return false;
  const isFields = (expr: Expr): boolean => expr.kind === "subscript" && expr.object.kind === "attribute" && expr.object.name === "fields";
  const isChoice = (expr: Expr | null): boolean => {
    const made = expr?.kind === "call" ? engine.evaluate(expr.callee, engine.moduleFrame(module)) : null;
    return made?.kind === "class" && engine.program.isSubclass(made.cls, CHOICE);
  };
  return def.body.flatMap((stmt) => nodesIn(stmt)).some((node) => node.kind === "assign" && node.targets.some(isFields) && isChoice(node.value));
}

/** What stands under a name once `__init__` has run: the declared field, or one that it put there. */
function choiceOf(engine: Engine, field: Value, declared: ChoiceField | undefined, site: CallSite, name: string): [string, ChoiceField][] {
  if (field === declared?.field) return [[name, declared]];
  if (field.kind !== "object" || !engine.program.isSubclass(field.cls, CHOICE)) return [];
  return [[name, { field, span: field.site ?? site.span }]];
}

/** A form that a loop renders, a form set's above all: each asks for its options itself. What a single form asks is noted where its class stands. */
const renderedForm =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form, name] = args.positional;
    const { span, frame } = projectSite({ span: site.span, frame: site.frame });
    if (form?.kind !== "object" || frame.loop === null) return UNKNOWN;
    for (const [key, { field }] of choicesOf(engine, form, { ...site, expr: null })) {
      if (name === undefined || (name.kind === "literal" && name.value === key)) renderChoices(engine, field, { span, frame, expr: null }, IN_SET);
    }
    return UNKNOWN;
  };

/** How the options of a form are asked for that has others beside it. */
const IN_SET = "form choices";

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
  const setting = (name: string): Value | null => classSetting(engine, meta, "", name, at);
  const other = new Set([...otherWidgets(setting("widgets")), ...["field_classes", "exclude"].flatMap((name) => stringItems(setting(name)) ?? [])]);
  return chosenNames(engine, meta, model, at).flatMap((name) => {
    const known = model.fields.get(name);
    if (known === undefined || !isChoosable(known) || !isEditable(known) || other.has(name)) return [];
    const span = itemSpan(engine, meta, "fields", name);
    const field = object(choice.cls, NO_ARGS, span);
    const rows = optionsOf(engine, known, { span, frame: site.frame, expr: null }) ?? UNKNOWN;
    field.attrs.set("queryset", isAdminForm(engine, form.cls, at) ? doubted(rows, "an admin class chooses the form's widgets") : rows);
    return [[name, { field, span }]];
  });
}

const adminForms = new WeakMap<Engine, ReadonlySet<ClassInfo>>();

/** `form = VenueForm` of an admin class, which hides some keys and searches for others. */
function isAdminForm(engine: Engine, form: ClassInfo, at: AccessSite): boolean {
  const known = adminForms.get(engine) ?? formsOfAdmin(engine, at);
  adminForms.set(engine, known);
  return known.has(form);
}

function formsOfAdmin(engine: Engine, at: AccessSite): ReadonlySet<ClassInfo> {
  const forms = engine.program.classes.flatMap((cls) => {
    if (cls.module.origin !== "project" || !engine.program.isSubclass(cls, "django.contrib.admin.options.BaseModelAdmin")) return [];
    const own = engine.classMember(cls, "form", { kind: "class", cls }, at);
    return own?.kind === "class" ? [own.cls] : [];
  });
  return new Set(forms);
}

function chosenNames(engine: Engine, meta: ClassInfo, model: Model, at: AccessSite): readonly string[] {
  const fields = classSetting(engine, meta, "", "fields", at);
  const isAll = fields === null || (fields.kind === "literal" && fields.value === "__all__");
  return isAll ? [...model.fields.keys()] : (stringItems(fields) ?? []);
}

/** What a project's own field changes when it loads options on demand or takes text in the place of a choice. */
const OTHER_CHOICES = ["get_bound_field", "iterator", "choices", "_get_choices", "to_python"];

/** Django's own selects, lists of radio buttons and of boxes show every option, as the default does, and so does Select2 around one of them. */
const SHOW_ALL: ReadonlySet<string> = new Set([
  "django_select2.forms.Select2Widget",
  "django_select2.forms.Select2MultipleWidget",
  "django_select2.forms.Select2TagWidget",
]);

function showsAll(widget: Value): boolean {
  if (widget.kind !== "object" && widget.kind !== "class") return false;
  return widget.cls.module.name === "django.forms.widgets" || SHOW_ALL.has(`${widget.cls.module.name}.${widget.cls.name}`);
}

/** Fields that a dictionary of widgets gives something else than Django's own list of options. */
function otherWidgets(widgets: Value | null): readonly string[] {
  const names = stringItems(widgets) ?? [];
  return widgets?.kind === "dict" ? names.filter((name) => !showsAll(widgets.entries.get(name) ?? UNKNOWN)) : names;
}

/** A widget of its own may load options on demand; nothing is said of those. */
function hasOtherChoices(engine: Engine, field: ObjectValue, site: CallSite): boolean {
  const widget =
    field.attrs.get("widget") ?? field.args?.keywords.get("widget") ?? engine.classMember(field.cls, "widget", field, { span: site.span, frame: site.frame });
  if (field.attrs.has("choices") || (widget !== null && !showsAll(widget))) return true;
  return engine.program.mro(field.cls).some((cls) => {
    if (isExternal(cls) || cls.module.origin === "builtin") return false;
    return OTHER_CHOICES.some((name) => cls.members.has(name));
  });
}

function renderChoices(engine: Engine, field: ObjectValue, site: CallSite, how = "iterate"): void {
  const queryset = field.attrs.get("queryset") ?? (field.args === null ? null : argument(field.args, 0, "queryset"));
  if (queryset === null || hasOtherChoices(engine, field, site)) return;
  const { element, loop } = engine.iterate(queryset, site.span, site.frame, how);
  const frame = { ...site.frame, loop };
  const label = field.attrs.get("label_from_instance") ?? ownMethod(engine, field, "label_from_instance", { span: site.span, frame });
  engine.text(label === null ? element : engine.call(label, { ...NO_ARGS, positional: [element] }, { ...site, frame }), site.span, frame);
}

function ownMethod(engine: Engine, field: ObjectValue, name: string, at: AccessSite): Value | null {
  const method = engine.classMember(field.cls, name, field, at);
  return method?.kind === "bound" && method.fn.module.origin !== "builtin" ? method : null;
}

/** The class of a form set's forms: the project's own, or one that Django makes for the model's fields. */
const formOfSet =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form, model, fields, widgets] = args.positional;
    const found = model?.kind === "class" ? engine.graph.ofClass(model.cls) : null;
    if (form?.kind !== "class" || found === null || form.cls.module.origin === "project") return form ?? UNKNOWN;
    const { cls } = form;
    const other = new Set(otherWidgets(widgets ?? null));
    const names = (stringItems(fields ?? null) ?? []).filter((name) => !other.has(name));
    const where = projectSite({ span: site.span, frame: site.frame });
    return native(`form of a set:${found.label}:${names.join()}`, ({ keywords }) => {
      const made = object(cls, NO_ARGS, where.span);
      made.attrs.set("instance", keywords.get("instance") ?? UNKNOWN);
      made.attrs.set("fields", dict(fieldsFor(engine, found, names, { ...where, expr: null })));
      return made;
    });
  };

const NO_ROWS_YET = "the row that the forms belong to was just made";

/** A model form set that is given no queryset has a form for each row there is; one inline, for each row that points to the instance. */
const rowsOfSet =
  (engine: Engine): Hook =>
  (args, site) => {
    const [model, parent, name] = args.positional;
    const found = model?.kind === "class" ? engine.graph.ofClass(model.cls) : null;
    if (found === null) return UNKNOWN;
    const where: CallSite = { ...projectSite({ span: site.span, frame: site.frame }), expr: null };
    const key = [...found.fields.values()].find(
      (field) => field.relation !== null && (name?.kind === "literal" && name.value !== null ? field.name === name.value : pointsTo(field, parent)),
    );
    const manager = modelManager(engine, found, found.defaultManager, { span: where.span, frame: where.frame });
    const own = key === undefined ? NO_ARGS : { ...NO_ARGS, keywords: new Map([[key.name, UNKNOWN]]) };
    const rows = engine.callMethod(
      { ...manager, origin: implicitOrigin(engine, found, { forForm: "set" }, where) },
      key === undefined ? "all" : "filter",
      own,
      where,
    );
    return parent?.kind === "row" && parent.isNew && rows.kind === "queryset" ? { ...rows, doubts: [...rows.doubts, NO_ROWS_YET] } : rows;
  };

function pointsTo(field: Field, parent: Value | undefined): boolean {
  return parent?.kind === "row" && field.relation?.target === parent.model.label && (field.relation.kind === "fk" || field.relation.kind === "o2o");
}

function fieldsFor(engine: Engine, model: Model, names: readonly string[], site: CallSite): [string, ObjectValue][] {
  const choice = engine.program.resolveDotted(CHOICE);
  if (choice?.kind !== "class") return [];
  return names.flatMap((name) => {
    const known = model.fields.get(name);
    if (known === undefined || !isChoosable(known)) return [];
    const field = object(choice.cls, NO_ARGS, site.span);
    field.attrs.set("queryset", optionsOf(engine, known, site) ?? UNKNOWN);
    return [[name, field]];
  });
}

/** `modelformset_factory(Order, fields=[…])`: each form offers the same options. */
const formsetChoices =
  (engine: Engine): Hook =>
  (args, site) => {
    const [model, fields, widgets] = args.positional;
    const found = model?.kind === "class" ? engine.graph.ofClass(model.cls) : null;
    const other = new Set(otherWidgets(widgets ?? null));
    if (found === null || fields === undefined) return UNKNOWN;
    // A module may make the form; a page asks for its options when it shows them.
    const later = { ...site, expr: null, frame: { ...site.frame, atImport: false } };
    for (const name of stringItems(fields) ?? []) {
      const field = found.fields.get(name);
      if (field !== undefined && isChoosable(field) && !other.has(name)) renderOptions(engine, field, later);
    }
    return UNKNOWN;
  };

const ON_DEMAND = "the page may render its filters in another way";

/**
 * django-filter's form, one for each set of filters, with what its model filters offer to choose from. Methods of the set change what
 * the form offers; whoever else asks for it may show it.
 */
const filterForm =
  (engine: Engine): Hook =>
  (args, site) => {
    const [filterset, form] = args.positional;
    if (filterset?.kind !== "object" || form?.kind !== "object") return UNKNOWN;
    const known = filterset.attrs.get("_form");
    const shown = known?.kind === "object" ? known : form;
    if (shown === form) {
      filterset.attrs.set("_form", form);
      const fields = dict(filterFields(engine, filterset, site));
      fields.rest = UNKNOWN;
      form.attrs.set("fields", fields);
    }
    if (site.frame.caller?.self !== filterset) renderFilters(engine, shown, site, ON_DEMAND);
    return shown;
  };

/** A page goes through the form's fields, or shows all of it. */
const renderedFilters =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form] = args.positional;
    if (form?.kind === "object") renderFilters(engine, form, site);
    return UNKNOWN;
  };

const filterSpans = new WeakMap<ObjectValue, Span>();

function filterFields(engine: Engine, filterset: ObjectValue, site: CallSite): [string, ObjectValue][] {
  const declared = declaredChoices(engine, filterset.cls, "django_filters.filters.ModelChoiceFilter", site).flatMap(([name, { field, span }]) => {
    const queryset: Value | undefined = field.args?.keywords.get("queryset");
    if (queryset === undefined) return [];
    field.attrs.set("queryset", queryset);
    return [[name, field, span] as const];
  });
  const made = new Map<string, ObjectValue>();
  for (const [name, field, span] of [...impliedFilters(engine, filterset, site), ...declared]) {
    filterSpans.set(field, span);
    made.set(name, field);
  }
  return [...made];
}

/** Relations among `Meta.fields`, which are filtered by a choice of rows unless the set declares a filter of that name. */
function impliedFilters(engine: Engine, filterset: ObjectValue, site: CallSite): (readonly [string, ObjectValue, Span])[] {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const meta = nestedClass(engine, filterset.cls, "Meta");
  const cls = meta === null ? null : classSetting(engine, meta, "", "model", at);
  const model = cls?.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
  const choice = engine.program.resolveDotted(CHOICE);
  if (meta === null || model === null || choice?.kind !== "class") return [];
  return filteredNames(engine, meta, model, at).flatMap((name) => {
    const known = model.fields.get(name);
    if (known === undefined || !isChoosable(known) || engine.program.member(filterset.cls, name) !== null) return [];
    const span = itemSpan(engine, meta, "fields", name);
    const rows = optionsOf(engine, known, { span, frame: site.frame, expr: null });
    if (rows === null) return [];
    const field = object(choice.cls, NO_ARGS, span);
    field.attrs.set("queryset", rows);
    return [[name, field, span] as const];
  });
}

/** A list of names, names with their lookups, or all but those of `exclude`. Without either, a set has the filters that it declares. */
function filteredNames(engine: Engine, meta: ClassInfo, model: Model, at: AccessSite): readonly string[] {
  const fields = classSetting(engine, meta, "", "fields", at);
  if (fields?.kind === "dict") {
    return [...fields.entries].flatMap(([name, lookups]) => (stringItems(lookups)?.includes("exact") === true ? [name] : []));
  }
  if (fields !== null && stringItems(fields) !== null) return stringItems(fields) ?? [];
  const exclude = classSetting(engine, meta, "", "exclude", at);
  const isAll = fields?.kind === "literal" && fields.value === "__all__";
  if (!isAll && exclude === null) return [];
  const without = new Set(stringItems(exclude) ?? []);
  return [...model.fields.keys()].filter((name) => !without.has(name));
}

function renderFilters(engine: Engine, form: ObjectValue, site: CallSite, doubt: string | null = null): void {
  const fields = form.attrs.get("fields");
  for (const field of fields?.kind === "dict" ? fields.entries.values() : []) {
    if (field.kind !== "object") continue;
    const span = filterSpans.get(field) ?? site.span;
    const queryset = field.attrs.get("queryset");
    const shown = object(field.cls, field.args, field.site);
    for (const [name, value] of field.attrs) shown.attrs.set(name, value);
    if (queryset !== undefined && doubt !== null) {
      shown.attrs.set("queryset", joinAll(alternatives(queryset).map((one) => (one.kind === "queryset" ? doubted(one, doubt) : one))));
    }
    renderChoices(engine, shown, { span, frame: site.frame, expr: null });
  }
}

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
const validatedForm =
  (engine: Engine): Hook =>
  (args, site) => {
    const found = formModel(engine, args.positional[0], site);
    noteEntered(engine, args.positional[0]);
    if (found !== null) noteValidated(engine, found.model, found.names, site);
    return UNKNOWN;
  };

function isFalse(value: Value | undefined): boolean {
  return value?.kind === "literal" && value.value === false;
}

const savedForm =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form, commit] = args.positional;
    const found = formModel(engine, form, site);
    if (found !== null && !isFalse(commit)) noteSaved(engine, found.model, found.names, site);
    const instance = form?.kind === "object" ? form.attrs.get("instance") : undefined;
    if (instance !== undefined && alternatives(instance).some((one) => one.kind === "row")) return instance;
    return found === null ? (instance ?? UNKNOWN) : unknownRow(engine, found.model.label);
  };

/** What the forms of a set write: as the project's form says, or the fields that the set names. */
function setModel(
  engine: Engine,
  form: Value | undefined,
  model: Value | undefined,
  site: CallSite,
): { readonly model: Model; readonly names: readonly string[] } | null {
  const own = formModel(engine, form, site);
  const found = model?.kind === "class" ? engine.graph.ofClass(model.cls) : null;
  if (own !== null || found === null || form?.kind !== "object") return own;
  const fields = form.attrs.get("fields");
  return { model: found, names: fields?.kind === "dict" ? [...fields.entries.keys()].map(String) : [] };
}

/** Each form's hidden key is a choice too: its row is asked for. */
const validatedSet =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form, model] = args.positional;
    const found = setModel(engine, form, model, site);
    if (found === null) return UNKNOWN;
    noteValidated(engine, found.model, found.names, site);
    noteAsked(engine, found.model, site);
    return UNKNOWN;
  };

const savedSet =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form, model, commit] = args.positional;
    const found = setModel(engine, form, model, site);
    if (found !== null && !isFalse(commit)) noteSaved(engine, found.model, found.names, site);
    return UNKNOWN;
  };

/** A view without a form class makes one of its model's fields. */
const savedModel =
  (engine: Engine): Hook =>
  (args, site) => {
    const [cls, fields] = args.positional;
    const model = cls?.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
    if (model !== null) noteSaved(engine, model, stringItems(fields ?? null) ?? [...model.fields.keys()], site);
    return UNKNOWN;
  };

const validatedModel =
  (engine: Engine): Hook =>
  (args, site) => {
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

const MANY = "django.forms.models.ModelMultipleChoiceField";

/**
 * `cleaned_data`: under the name of a field for several rows, those of its queryset that were chosen. Checking the keys has fetched them. Nothing is said
 * of a field that `__init__` may have given another queryset, or that has a `clean_…()` of its own.
 */
const cleanedData =
  (engine: Engine): Hook =>
  (args, site) => {
    const [form] = args.positional;
    if (form?.kind !== "object") return UNKNOWN;
    const data = dict();
    data.rest = UNKNOWN;
    form.attrs.set("cleaned_data", data);
    const at: AccessSite = { span: site.span, frame: site.frame };
    if (ownMethod(engine, form, "__init__", at) !== null) return data;
    for (const [name, { field }] of declaredChoices(engine, form.cls, MANY, site)) {
      const offered = field.attrs.get("queryset") ?? (field.args === null ? null : argument(field.args, 0, "queryset"));
      const isCleaned = ownMethod(engine, form, `clean_${name}`, at) ?? ownMethod(engine, field, "clean", at);
      if (offered === null || isCleaned !== null) continue;
      const chosen = engine.callMethod(offered, "filter", { ...NO_ARGS, open: true }, { ...site, expr: null });
      if (chosen.kind === "queryset") data.entries.set(name, { ...chosen, evaluated: true });
    }
    return data;
  };

export const formHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.form_choices": formChoices,
  "luthier.rendered_form": renderedForm,
  "luthier.form_of_set": formOfSet,
  "luthier.rows_of_set": rowsOfSet,
  "luthier.validated_form": validatedForm,
  "luthier.saved_model": savedModel,
  "luthier.validated_model": validatedModel,
  "luthier.saved_form": savedForm,
  "luthier.validated_set": validatedSet,
  "luthier.saved_set": savedSet,
  "luthier.formset_choices": formsetChoices,
  "luthier.cleaned_data": cleanedData,
  "luthier.filter_form": filterForm,
  "luthier.rendered_filters": renderedFilters,
};
