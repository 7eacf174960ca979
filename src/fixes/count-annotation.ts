/** Counts and existence tests of a relation's rows for each row of a queryset, asked for with the queryset. */
import type { ChainCall, EditDraft, Field, FixDraft, LazyLoad, Model, RuleInput } from "../model/index.ts";
import { moduleOf, nodesIn } from "../python/syntax-tree.ts";
import { addImport, addImports } from "./add-import.ts";
import { chainCall, isChainable, ownCalls, withoutAll } from "./chain-edit.ts";
import { queryPath, stepsOf, stepsToPayers } from "./eager-paths.ts";
import { isChangedInLoop } from "./eager-verdict.ts";
import { quoted, sourceOf, styleOf } from "./source-text.ts";

/**
 * `annotate(n_lines=Count("lines", distinct=True))` on the queryset, and `n_lines` where the rows were counted. `distinct`
 * keeps the count right beside other joins. Advice where the same code also gets rows of another queryset, where a read
 * is not a plain count, or where the queryset is not written as a chain.
 */
export function countAnnotationFix(loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  return annotationFix(loads, { method: "count", prefix: "n_", title: "Count", value: countOf }, input);
}

/** `annotate(has_lines=Exists(Line.objects.filter(order=OuterRef("pk"))))`, and `has_lines` where it was asked. */
export function existsAnnotationFix(loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  return annotationFix(loads, { method: "exists", prefix: "has_", title: "Test for", value: existsOf }, input);
}

interface Question {
  readonly method: "count" | "exists";
  readonly prefix: string;
  readonly title: string;
  /** The annotation's expression; null where it cannot be written in the file. */
  readonly value: (load: LazyLoad, step: Field, input: RuleInput) => Annotation | null;
}

interface Annotation {
  readonly text: string;
  readonly imports: readonly EditDraft[];
}

function annotationFix(loads: readonly LazyLoad[], question: Question, input: RuleInput): FixDraft[] {
  const [load] = loads;
  if (load === undefined) return [];
  const name = `${question.prefix}${load.path.replace(/_set$/, "s")}`;
  const title = `${question.title} ${load.path.replaceAll("__", ".")} with the queryset`;
  const advice = (reason: string): FixDraft[] => [{ title: `${title}: ${reason}`, safety: "advice", edits: [] }];
  const obstacle = whyNot(load, loads, { method: question.method, name }, input);
  if (obstacle !== null) return advice(obstacle);
  // The manager of the relation filters, and a Count knows nothing of that.
  if (question.method === "count" && loads.some(({ narrowed }) => narrowed === true)) return advice("the rows are filtered: give the count the same filter");
  if (question.method === "count" && isFilteredByPath(load, input)) return advice("a filter on the same rows would narrow the count: use a subquery");
  if (question.method === "count" && isCountedBeside(load, input)) return advice(`${BESIDE}: use a subquery for each`);
  const reads = loads.map((one) => readEdit(one, name, question.method, input)).filter((edit) => edit !== null);
  if (reads.length < loads.length) return advice(`not every read is a plain ${question.method}()`);
  const [step] = stepsOf(input.graph, load.origin.model, load.path) ?? [];
  const value = step === undefined ? null : question.value(load, step, input);
  if (value === null) return advice("annotate it where the queryset is made");
  const { span } = load.origin;
  const source = sourceOf(input, span.file);
  const calls = ownCalls(load.origin);
  const call = withoutAll(source, chainCall(source, span, calls, `.annotate(${name}=${value.text})`), calls, load.origin, input);
  // An eager load that is missing costs a query; an annotation that is missing is an AttributeError.
  const reason = loads.some((one) => one.calls.length > 0) ? ": other callers of the code that reads it, tests too, have to annotate their rows" : "";
  return [{ title: `${title}${reason}`, safety: "review", edits: [...value.imports, call, ...reads] }];
}

interface Asked {
  readonly method: Question["method"];
  readonly name: string;
}

