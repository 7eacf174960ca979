/** The admin: which columns a changelist reads of each row, and what its automatic `select_related()` loads. */
import { decoratorName } from "../../python/syntax-tree.ts";
import type { Call, ClassInfo, Expr, Field, FunctionDef, Model, Span, Stmt } from "../../model/index.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import type { LiveOrigin } from "../../dataflow/recorder.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { BARE, withPath, withSelectsAll } from "../../dataflow/load-tree.ts";
import { isDjango } from "../../dataflow/querysets.ts";
import {
  alternatives,
  freshId,
  joinAll,
  list,
  literal,
  NO_ARGS,
  object,
  UNKNOWN,
  type FunctionValue,
  type ObjectValue,
  type QuerysetValue,
  type Value,
} from "../../dataflow/values.ts";
import { isChoosable, isEditable, renderOptions } from "../forms/options.ts";

/** Models that an admin class is registered for: by decorator, by `site.register`, by its own `model`. */
const adminModels =
  (engine: Engine): Hook =>
  ({ positional: [admin] }) =>
    admin?.kind === "object" ? list(modelClasses(engine, admin.cls)) : UNKNOWN;

/** Django makes an object of the class for each of its models. */
const adminOf = (): Hook => (args) => {
  const [admin, model] = args.positional;
  if (admin?.kind !== "object" || model === undefined) return UNKNOWN;
  return { ...admin, id: freshId(), attrs: new Map(admin.attrs).set("model", model) };
};

/** The model of an admin whose methods run by themselves, such as its own views: each that it is registered for. */
const adminModel =
  (engine: Engine): Hook =>
  ({ positional: [admin] }) =>
    admin?.kind === "object" ? joinAll(modelClasses(engine, admin.cls)) : UNKNOWN;

function modelClasses(engine: Engine, admin: ClassInfo): Value[] {
  return registeredModels(engine, admin).map(({ cls }) => ({ kind: "class", cls }));
}

const registrations = new WeakMap<Engine, ReadonlyMap<string, readonly Model[]>>();

function registeredModels(engine: Engine, cls: ClassInfo): readonly Model[] {
  const decorated = cls.def.decorators.flatMap((one) =>
    one.kind === "call" && REGISTERS.test(decoratorName(one)) ? one.args.flatMap((arg) => modelsOf(engine, cls, arg)) : [],
  );
  if (decorated.length > 0) return decorated;
  let known = registrations.get(engine);
  if (known === undefined) {
    known = readRegistrations(engine);
    registrations.set(engine, known);
  }
  return known.get(cls.id) ?? [];
}

function modelsOf(engine: Engine, cls: ClassInfo, arg: Expr): Model[] {
  const value = engine.evaluate(arg, engine.moduleFrame(cls.module));
  return modelsOfValue(engine, value);
}

function modelsOfValue(engine: Engine, value: Value): Model[] {
  return alternatives(value).flatMap((one) => {
    if (one.kind === "class") {
      const model = engine.graph.ofClass(one.cls);
      return model === null ? [] : [model];
    }
    return one.kind === "list" ? (one.items ?? []).flatMap((item) => modelsOfValue(engine, item)) : [];
  });
}

/** A site of the project's own may register in more than one way: `site.contest_register(Model, Admin)`. */
const REGISTERS = /(^|\.)([a-z]+_)*register$/;

/** `admin.site.register(Model, Admin)` at module level. */
function readRegistrations(engine: Engine): ReadonlyMap<string, readonly Model[]> {
  const found = new Map<string, Model[]>();
  for (const module of engine.program.modules.values()) {
    if (module.origin !== "project") continue;
    for (const call of callsAtImport(module.ir.body)) {
      if (!REGISTERS.test(decoratorName(call.callee))) continue;
      const named = (name: string): Expr | undefined => call.keywords.find((one) => one.name === name)?.value;
      const [model = named("model_or_iterable"), admin = named("admin_class")] = call.args;
      if (model === undefined || admin === undefined) continue;
      const frame = engine.moduleFrame(module);
      const cls = engine.evaluate(admin, frame);
      if (cls.kind !== "class") continue;
      const models = modelsOfValue(engine, engine.evaluate(model, frame));
      found.set(cls.cls.id, [...(found.get(cls.cls.id) ?? []), ...models]);
    }
  }
  return found;
}

