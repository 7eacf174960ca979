/** `save()` and `create()` in a loop as one `bulk_update()` or `bulk_create()` after it. */
import { fitText } from "../../fixes/fit-text.ts";
import { indentAt, lineEnd, lineStart, styleOf } from "../../fixes/source-text.ts";
import type { Call, EditDraft, Expr, Field, FixDraft, For, RuleInput } from "../../model/index.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { sourceText } from "../code.ts";
import { collectEdits, isNamedAfter, pluralOf } from "../collect-fix.ts";
import { classNameIn, isWholeBody, type LoopWrite } from "../loop-writes.ts";
import { isWithin } from "../../model/span.ts";

/** Rows for which one CASE expression is still quick to parse. */
const BATCH = 500;

/** Inserts: the rows are made in the loop and nothing needs their keys in it. */
export function bulkCreateFix(one: LoopWrite, input: RuleInput): FixDraft[] {
  const made = newRow(one, input);
  const { loop } = one.site;
  if (made === null || loop?.kind !== "for" || isModelQueried(one, loop, input)) return [];
  const title = "Insert the rows with one bulk_create()";
  const whole = wholeLoop(one, loop, made, input);
  if (whole !== null) return [{ title, safety: "review", edits: [whole] }];
  const edits = collectEdits(one, { element: made.element, list: pluralOf(one.model.name), bulk: (list) => `${made.manager}.bulk_create(${list})` }, input);
  return edits === null ? [] : [{ title, safety: "review", edits }];
}

interface NewRow {
  /** The row as it is made, or the name that holds it. */
  readonly element: string;
  readonly manager: string;
}

function newRow({ call, receiver, span, site, model, write }: LoopWrite, input: RuleInput): NewRow | null {
  const source = (at: Expr): string => sourceText(input, span.file, at);
  if (write.how === "create") {
    if (receiver.kind !== "attribute" || nameOf(receiver.object) !== model.name || call.args.length > 0 || isOwnMethod(model, receiver.name, input))
      return null;
    return { element: `${source(receiver.object)}${input.text(span.file).slice(call.callee.end, call.end)}`, manager: source(receiver) };
  }
  if (call.args.length + call.keywords.length > 0) return null;
  const manager = (cls: Expr): string => `${source(cls)}.${model.defaultManager}`;
  if (receiver.kind === "call") return nameOf(receiver.callee) === model.name ? { element: source(receiver), manager: manager(receiver.callee) } : null;
  if (receiver.kind !== "name" || site.loop === null || isNamedAfter(site.loop.body, receiver.name, call.end)) return null;
  const made = constructions(site.loop, receiver.name);
  const [first] = made;
  return first === undefined || made.some((value) => value === null || nameOf(value.callee) !== model.name)
    ? null
    : { element: receiver.name, manager: manager(first?.callee ?? receiver) };
}

/** What the loop assigns to a name; null for each value that is no call. */
function constructions(loop: LoopWrite["site"]["loop"] & object, name: string): (Call | null)[] {
  return [...nodesIn(loop)].flatMap((node) =>
    node.kind === "assign" && node.targets.some((target) => target.kind === "name" && target.name === name)
      ? [node.value?.kind === "call" ? node.value : null]
      : [],
  );
}

function nameOf(expr: Expr): string | null {
  return expr.kind === "name" || expr.kind === "attribute" ? expr.name : null;
}

/** A manager of the project may do more in its `create()`. */
function isOwnMethod(model: LoopWrite["model"], manager: string, input: RuleInput): boolean {
  const fact = model.managers.get(manager);
  const classes = [fact?.manager, fact?.queryset].filter((cls) => cls != null);
  return (
    fact === undefined || classes.some((cls) => ["create", "bulk_create"].some((name) => input.program.member(cls, name)?.owner.module.origin === "project"))
  );
}

/** Another statement on rows of the model in the loop would not find what is only collected. */
function isModelQueried({ model, span, write }: LoopWrite, loop: For, input: RuleInput): boolean {
  const body = { file: span.file, start: loop.headEnd, end: loop.end };
  const touching = [...input.facts.runs, ...input.facts.writes.filter((other) => other.span.start !== write.span.start)];
  return touching.some((one) => one.model === model.label && [one.span, ...one.calls].some((place) => isWithin(place, body)));
}

