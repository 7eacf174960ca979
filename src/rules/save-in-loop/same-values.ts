/** A loop that sets the same values in each of its rows: one `update()` says as much, without fetching them. */
import type { Assign, Expr, FixDraft, RuleInput } from "../../model/index.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { changedNames, namesIn, sourceText } from "../code.ts";
import { autoNowFields, hasComment, isOverQueryset, isReadLater, type LoopWrite } from "../loop-writes.ts";

export interface SameValue {
  readonly column: string;
  readonly value: Expr;
}

/** What each round sets before it saves its row; null where a round may set something else, or nothing. */
export function sameValues(one: LoopWrite, input: RuleInput): readonly SameValue[] | null {
  const { site, receiver, call, model, span } = one;
  const { loop } = site;
  if (loop?.kind !== "for" || loop.target.kind !== "name" || receiver.kind !== "name" || receiver.name !== loop.target.name) return null;
  if (!isOverQueryset(one, input) || !loop.body.some((stmt) => stmt.kind === "expr" && stmt.value === call)) return null;
  const isSet = (target: Expr): boolean => target.kind === "attribute" && target.object.kind === "name" && target.object.name === receiver.name;
  const assigns = [...nodesIn(loop)].filter((node): node is Assign => node.kind === "assign" && node.targets.some(isSet));
  const augmented = [...nodesIn(loop)].some((node) => node.kind === "augment" && isSet(node.target));
  const changed = changedNames(loop, call);
  const found: SameValue[] = [];
  for (const assign of assigns) {
    const [target, ...more] = assign.targets;
    const { value } = assign;
    if (!loop.body.includes(assign) || assign.end > span.start || more.length > 0 || target?.kind !== "attribute" || value === null) return null;
    const column = model.fields.get(target.name);
    if (column === undefined || column.attname === null || column.primaryKey) return null;
    // A call may give each row a value of its own.
    if ([...nodesIn(value)].some(({ kind }) => kind === "call") || [...namesIn(value)].some((name) => changed.has(name))) return null;
    found.push({ column: target.name, value });
  }
  const columns = new Set(found.map(({ column }) => column));
  return augmented || found.length === 0 || columns.size < found.length ? null : found;
}

export function updateText(values: readonly SameValue[], file: string, input: RuleInput): string {
  return `update(${values.map(({ column, value }) => `${column}=${sourceText(input, file, value)}`).join(", ")})`;
}

/** The loop does nothing but set and save. */
export function updateFix(one: LoopWrite, values: readonly SameValue[], input: RuleInput): FixDraft[] {
  const { file } = one.span;
  const { loop, iterable } = one.site;
  if (loop === null || iterable === null || loop.body.length !== values.length + 1 || loop.otherwise.length > 0) return [];
  if (hasComment(one, input) || isReadLater(one, iterable, input) || autoNowFields(one.model).length > 0 || one.call.args.length > 0) return [];
  const text = `${sourceText(input, file, iterable)}.${updateText(values, file, input)}`;
  return [{ title: "Write the rows with one update()", safety: "review", edits: [{ span: { file, start: loop.start, end: loop.end }, text }] }];
}