/** Calls that a module makes, whichever of its conditions hold. */
function callsAtImport(body: readonly Stmt[]): Call[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "expr") return stmt.value.kind === "call" ? [stmt.value] : [];
    if (stmt.kind === "if") return callsAtImport([...stmt.then, ...stmt.otherwise]);
    return stmt.kind === "try" ? callsAtImport([...stmt.body, ...stmt.otherwise]) : [];
  });
}

const changelist =
  (engine: Engine): Hook =>
  (args, site) => {
    const [admin, request] = args.positional;
    if (admin?.kind !== "object" || request === undefined) return UNKNOWN;
    const call = { ...NO_ARGS, positional: [request] };
    const inner: CallSite = { ...site, expr: null };
    const columns = shownAtTimes(engine.callMethod(admin, "get_list_display", call, inner));
    for (const queryset of alternatives(engine.callMethod(admin, "get_queryset", call, inner))) {
      if (queryset.kind !== "queryset") continue;
      const related = engine.callMethod(admin, "get_list_select_related", call, inner);
      const loaded = withListSelectRelated(engine, queryset, related, columns, inner);
      readColumns(engine, admin, loaded, columns, inner);
      runActions(engine, admin, loaded, request, inner);
      if (!asksForExport(engine, admin)) runExports(engine, admin, loaded, inner);
    }
    if (asksForExport(engine, admin))
      runExports(engine, admin, engine.callMethod(admin, "get_export_queryset", { ...NO_ARGS, positional: [another(request)] }, inner), inner);
    return UNKNOWN;
  };

/** An export is a request of its own, which code may mark as one. */
function another(request: Value): Value {
  return request.kind === "object" ? { ...request, id: freshId(), attrs: new Map(request.attrs) } : request;
}

/** The rows of the changelist, for whoever builds one of his own. */
const changelistQueryset =
  (engine: Engine): Hook =>
  (args, site) => {
    const [admin, request] = args.positional;
    if (admin?.kind !== "object" || request === undefined) return UNKNOWN;
    const call = { ...NO_ARGS, positional: [request] };
    const columns = shownAtTimes(engine.callMethod(admin, "get_list_display", call, site));
    const related = engine.callMethod(admin, "get_list_select_related", call, site);
    const queryset = engine.callMethod(admin, "get_queryset", call, site);
    return joinAll(alternatives(queryset).map((one) => (one.kind === "queryset" ? withListSelectRelated(engine, one, related, columns, site) : one)));
  };

/** Its class exports what `get_export_queryset()` gives. */
function asksForExport(engine: Engine, { cls }: ObjectValue): boolean {
  return engine.program.member(cls, "get_export_queryset") !== null;
}

/** Actions get the rows of the changelist that were ticked, loaded as the changelist loads them. */
function runActions(engine: Engine, admin: ObjectValue, queryset: QuerysetValue, request: Value, site: CallSite): void {
  const actions = engine.attribute(admin, "actions", { span: site.span, frame: site.frame });
  const listed = actions.kind === "list" ? (actions.items ?? []) : [];
  const at: AccessSite = { span: declarationSpan(engine, admin.cls, "actions"), frame: site.frame };
  const names = new Set(listed.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : [])));
  for (const action of listed) {
    if (action.kind === "function") runAction(engine, action, [admin, request], action, queryset, { ...at, expr: null });
  }
  for (const name of [...names, ...actionMethods(engine, admin.cls).filter((one) => !names.has(one))]) {
    const method = engine.classMember(admin.cls, name, admin, at);
    if (method !== null) runAction(engine, method, [request], method.kind === "bound" ? method.fn : null, queryset, { ...at, expr: null });
  }
}

