/** Counts of a relation's rows for each row of a queryset, asked for with the queryset. */
import type { EditDraft, FixDraft, LazyLoad, RuleInput } from "../model/index.ts";
import { addImport } from "./add-import.ts";
import { insertion } from "./chain-edit.ts";
import { stepsOf } from "./eager-paths.ts";
import { moduleOf } from "./syntax.ts";

/**
 * `annotate(n_lines=Count("lines", distinct=True))` on the queryset, and `n_lines` where the rows were counted. `distinct`
 * keeps the count right beside other joins. Advice where the same code also gets rows of another queryset, where a read
 * is not a plain count, or where the queryset is not written as a chain.
 */
export function countAnnotationFix(loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  const [load] = loads;
  if (load === undefined) return [];
  const name = `n_${load.path}`;
  const title = `Count ${load.path.replaceAll("__", ".")} with the queryset`;
  const obstacle = whyNot(load, loads, name, input);
  if (obstacle !== null) return [{ title: `${title}: ${obstacle}`, safety: "advice", edits: [] }];
  const reads = loads.map((one) => readEdit(one, name, input)).filter((edit) => edit !== null);
  if (reads.length < loads.length) return [{ title: `${title}: not every read is a plain count`, safety: "advice", edits: [] }];
  return [{ title, safety: "review", edits: [...annotation(load, name, input), ...reads] }];
}

function whyNot(load: LazyLoad, loads: readonly LazyLoad[], name: string, input: RuleInput): string | null {
  const { origin } = load;
  const model = input.graph.byLabel(origin.model);
  const written = input.text(origin.span.file).slice(origin.span.start, origin.span.end);
  const [step] = stepsOf(input.graph, origin.model, load.path) ?? [];
  if (step === undefined || load.path.includes("__")) return `annotate it where the rows of ${model?.name ?? origin.model} come from`;
  if (origin.kind !== "manager" || load.withoutCaller) return "annotate it where the queryset is made";
  if (!origin.span.file.endsWith(".py") || !written.endsWith(")") || /\.(?:values|values_list|union)\(/.test(written)) return "the queryset is not one chain of calls";
  if (origin.calls.some((call) => call.name === "annotate" || call.name === "values" || call.name === "distinct")) return "the queryset is grouped already: use a subquery";
  if (model?.fields.has(name) === true) return `the model has a ${name} of its own`;
  const isShared = input.facts.loads.some((other) => other.origin !== origin && loads.some((one) => isSamePlace(one, other)));
  return isShared ? "the same code gets rows of other querysets as well" : null;
}

function isSamePlace(a: LazyLoad, b: LazyLoad): boolean {
  return a.access.file === b.access.file && a.access.start === b.access.start;
}

function annotation(load: LazyLoad, name: string, input: RuleInput): EditDraft[] {
  const { file, end } = load.origin.span;
  const module = moduleOf(input.program, file);
  if (module === null) return [];
  const count = addImport(module, input.text(file), "django.db.models", "Count");
  const query = stepsOf(input.graph, load.origin.model, load.path)?.[0]?.queryName ?? load.path;
  return [...count.edits, insertion(file, end, `.annotate(${name}=${count.name}("${query}", distinct=True))`)];
}

/** `order.lines.count()`, `order.lines.all().count()`, and the same in a template. */
function readEdit(load: LazyLoad, name: string, input: RuleInput): EditDraft | null {
  const { file, start, end } = load.access;
  const read = input.text(file).slice(start, end);
  const form = new RegExp(String.raw`\.${load.path}(?:\.all(?:\(\))?)?\.count(?:\(\))?$`).exec(read);
  return form === null ? null : { span: { file, start: start + form.index + 1, end }, text: name };
}
