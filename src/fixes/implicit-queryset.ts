/** Querysets that a framework makes from a class: admin classes, generic views, viewsets. */
import type { ChainCall, ClassInfo, EditDraft, Expr, FunctionDef, LazyLoad, Origin, RuleInput, SourceFacts } from "../model/index.ts";
import { isInside, isSameSpan } from "../model/span.ts";
import { nodesIn, pathTo } from "../python/syntax-tree.ts";
import { appendCall, appendItems, extendCall, insertion, isExtensible } from "./chain-edit.ts";
import { lookupPath, stepsOf } from "./eager-paths.ts";
import type { EditPlan } from "./eager-verdict.ts";
import { indentAt, lineEnd, quoted, sourceOf, styleOf } from "./source-text.ts";
import { attributeOf, functionOf, superCall } from "./syntax.ts";

type Method = "select_related" | "prefetch_related";

export function implicitEdits(load: LazyLoad, method: Method, path: string, input: RuleInput): EditPlan {
  if (load.origin.forForm !== undefined) return none(FORM_ROWS[load.origin.forForm]);
  if (load.origin.forAction === true) return actionEdits(load, method, path, input);
  const cls = input.program.classes.find((one) => one.id === load.origin.symbol);
  if (cls === undefined) return none("the framework makes the queryset: override get_queryset() there");
  const isChangelist = input.program.isSubclass(cls, "django.contrib.admin.options.ModelAdmin");
  const paths = isChangelist && method === "select_related" ? changelistPaths(load, cls, path, input) : [path];
  const own = functionOf(cls, "get_queryset");
  if (own !== null) return overrideEdits(load, cls, own, method, paths, input);
  if (isChangelist && method === "select_related") return listSelectRelated(cls, paths, input);
  if (input.program.isSubclass(cls, "django.contrib.admin.options.BaseModelAdmin")) return newOverride(cls, "self, request", "request", method, paths, input);
  return viewEdits(load, cls, method, path, input);
}

/** The class that shows the form has a queryset of other rows, or the same rows for another purpose. */
const FORM_ROWS: Readonly<Record<NonNullable<LazyLoad["origin"]["forForm"]>, string>> = {
  choices: "these rows are choices: load it in the queryset of the field that offers them",
  set: "these rows are those of a form set: give it a queryset that loads it",
};

function none(reason: string): EditPlan {
  return { safety: "advice", reason, edits: [] };
}

function reviewed(edits: readonly EditDraft[], reason = "the framework makes the queryset, and other pages may use it too"): EditPlan {
  return { safety: "review", reason, edits };
}

// ------------------------------------------------------------------------------------------- the admin

/**
 * What the changelist reads by a join. Naming relations turns off the automatic `select_related()`, so the foreign keys
 * among its columns, and whatever those led to, have to be named as well.
 */
export function changelistPaths(load: LazyLoad, cls: ClassInfo, path: string, { facts, graph, program }: RuleInput): string[] {
  const shown = program.member(cls, "list_display")?.definition;
  const columns = shown?.kind === "variable" && shown.value?.kind === "sequence" ? shown.value.items : [];
  const keys = columns.flatMap((one) => (one.kind === "str" && isJoin(graph, load.origin.model, one.value) ? [one.value] : []));
  const loads = facts.loads.filter((one) => one.origin === load.origin && one.joinable && one.reason === "unloaded");
  const wanted = [path, ...keys, ...loads.map((one) => lookupPath(one, graph))];
  const deeper = [...load.origin.followed].filter((one) => wanted.some((other) => one.startsWith(`${other}__`)) && isJoin(graph, load.origin.model, one));
  return longest([...keys, ...wanted, ...deeper]);
}

function isJoin(graph: RuleInput["graph"], model: string, path: string): boolean {
  const steps = stepsOf(graph, model, path);
  return steps !== null && steps.every(({ relation }) => relation?.kind === "fk" || relation?.kind === "o2o");
}

function longest(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => other.startsWith(`${path}__`)));
}