/** The action can load more than the changelist, whose pages do without. */
function runAction(engine: Engine, action: Value, args: readonly Value[], fn: FunctionValue | null, queryset: QuerysetValue, site: CallSite): void {
  const origin = fn?.module.origin === "project" ? actionOrigin(engine, fn, queryset) : queryset.origin;
  const ticked = { ...queryset, origin, id: freshId(), source: freshId(), narrowed: true, evaluated: false, rows: null };
  engine.call(action, { ...NO_ARGS, positional: [...args, ticked] }, site);
  if (origin !== queryset.origin) noteReads(origin, queryset.origin);
}

function actionOrigin(engine: Engine, { module, owner, def }: FunctionValue, { origin }: QuerysetValue): LiveOrigin {
  if (def.kind === "lambda") return origin;
  const { file } = module.ir;
  return engine.recorder.origin(`action:${file}:${def.start}:${origin.id}`, () => ({
    kind: "implicit",
    model: origin.model,
    span: { file, start: def.start, end: def.headEnd },
    symbol: `${owner === null ? module.name : owner.id}.${def.name}`,
    escapes: origin.escapes,
    asInstances: origin.asInstances,
    forAction: true,
  }));
}

/** Whoever asks what is read of the changelist's rows is told what actions read of them. */
function noteReads(from: LiveOrigin, to: LiveOrigin): void {
  for (const one of from.columns) to.columns.add(one);
  for (const one of from.followed) to.followed.add(one);
  to.asInstances ||= from.asInstances;
  to.asValues ||= from.asValues;
  to.escapes ||= from.escapes;
}

/** Methods with the parameters of an action, which `get_actions()` may add, and `delete_queryset()`. */
function actionMethods(engine: Engine, cls: ClassInfo): string[] {
  const names = new Set<string>();
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const [name, definitions] of owner.members) {
      const last = definitions.at(-1);
      if (last?.kind === "function" && isAction(last.def)) names.add(name);
    }
  }
  return [...names];
}

function isAction({ params }: FunctionDef): boolean {
  return params.length === 3 && params[1]?.name === "request" && params[2]?.name === "queryset";
}

/** An admin that exports gives its resources the changelist's rows, or those of `get_export_queryset()`. */
function runExports(engine: Engine, admin: ObjectValue, source: Value, site: CallSite): void {
  for (const cls of exportedResources(engine, admin.cls, site)) {
    const resource = object(cls, null, null);
    for (const one of alternatives(source)) {
      const rows: Value = one.kind === "queryset" ? { ...one, id: freshId(), source: freshId(), evaluated: false, rows: null } : one;
      if (rows.kind === "queryset" || rows.kind === "list") engine.callMethod(resource, "export", { ...NO_ARGS, positional: [rows] }, site);
    }
  }
}

export function exportedResources(engine: Engine, admin: ClassInfo, site: CallSite): ClassInfo[] {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const named = ["resource_class", "resource_classes"].map((name) => engine.classMember(admin, name, { kind: "class", cls: admin }, at));
  return named
    .flatMap((value) => (value?.kind === "list" ? (value.items ?? []) : value === null ? [] : [value]))
    .flatMap((one) => (one.kind === "class" && engine.program.isSubclass(one.cls, "import_export.resources.Resource") ? [one.cls] : []));
}

/** A filter by a relation lists the label of every row that it may choose. */
const filterOptions =
  (engine: Engine): Hook =>
  (args, site) => {
    const [admin, filters] = args.positional;
    if (admin?.kind !== "object" || filters?.kind !== "list") return UNKNOWN;
    for (const model of registeredModels(engine, admin.cls)) {
      for (const one of filters.items ?? []) {
        const path = one.kind === "literal" && typeof one.value === "string" ? one.value : relatedOnlyPath(one);
        const field = path === null ? null : fieldAt(engine, model, path);
        if (path !== null && field !== null)
          renderOptions(engine, field, { span: nameSpan(engine, admin.cls, "list_filter", path) ?? site.span, frame: site.frame, expr: null });
      }
    }
    return UNKNOWN;
  };