/** `for x in xs: Order.objects.create(a=x)` as one expression. */
function wholeLoop(one: LoopWrite, loop: For, { element, manager }: NewRow, input: RuleInput): EditDraft | null {
  const { file } = one.span;
  const text = input.text(file);
  if (!isWholeBody(one) || one.receiver.kind === "name" || text.slice(loop.start, lineEnd(text, loop.end)).includes("#") || /"""|'''/.test(element))
    return null;
  const source = (at: Expr): string => sourceText(input, file, at);
  const indent = indentAt(text, loop.start);
  const flat = `${manager}.bulk_create(${element} for ${source(loop.target)} in ${source(loop.iterable)})`;
  return { span: { file, start: loop.start, end: loop.end }, text: fitText(flat, { column: indent.length, indent }, styleOf(text, input.lineLength)) };
}

/** Updates: the loop sets columns of its own row and does nothing else with it. */
export function bulkUpdateFix(one: LoopWrite, input: RuleInput): FixDraft[] {
  const { loop } = one.site;
  const { receiver, model } = one;
  if (
    loop?.kind !== "for" ||
    receiver.kind !== "name" ||
    loop.target.kind !== "name" ||
    loop.target.name !== receiver.name ||
    model.parents.length > 0 ||
    isModelQueried(one, loop, input)
  )
    return [];
  const fields = changedFields(one, loop, receiver.name);
  const cls = classNameIn(model, one.span.file, input);
  if (fields === null || fields.length === 0 || cls === null || fields.some((field) => field.primaryKey)) return [];
  const text = input.text(one.span.file);
  const { quote } = styleOf(text);
  const names = fields.map(({ name }) => `${quote}${name}${quote}`).join(", ");
  const bulk = (rows: string): string => `${cls}.${model.defaultManager}.bulk_update(${rows}, [${names}], batch_size=${BATCH})`;
  const edits = afterLoop(one, loop, bulk, input) ?? collectEdits(one, { element: receiver.name, list: `changed_${pluralOf(model.name)}`, bulk }, input);
  return edits === null ? [] : [{ title: "Write the changed columns with one bulk_update()", safety: "review", edits }];
}

/** Every row is saved, and the loop's own variable still has them all afterwards. */
function afterLoop(one: LoopWrite, loop: For, bulk: (rows: string) => string, input: RuleInput): EditDraft[] | null {
  const { file } = one.span;
  const text = input.text(file);
  const stmt = loop.body.find((body) => body.kind === "expr" && body.value === one.call);
  const run = input.facts.runs.find(
    (found) => found.how === "iterate" && found.span.file === file && found.span.start === loop.iterable.start && found.span.end === loop.iterable.end,
  );
  const jumps = [...nodesIn(loop)].some((node) => node.kind === "jump" && node.type === "continue");
  if (stmt === undefined || loop.iterable.kind !== "name" || run === undefined || jumps || loop.isAsync || loop.otherwise.length > 0) return null;
  if (one.loop.origin?.calls.some((call) => call.name === "iterator") !== false || loop.body.length < 2) return null;
  const indent = indentAt(text, loop.start);
  const statement = fitText(bulk(loop.iterable.name), { column: indent.length, indent }, styleOf(text, input.lineLength));
  const start = lineStart(text, stmt.start);
  const end = lineEnd(text, stmt.end);
  if (text.slice(start, stmt.start).trim() !== "" || text.slice(stmt.end, end).trim() !== "") return null;
  if (stmt === loop.body.at(-1)) return [{ span: { file, start, end }, text: `${indent}${statement}` }];
  const last = lineEnd(text, loop.end);
  return [
    { span: { file, start, end: end + 1 }, text: "" },
    { span: { file, start: last, end: last }, text: `\n${indent}${statement}` },
  ];
}

/** The columns that `save()` has to write; null where the loop does more with the row than set columns. */
function changedFields({ call, model }: LoopWrite, loop: For, row: string): Field[] | null {
  const set = setAttributes(loop, row, call);
  if (set === null || call.args.length > 0 || call.keywords.some(({ name }) => name !== "update_fields")) return null;
  const listed = call.keywords[0]?.value;
  const names = listed === undefined ? [...set] : stringsOf(listed);
  const fields = names?.map(
    (name) => [...model.fields.values()].find((field) => field.attname !== null && (field.name === name || field.attname === name)) ?? null,
  );
  if (fields === undefined || fields.some((field) => field === null)) return null;
  const own = [...new Set(fields.flatMap((field) => (field === null ? [] : [field])))];
  const stamped = listed === undefined ? [...model.fields.values()] : own;
  return stamped.some(isStamped) ? null : own;
}

/** `save()` sets such a column to the present time, `bulk_update()` does not. */
function isStamped({ declaration }: Field): boolean {
  return (
    declaration?.kind === "call" &&
    declaration.keywords.some(({ name, value }) => name === "auto_now" && !(value.kind === "constant" && value.value === "false"))
  );
}

/** Attributes that the loop sets on its row; null where the row itself goes anywhere else. */
function setAttributes(loop: For, row: string, save: Call): ReadonlySet<string> | null {
  const set = new Set<string>();
  let uses = 0;
  const isRow = (expr: Expr): boolean => expr.kind === "name" && expr.name === row;
  for (const body of loop.body) {
    for (const node of nodesIn(body)) {
      if (node.kind === "name" && node.name === row) uses += 1;
      if (node.kind === "attribute" && isRow(node.object)) uses -= 1;
      if (node.kind === "call" && node !== save && node.callee.kind === "attribute" && isRow(node.callee.object)) return null;
      const targets = node.kind === "assign" ? node.targets : node.kind === "augment" ? [node.target] : [];
      for (const target of targets) if (target.kind === "attribute" && isRow(target.object)) set.add(target.name);
    }
  }
  return uses === 0 ? set : null;
}

function stringsOf(expr: Expr): string[] | null {
  if (expr.kind !== "sequence") return null;
  const values = expr.items.flatMap((item) => (item.kind === "str" ? [item.value] : []));
  return values.length === expr.items.length ? values : null;
}
