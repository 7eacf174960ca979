/** Takes what a query of its own took out of the prefetched rows in Python. */
import { fitText } from "../../fixes/fit-text.ts";
import { indentAt, lineStart, styleOf } from "../../fixes/source-text.ts";
import type { Call, Comprehension, EditDraft, Expr, FixDraft, LazyLoad, Model, RuleInput } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { callAt, namesIn, sourceText } from "../code.ts";

/** One edit for each read, all of them or none. */
export function chooseFix(loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  const edits = loads.map((load) => chooseEdit(load, input));
  const whole = edits.filter((edit) => edit !== null);
  return whole.length === 0 || whole.length < edits.length ? [] : [{ title: "Choose among the prefetched rows", safety: "review", edits: whole }];
}

function chooseEdit({ access, target }: LazyLoad, input: RuleInput): EditDraft | null {
  const call = callAt(input, access);
  const model = input.graph.byLabel(target ?? "");
  if (call?.callee.kind !== "attribute" || call.callee.object.kind !== "attribute" || model === null) return null;
  const manager = sourceText(input, access.file, call.callee.object);
  switch (call.callee.name) {
    case "first":
    case "last":
      return call.args.length === 0 && model.ordering.length === 0 ? extremeEdit(call.callee.name, `${manager}.all()`, model, access, input) : null;
    case "filter":
      return conditionEdit(call, manager, model, access, input);
    case "values_list":
      return listEdit(call, manager, model, access, input);
    default:
      return null;
  }
}

/** Without an order, `first()` and `last()` go by the key. */
function extremeEdit(method: "first" | "last", rows: string, model: Model, span: LazyLoad["access"], input: RuleInput): EditDraft {
  const text = input.text(span.file);
  const row = rowName(model);
  const call = `${method === "first" ? "min" : "max"}(${rows}, key=lambda ${row}: ${row}.pk, default=None)`;
  return {
    span,
    text: fitText(call, { column: span.start - lineStart(text, span.start), indent: indentAt(text, span.start) }, styleOf(text, input.lineLength)),
  };
}

/** `… for line in order.lines.filter(paid=True)` becomes `… for line in order.lines.all() if line.paid == True`. */
function conditionEdit(call: Call, manager: string, model: Model, span: LazyLoad["access"], input: RuleInput): EditDraft | null {
  const path = pathTo(input.program, span);
  const comprehension = path.findLast((node): node is Comprehension => node.kind === "comprehension");
  const clause = comprehension?.clauses.find((one) => one.iterable === call);
  if (clause?.target.kind !== "name" || clause.conditions.length > 0 || comprehension?.clauses.length !== 1 || call.args.length > 0) return null;
  const row = clause.target.name;
  const tests = call.keywords.map(({ name, value }) => testOf(row, name, value, model, sourceText(input, span.file, value)));
  if (tests.length === 0 || tests.some((test) => test === null)) return null;
  return { span, text: `${manager}.all() if ${tests.join(" and ")}` };
}

/** Only what Python compares as the database does: whole numbers, truths, dates and keys. */
const EXACT = /\.(?:\w*Integer|Boolean|Date|\w*Auto|UUID|Foreign|OneToOne)(?:Field|Key)$/;

function testOf(row: string, name: string, value: Expr, model: Model, source: string): string | null {
  const field = model.fields.get(name) ?? [...model.fields.values()].find((one) => one.attname === name);
  if (field?.attname == null || !EXACT.test(field.type) || namesIn(value).has(row)) return null;
  if (value.kind === "constant" && value.value !== "none") return value.value === "true" ? `${row}.${name}` : `not ${row}.${name}`;
  const isSimple = value.kind === "num" || value.kind === "name" || value.kind === "attribute";
  return isSimple && field.relation === null ? `${row}.${name} == ${source}` : null;
}

/** `list(order.lines.values_list("price", flat=True))` becomes `[line.price for line in order.lines.all()]`. */
function listEdit(call: Call, manager: string, model: Model, span: LazyLoad["access"], input: RuleInput): EditDraft | null {
  const path = pathTo(input.program, span);
  const list = path[path.indexOf(call) - 1];
  const [column, ...more] = call.args;
  const isFlat = call.keywords.length === 1 && call.keywords[0]?.name === "flat";
  if (list?.kind !== "call" || list.callee.kind !== "name" || list.callee.name !== "list" || list.args[0] !== call || !isFlat) return null;
  if (column?.kind !== "str" || more.length > 0 || model.fields.get(column.value)?.relation !== null) return null;
  const row = rowName(model);
  return { span: { file: span.file, start: list.start, end: list.end }, text: `[${row}.${column.value} for ${row} in ${manager}.all()]` };
}

function rowName(model: Model): string {
  return model.name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
}