/** `("author", admin.RelatedOnlyFieldListFilter)`; other classes may ask for their options later. */
function relatedOnlyPath(value: Value): string | null {
  if (value.kind !== "list" || value.items === null) return null;
  const [path, filter] = value.items;
  const isPlain = filter?.kind === "class" && /^Related(?:Only)?FieldListFilter$/.test(filter.cls.name);
  return isPlain && path?.kind === "literal" && typeof path.value === "string" ? path.value : null;
}

function fieldAt(engine: Engine, model: Model, path: string): Field | null {
  let at: Model | null = model;
  let field: Field | null = null;
  for (const part of path.split("__")) {
    field = at?.fields.get(part) ?? null;
    at = field?.relation == null ? null : engine.graph.byLabel(field.relation.target ?? "", at?.app);
  }
  return field !== null && isChoosable(field) ? field : null;
}

/** The template of an admin page that the project has itself: named by the class, or put where Django looks before its own. */
function ownTemplate(engine: Engine, admin: Value | undefined, named: Value | undefined, page: Value | undefined, site: CallSite): Value | null {
  if (named !== undefined && named.kind !== "unknown" && !(named.kind === "literal" && named.value === null)) return named;
  if (admin?.kind !== "object" || page?.kind !== "literal") return null;
  const cls = engine.attribute(admin, "model", { span: site.span, frame: site.frame });
  const model = cls.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
  const folders = model === null ? ["admin"] : [`admin/${model.app}/${model.name.toLowerCase()}`, `admin/${model.app}`, "admin"];
  const found = folders.map((folder) => `${folder}/${String(page.value)}.html`).find((one) => engine.templates.find(one) !== null);
  return found === undefined ? null : literal(found);
}

/** A change page that Django shows by the project's template; a `change_view()` of the project's own runs by itself. */
const hasOwnPage =
  (engine: Engine): Hook =>
  (args, site) => {
    const [admin, named, page] = args.positional;
    const own = admin?.kind === "object" ? engine.program.member(admin.cls, "change_view") : null;
    return literal(own?.owner.module.origin !== "project" && ownTemplate(engine, admin, named, page, site) !== null);
  };

/** What Django's own templates make of a context is not followed. */
const adminPage =
  (engine: Engine): Hook =>
  (args, site) => {
    const [admin, named, page, context] = args.positional;
    const template = ownTemplate(engine, admin, named, page, site);
    if (context === undefined) return UNKNOWN;
    if (template === null) engine.escape(context);
    else engine.renderTemplate(template, context, site);
    return UNKNOWN;
  };

/** A change page's selects: one label for each row of the related model, for each relation without another widget. */
const formSelects =
  (engine: Engine): Hook =>
  (args, site) => {
    const [admin, model] = args.positional;
    const found = model?.kind === "class" ? engine.graph.ofClass(model.cls) : null;
    if (admin?.kind === "object" && found !== null) renderSelects(engine, admin, found, { ...site, expr: null });
    return UNKNOWN;
  };

function renderSelects(engine: Engine, admin: ObjectValue, model: Model, site: CallSite): void {
  const hidden = new Set(["raw_id_fields", "autocomplete_fields", "readonly_fields", "exclude"].flatMap((name) => namesOf(engine, admin, name, site)));
  const shown = namesOf(engine, admin, "fields", site);
  const isKey = isInline(engine, admin.cls) ? parentKey(engine, admin, site) : () => false;
  if (isKey === null) return;
  const doubts = isCustomised(engine, admin.cls, CUSTOM_FORMS) ? [OWN_FIELDS] : [];
  for (const field of model.fields.values()) {
    if (!isChoosable(field) || !isEditable(field) || hidden.has(field.name) || (shown.length > 0 && !shown.includes(field.name))) continue;
    if (isKey(field) || (field.relation?.target === "auth.Permission" && loadsPermissions(engine, admin.cls))) continue;
    renderOptions(engine, field, { ...site, span: nameSpan(engine, admin.cls, "fields", field.name) ?? site.span }, doubts);
  }
}