function listSelectRelated(cls: ClassInfo, paths: readonly string[], input: RuleInput): EditPlan {
  const { file } = cls.module.ir;
  const text = input.text(file);
  const existing = attributeOf(cls.def, "list_select_related");
  if (existing === null) return declareListSelectRelated(cls, paths, input);
  const { value } = existing;
  if (value.kind === "sequence" && value.items.length > 0) {
    const missing = paths.filter((path) => !value.items.some((item) => item.kind === "str" && (item.value === path || item.value.startsWith(`${path}__`))));
    const opens = /^[([]/.test(text.slice(value.start, value.end));
    return opens
      ? reviewed(appendItems(sourceOf(input, file), { file, items: value.items, end: value.end }, missing))
      : none("add the relation to list_select_related");
  }
  if (value.kind === "constant" || value.kind === "sequence") {
    const edit = { span: { file, start: value.start, end: value.end }, text: tuple(paths, text) };
    const wasAll = value.kind === "constant" && value.value === "true";
    return wasAll
      ? { ...reviewed([edit]), reason: "list_select_related = True loads every relation that is not nullable; the names replace it" }
      : reviewed([edit]);
  }
  return none("add the relation to list_select_related");
}

function declareListSelectRelated(cls: ClassInfo, paths: readonly string[], input: RuleInput): EditPlan {
  if (input.program.member(cls, "get_list_select_related")?.owner.module.origin === "project") return none("add the relation in get_list_select_related()");
  const inherited = input.program.member(cls, "list_select_related");
  if (inherited?.owner.module.origin === "project") return none(`add the relation to list_select_related of ${inherited.owner.name}`);
  const after = attributeOf(cls.def, "list_display")?.stmt;
  const text = input.text(cls.module.ir.file);
  const line = `list_select_related = ${tuple(paths, text)}`;
  return after === undefined ? firstInBody(cls, line, text) : reviewed([afterStatement(cls.module.ir.file, after, line, text)]);
}

function tuple(paths: readonly string[], text: string): string {
  const names = paths.map((path) => quoted(path, styleOf(text)));
  return names.length === 1 ? `(${names[0] ?? ""},)` : `(${names.join(", ")})`;
}

function firstInBody(cls: ClassInfo, line: string, text: string): EditPlan {
  const first = cls.def.body.find((stmt) => !(stmt.kind === "expr" && stmt.value.kind === "str"));
  if (first === undefined || !/\n[\t ]*$/.test(text.slice(0, first.start))) return none("add list_select_related to the class");
  if (first.kind === "function" || first.kind === "class") return none("add list_select_related to the class");
  return reviewed([afterStatement(cls.module.ir.file, first, line, text)]);
}

function afterStatement(file: string, stmt: { readonly start: number; readonly end: number }, line: string, text: string): EditDraft {
  return insertion(file, lineEnd(text, stmt.end), `\n${indentAt(text, stmt.start)}${line}`);
}

/** An action of a mixin: rows of other models come to it as well. */
export function isSharedAction({ model, span }: Origin, { origins }: SourceFacts): boolean {
  return origins.some((one) => one.forAction === true && one.model !== model && isSameSpan(one.span, span));
}

/** The queryset that an action is given, where it is used; before all else where that is in several places. */
function actionEdits({ origin }: LazyLoad, method: Method, path: string, input: RuleInput): EditPlan {
  const { file } = origin.span;
  const def = pathTo(input.program, origin.span).findLast((node) => node.kind === "function");
  const name = def?.params.at(-1)?.name;
  const [first] = def?.body ?? [];
  const text = input.text(file);
  if (def === undefined || name === undefined || first === undefined) return none("load it in the action");
  if (isSharedAction(origin, input.facts)) return none("load it in the action, which other models have as well");
  const call = `.${method}(${quoted(path, styleOf(text))})`;
  const uses = def.body.flatMap((stmt) => nodesIn(stmt)).filter((node) => node.kind === "name" && node.name === name);
  const [use, ...others] = uses;
  if (use !== undefined && others.length === 0) return reviewed([insertion(file, use.end, call)], IN_ACTION);
  const before = first.kind === "expr" && first.value.kind === "str" ? def.body[1] : first;
  if (before === undefined || !/\n[\t ]*$/.test(text.slice(0, before.start))) return none("load it in the action");
  return reviewed([insertion(file, before.start, `${name} = ${name}${call}\n${indentAt(text, before.start)}`)], IN_ACTION);
}

const IN_ACTION = "whatever else the action does with the rows has it loaded too";

// ------------------------------------------------------------------------------------------- get_queryset

/** The class has a `get_queryset` of its own: its call is extended, or one is chained on what `super()` gives. */
function overrideEdits(load: LazyLoad, cls: ClassInfo, def: FunctionDef, method: Method, paths: readonly string[], input: RuleInput): EditPlan {
  const { file } = cls.module.ir;
  const inside = load.origin.calls.filter((call) => call.file === file && isInside(call, def));
  const existing = inside.findLast((call) => call.name === method && isExtensible(call));
  if (existing !== undefined) return reviewed(extendCall(sourceOf(input, file), existing, paths));
  const call = superCall(def, "get_queryset");
  if (call === null) return none(`load it in ${cls.name}.get_queryset()`);
  const chain = chainOn(call, inside);
  const span = { file, start: call.start, end: chain.at(-1)?.end ?? call.end };
  return reviewed([appendCall(sourceOf(input, file), span, chain, method, paths)]);
}

/** Calls chained on an expression, up to the first that is no longer a queryset of rows. */
function chainOn(root: Expr, calls: readonly ChainCall[]): ChainCall[] {
  const chained = calls.filter((call) => call.start === root.start && call.dot >= root.end).toSorted((a, b) => a.end - b.end);
  const end = chained.findIndex((call) => call.name === "values" || call.name === "values_list");
  return end === -1 ? chained : chained.slice(0, end);
}

function newOverride(cls: ClassInfo, params: string, args: string, method: Method, paths: readonly string[], input: RuleInput): EditPlan {
  const inherited = input.program.member(cls, "get_queryset");
  const { file } = cls.module.ir;
  const text = input.text(file);
  const last = cls.def.body.at(-1);
  if (last === undefined || inherited === null || !/\n[\t ]*$/.test(text.slice(0, last.start))) return none(`override get_queryset() in ${cls.name}`);
  const style = styleOf(text);
  const indent = indentAt(text, last.start);
  const names = paths.map((path) => quoted(path, style)).join(", ");
  const body = `\n\n${indent}def get_queryset(${params}):\n${indent}${style.step}return super().get_queryset(${args}).${method}(${names})`;
  return reviewed([insertion(file, lineEnd(text, last.end), body)]);
}

// ------------------------------------------------------------------------------------------- generic views

const VIEWS = ["django.views.generic.list.MultipleObjectMixin", "django.views.generic.detail.SingleObjectMixin"] as const;

const REST_VIEW = "rest_framework.generics.GenericAPIView";

/** `model = Order` gets a `queryset` beside it, where nothing else in the project decides on the queryset. */
function viewEdits(load: LazyLoad, cls: ClassInfo, method: Method, path: string, input: RuleInput): EditPlan {
  const inherited = input.program.member(cls, "get_queryset");
  const isElsewhere = inherited?.owner.module.origin === "project";
  if (isElsewhere && input.program.isSubclass(cls, REST_VIEW)) {
    const edits = newOverride(cls, "self", "", method, [path], input);
    return edits.edits.length === 0 ? edits : { ...edits, reason: `${inherited.owner.name} makes the queryset, and other pages may use it too` };
  }
  if (!VIEWS.some((view) => input.program.isSubclass(cls, view))) return none("the framework makes the queryset: give the class one of its own");
  const declared = attributeOf(cls.def, "model");
  const manager = input.graph.byLabel(load.origin.model)?.defaultManager;
  if (declared === null || isElsewhere || manager === undefined || declared.value.kind !== "name") {
    return newOverride(cls, "self", "", method, [path], input);
  }
  const { file } = cls.module.ir;
  const text = input.text(file);
  const line = `queryset = ${declared.value.name}.${manager}.${method}(${quoted(path, styleOf(text))})`;
  return reviewed([afterStatement(file, declared.stmt, line, text)]);
}