function whyNot(load: LazyLoad, loads: readonly LazyLoad[], { method, name }: Asked, input: RuleInput): string | null {
  const { origin } = load;
  const model = input.graph.byLabel(origin.model);
  const written = input.text(origin.span.file).slice(origin.span.start, origin.span.end);
  const [step] = stepsOf(input.graph, origin.model, load.path) ?? [];
  if (step === undefined || load.path.includes("__")) return whereDeeper(load, model, input);
  if (isChangedInLoop(load, input.facts)) return "the loop writes to these rows, and what was asked before it does not see that";
  if (origin.kind !== "manager" || load.withoutCaller) return "annotate it where the queryset is made";
  if (!isChainable(origin, input)) return "annotate it on the queryset that the code takes its rows from";
  if (!origin.span.file.endsWith(".py") || !written.endsWith(")") || /\.(?:values|values_list|union)\(/.test(written))
    return "the queryset is not one chain of calls";
  // An `Exists` groups nothing, and Django counts for no `distinct("name")`.
  if (origin.calls.some((call) => call.name === "annotate" || call.name === "values" || (call.name === "distinct" && method === "count")))
    return "the queryset is grouped already: use a subquery";
  if (model?.fields.has(name) === true) return `the model has a ${name} of its own`;
  const isShared = input.facts.loads.some((other) => other.origin !== origin && loads.some((one) => isSamePlace(one, other)));
  return isShared ? "the same code gets rows of other querysets as well" : null;
}

/** Rows of a relation to many on the way have their own answers: the rows that the queryset begins with have only the sum. */
function whereDeeper({ origin, path }: LazyLoad, model: Model | null, { graph }: RuleInput): string {
  const steps = stepsToPayers(graph, origin.model, path);
  if (steps === 0) return `annotate it where the rows of ${model?.name ?? origin.model} come from`;
  return `annotate it in the queryset of a Prefetch of ${path.split("__").slice(0, steps).join("__")}`;
}

/** After `filter(lines__price=0)` a `Count("lines")` uses the filter's join, and counts only what passed it. */
export function isFilteredByPath(load: LazyLoad, { graph }: Pick<RuleInput, "graph">): boolean {
  const path = queryPath(load, graph);
  const names = load.origin.calls.filter(({ name }) => name === "filter").flatMap(conditionsOf);
  return names.some((name) => name === path || name.startsWith(`${path}__`));
}

export const BESIDE = "the same rows are asked for a second relation too, and two joins in one query multiply their rows";

/** Another relation of the same rows is counted as well. */
export function isCountedBeside({ origin, path }: LazyLoad, { facts }: Pick<RuleInput, "facts">): boolean {
  const before = path.split("__").slice(0, -1).join("__");
  return facts.loads.some(
    (other) =>
      other.origin.id === origin.id &&
      (other.method === "count" || other.method === "aggregate") &&
      other.path !== path &&
      other.path.split("__").slice(0, -1).join("__") === before,
  );
}

/** Names of the conditions that a filter is given, those within `Q` objects too. */
function conditionsOf({ args, keywords }: ChainCall): string[] {
  const questions = args.flatMap((arg) => nodesIn(arg)).filter((node) => node.kind === "call" && node.callee.kind === "name" && node.callee.name === "Q");
  return [...keywords, ...questions.flatMap((node) => (node.kind === "call" ? node.keywords : []))].map(({ name }) => name);
}

function isSamePlace(a: LazyLoad, b: LazyLoad): boolean {
  return a.access.file === b.access.file && a.access.start === b.access.start;
}

function countOf({ origin }: LazyLoad, step: Field, input: RuleInput): Annotation | null {
  const { file } = origin.span;
  const module = moduleOf(input.program, file);
  if (module === null) return null;
  const text = input.text(file);
  const count = addImport(module, text, "django.db.models", "Count");
  return { text: `${count.name}(${quoted(step.queryName, styleOf(text))}, distinct=True)`, imports: count.edits };
}

/** Only where the file knows the other model already: an import of models can go in a circle. */
function existsOf({ origin }: LazyLoad, step: Field, input: RuleInput): Annotation | null {
  const { file } = origin.span;
  const module = moduleOf(input.program, file);
  const target = input.graph.byLabel(step.relation?.target ?? "");
  const back = target?.fields.get(step.relation?.back ?? "")?.queryName;
  if (module === null || target === null || back === undefined || !isKnown(target, module, input)) return null;
  const text = input.text(file);
  const { names, edits } = addImports(module, text, "django.db.models", ["Exists", "OuterRef"]);
  const [exists = "", outer = ""] = names;
  const rows = `${target.name}.${target.defaultManager}.filter(${back}=${outer}(${quoted("pk", styleOf(text))}))`;
  return { text: `${exists}(${rows})`, imports: edits };
}

function isKnown(model: Model, module: NonNullable<ReturnType<typeof moduleOf>>, input: RuleInput): boolean {
  const symbol = input.program.resolve(module, model.name);
  return symbol?.kind === "class" && symbol.cls === model.cls;
}

/** `order.lines.count()`, `order.lines.all().count()`, and the same in a template. */
function readEdit(load: LazyLoad, name: string, method: string, input: RuleInput): EditDraft | null {
  const { file, start, end } = load.access;
  const read = input.text(file).slice(start, end);
  const form = new RegExp(String.raw`\.${load.path}(?:\.all(?:\(\))?)?\.${method}(?:\(\))?$`).exec(read);
  return form === null ? null : { span: { file, start: start + form.index + 1, end }, text: name };
}