/** Django's own pages of users and groups load what the text of a permission reads. */
function loadsPermissions({ program }: Engine, cls: ClassInfo): boolean {
  return ["UserAdmin", "GroupAdmin"].some((name) => program.isSubclass(cls, `django.contrib.auth.admin.${name}`));
}

const OWN_FIELDS = "the admin builds its form's fields itself";

/** Editable columns: each row of the changelist is a form, with a select for each relation. */
function renderEditable(engine: Engine, admin: ObjectValue, queryset: QuerysetValue, frame: CallSite["frame"]): void {
  const site: CallSite = { span: declarationSpan(engine, admin.cls, "list_editable"), frame, expr: null };
  const hidden = new Set(["raw_id_fields", "autocomplete_fields"].flatMap((name) => namesOf(engine, admin, name, site)));
  const doubts = isCustomised(engine, admin.cls, CUSTOM_WIDGETS) ? [OWN_FIELDS] : [];
  for (const name of namesOf(engine, admin, "list_editable", site)) {
    const field = queryset.model.fields.get(name);
    if (field === undefined || !isChoosable(field) || hidden.has(name)) continue;
    renderOptions(engine, field, { ...site, span: nameSpan(engine, admin.cls, "list_editable", name) ?? site.span }, doubts);
  }
}

function isInline(engine: Engine, cls: ClassInfo): boolean {
  return engine.program.isSubclass(cls, "django.contrib.admin.options.InlineModelAdmin");
}

/** The inline's key to the pages that show it, or the type of a generic one, which is no select; null where no page does. */
function parentKey(engine: Engine, admin: ObjectValue, site: CallSite, isPage = isOpen): ((field: Field) => boolean) | null {
  const parents = parentLabels(engine, admin.cls, site, isPage);
  const [named] = [...namesOf(engine, admin, "fk_name", site), ...namesOf(engine, admin, "ct_field", site)];
  if (parents.size === 0) return null;
  return (field) => (named === undefined ? parents.has(field.relation?.target ?? "") : field.name === named);
}

type IsPage = (engine: Engine, cls: ClassInfo) => boolean;

/** Its inlines have forms: on a page that nobody may change their rows are text. */
const isOpen: IsPage = (engine, cls) => !isClosed(engine, cls);
const isAny: IsPage = () => true;

/** Models whose pages show the inline. */
function parentLabels(engine: Engine, inlineCls: ClassInfo, site: CallSite, isPage: IsPage): ReadonlySet<string> {
  const labels = new Set<string>();
  const at: AccessSite = { span: site.span, frame: site.frame };
  for (const cls of engine.program.classes) {
    if (cls.module.origin !== "project" || !engine.program.isSubclass(cls, "django.contrib.admin.options.ModelAdmin")) continue;
    if (!isPage(engine, cls)) continue;
    const inlines = engine.classMember(cls, "inlines", { kind: "class", cls }, at);
    const isShown = inlines?.kind === "list" && (inlines.items ?? []).some((one) => one.kind === "class" && one.cls === inlineCls);
    if (isShown) for (const model of registeredModels(engine, cls)) for (const label of lineOf(engine, model)) labels.add(label);
  }
  return labels;
}

/** A key to the model that a proxy stands for, or to a multi-table parent, is one to the page's row as well. */
function lineOf({ graph }: Engine, model: Model): readonly string[] {
  return [model.label, model.concrete, ...model.parents, ...(graph.byLabel(model.concrete)?.parents ?? [])];
}

/** `has_change_permission()` that says False, whoever asks. */
function isClosed({ program }: Engine, cls: ClassInfo): boolean {
  const own = program.member(cls, "has_change_permission")?.definition;
  const [only, ...others] = own?.kind === "function" ? own.def.body.filter((stmt) => stmt.kind !== "expr") : [];
  return only?.kind === "return" && only.value?.kind === "constant" && only.value.value === "false" && others.length === 0;
}

function namesOf(engine: Engine, admin: ObjectValue, name: string, site: CallSite): string[] {
  const value = engine.attribute(admin, name, { span: site.span, frame: site.frame });
  return flatNames(value);
}

/** Names may stand in groups: `fields = [("first", "last"), "email"]`. */
function flatNames(value: Value): string[] {
  if (value.kind === "literal") return typeof value.value === "string" ? [value.value] : [];
  return value.kind === "list" ? (value.items ?? []).flatMap(flatNames) : [];
}

const CUSTOM_WIDGETS = [
  "formfield_overrides",
  "formfield_for_dbfield",
  "formfield_for_foreignkey",
  "formfield_for_manytomany",
  "get_changelist_form",
  "get_changelist_formset",
  "has_change_permission",
];
const CUSTOM_FORMS = [
  ...CUSTOM_WIDGETS,
  "form",
  "formset",
  "fieldsets",
  "get_form",
  "get_formset",
  "get_fields",
  "get_fieldsets",
  "get_readonly_fields",
  "get_autocomplete_fields",
];

function isCustomised(engine: Engine, cls: ClassInfo, names: readonly string[]): boolean {
  return names.some((name) => {
    const member = engine.program.member(cls, name);
    return member !== null && member.owner.module.origin === "project";
  });
}

/** `list_select_related`: True for all, names, or False, where a foreign key among the columns turns it on. */
function withListSelectRelated(engine: Engine, queryset: QuerysetValue, related: Value, columns: Value, site: CallSite): QuerysetValue {
  // The changelist leaves a queryset alone that selects relations already.
  if ([...queryset.load.relations.values()].some((one) => one.how === "select")) return queryset;
  if (related.kind === "list" && related.items !== null) {
    const made = engine.callMethod(queryset, "select_related", { ...NO_ARGS, positional: related.items }, site);
    return related.items.length === 0 || made.kind !== "queryset" ? queryset : made;
  }
  const isOn = related.kind === "literal" ? related.value === true : true;
  const shown = columnNames(columns).filter((name) => hasForeignKey(queryset.model, list([literal(name)])));
  // Since 6.1 the columns alone are joined, those that may be NULL too, not every relation. A version that is not known is taken for one before.
  if (!isOn && shown.length > 0 && engine.project.djangoVersion !== null && isDjango(engine, 6, 1)) {
    const node = { node: BARE, how: "select", uses: [], queryset: null, row: null } as const;
    return { ...queryset, load: shown.reduce((load, name) => withPath(load, [name], node), queryset.load) };
  }
  if (isOn || shown.length > 0) return { ...queryset, load: withSelectsAll(queryset.load) };
  return queryset;
}

function hasForeignKey(model: Model, columns: Value): boolean {
  return columnNames(columns).some((name) => {
    const kind = model.fields.get(name)?.relation?.kind;
    return kind === "fk" || kind === "o2o";
  });
}

/** A `get_list_display()` that decides: the columns of all its answers, those among them that a condition may leave out. */
function shownAtTimes(columns: Value): Value {
  const answers = alternatives(columns).filter((one) => one.kind === "list");
  const [only] = answers;
  if (only === undefined || (answers.length === 1 && only.items !== null)) return only ?? columns;
  const shown = new Map<unknown, Value>();
  for (const one of answers.flatMap(({ items, element }): readonly Value[] => items ?? alternatives(element))) {
    if (one.kind !== "unknown") shown.set(one.kind === "literal" ? one.value : one, one);
  }
  return list([...shown.values()]);
}

function columnNames(columns: Value): string[] {
  if (columns.kind !== "list" || columns.items === null) return [];
  return columns.items.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
}

function readColumns(engine: Engine, admin: ObjectValue, queryset: QuerysetValue, columns: Value, site: CallSite): void {
  if (columns.kind !== "list") return;
  const head = declarationSpan(engine, admin.cls, "list_display");
  const { element, loop } = engine.iterate(queryset, head, site.frame, "iterate", head);
  const frame = { ...site.frame, loop };
  const editable = new Set(namesOf(engine, admin, "list_editable", site));
  for (const column of columns.items ?? [columns.element]) {
    // An editable column's value is read, but its form's field is shown.
    if (column.kind === "literal" && typeof column.value === "string" && editable.has(column.value))
      engine.lookUp(element, column.value, false, { span: head, frame });
    else readColumn(engine, admin, column, element, head, frame);
  }
  renderEditable(engine, admin, queryset, frame);
}

function readColumn(engine: Engine, admin: ObjectValue, column: Value, row: Value, head: Span, frame: CallSite["frame"]): void {
  if (column.kind !== "literal" || typeof column.value !== "string") {
    engine.call(column, { ...NO_ARGS, positional: [row] }, { span: head, frame, expr: null });
    return;
  }
  const name = column.value;
  const at: AccessSite = { span: nameSpan(engine, admin.cls, "list_display", name) ?? head, frame };
  const site: CallSite = { ...at, expr: null };
  const own = row.kind === "row" && row.model.fields.has(name) ? null : engine.classMember(admin.cls, name, admin, at);
  if (own !== null) {
    engine.text(engine.call(own, { ...NO_ARGS, positional: [row] }, site), at.span, frame);
    return;
  }
  if (name === "__str__") {
    engine.text(row, at.span, frame);
    return;
  }
  let value = row;
  for (const part of name.split("__")) value = engine.lookUp(value, part, true, at);
  engine.text(value, at.span, frame);
}

export function declarationSpan(engine: Engine, cls: ClassInfo, name: string): Span {
  const member = engine.program.member(cls, name);
  const isOwn = member !== null && member.owner.module.origin === "project" && member.definition.kind === "variable";
  const file = isOwn ? member.owner.module.ir.file : cls.module.ir.file;
  if (isOwn && member.definition.kind === "variable") {
    return { file, start: member.definition.stmt.start, end: member.definition.stmt.end };
  }
  return { file, start: cls.def.start, end: cls.def.headEnd };
}

/** The string in a class attribute's list that names a column. */
export function nameSpan(engine: Engine, cls: ClassInfo, member: string, name: string): Span | null {
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const definition of owner.members.get(member) ?? []) {
      if (definition.kind !== "variable" || definition.value?.kind !== "sequence") continue;
      const item = definition.value.items.find((one) => one.kind === "str" && one.value === name);
      if (item !== undefined) return { file: owner.module.ir.file, start: item.start, end: item.end };
    }
  }
  return null;
}

/** Inline forms: one row each of the related objects, rendered with its label and fields; the one row of a one-to-one key is in no loop. */
const inline =
  (engine: Engine): Hook =>
  (args, site) => {
    const [admin, request] = args.positional;
    if (admin?.kind !== "object" || request === undefined) return UNKNOWN;
    const inner: CallSite = { ...site, expr: null };
    const queryset = engine.callMethod(admin, "get_queryset", { ...NO_ARGS, positional: [request] }, inner);
    for (const one of alternatives(queryset)) {
      if (one.kind !== "queryset") continue;
      const head = declarationSpan(engine, admin.cls, "model");
      const { element, frame } = formRow(engine, admin, one, head, inner);
      engine.text(element, head, frame);
      if (isClosed(engine, admin.cls)) {
        for (const name of labelled(engine, admin, one.model, inner)) readInlineField(engine, admin, "fields", literal(name), element, head, frame);
      } else renderSelects(engine, admin, one.model, { ...inner, frame: isOneForm(engine, admin, one.model, inner) ? site.frame : frame });
      const readonly = engine.attribute(admin, "readonly_fields", { span: head, frame });
      for (const column of readonly.kind === "list" ? (readonly.items ?? []) : []) {
        readInlineField(engine, admin, "readonly_fields", column, element, head, frame);
      }
    }
    return UNKNOWN;
  };

function formRow(
  engine: Engine,
  admin: ObjectValue,
  rows: QuerysetValue,
  head: Span,
  site: CallSite,
): { readonly element: Value; readonly frame: CallSite["frame"] } {
  if (isOneRow(engine, admin, rows.model, site)) return { element: engine.callMethod(rows, "get", NO_ARGS, { ...site, span: head }), frame: site.frame };
  const { element, loop } = engine.iterate(rows, head, site.frame, "iterate", head);
  return { element, frame: { ...site.frame, loop } };
}

/** A parent has one form at most: by a one-to-one key, or because the inline says so. */
function isOneForm(engine: Engine, admin: ObjectValue, model: Model, site: CallSite): boolean {
  return mostForms(engine, admin, site) === 0 || isOneRow(engine, admin, model, site);
}

/** Rows that are there already are shown in any case: where no more may be made, there may be many. */
function isOneRow(engine: Engine, admin: ObjectValue, model: Model, site: CallSite): boolean {
  return mostForms(engine, admin, site) === 1 || isOneToOne(engine, admin, model, site);
}

/** `max_num`, where it is written. */
function mostForms(engine: Engine, admin: ObjectValue, site: CallSite): unknown {
  const most = engine.attribute(admin, "max_num", { span: site.span, frame: site.frame });
  return most.kind === "literal" ? most.value : null;
}

function isOneToOne(engine: Engine, admin: ObjectValue, model: Model, site: CallSite): boolean {
  // An inline that another package's page is handed: a one-to-one key, where there is one, is the key to it.
  const isKey = parentKey(engine, admin, site, isAny) ?? (({ relation }: Field) => relation?.kind === "o2o");
  const keys = [...model.fields.values()].filter(isKey);
  return keys.length > 0 && keys.every(({ relation }) => relation?.kind === "o2o");
}

const CHOOSES_FIELDS = ["fieldsets", "get_fields", "get_fieldsets", "get_readonly_fields", "get_formset"];

/** Of rows that nobody may change, a foreign key is shown as text: by the label of what it leads to. */
function labelled(engine: Engine, admin: ObjectValue, model: Model, site: CallSite): string[] {
  const isKey = parentKey(engine, admin, site, isAny);
  if (isKey === null || isCustomised(engine, admin.cls, CHOOSES_FIELDS)) return [];
  const left = new Set(["exclude", "readonly_fields"].flatMap((name) => namesOf(engine, admin, name, site)));
  const shown = namesOf(engine, admin, "fields", site);
  const isShown = (field: Field): boolean =>
    isChoosable(field) && isEditable(field) && field.relation?.single === true && !isKey(field) && !left.has(field.name);
  return [...model.fields.values()].filter((field) => isShown(field) && (shown.length === 0 || shown.includes(field.name))).map(({ name }) => name);
}

function readInlineField(
  engine: Engine,
  admin: ObjectValue,
  member: "fields" | "readonly_fields",
  column: Value,
  row: Value,
  head: Span,
  frame: CallSite["frame"],
): void {
  if (column.kind !== "literal" || typeof column.value !== "string") return;
  const at = { span: nameSpan(engine, admin.cls, member, column.value) ?? head, frame };
  const own = engine.classMember(admin.cls, column.value, admin, at);
  const value = own === null ? engine.lookUp(row, column.value, true, at) : engine.call(own, { ...NO_ARGS, positional: [row] }, { ...at, expr: null });
  engine.text(value, at.span, frame);
}

export const adminHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.admin_models": adminModels,
  "luthier.admin_of": adminOf,
  "luthier.admin_model": adminModel,
  "luthier.changelist": changelist,
  "luthier.changelist_queryset": changelistQueryset,
  "luthier.inline": inline,
  "luthier.filter_options": filterOptions,
  "luthier.form_selects": formSelects,
  "luthier.has_own_page": hasOwnPage,
  "luthier.admin_page": adminPage,
};
