/** A loop that does nothing but create rows, as one statement. */
import type { Call, FixDraft, For, Model, RuleInput } from "../model/index.ts";
import { indentAt, styleOf } from "./source-text.ts";

/** Why `bulk_create` would leave something out that `create` does; null when nothing speaks against it. */
export function bulkCreateHazard(model: Model, { program }: RuleInput): string | null {
  if (model.parents.length > 0) return "bulk_create() cannot write a model with a multi-table parent";
  if (model.signals.some((signal) => /(?:pre|post)_save$/.test(signal))) return "bulk_create() sends no pre_save and post_save";
  const save = program.member(model.cls, "save");
  return save?.owner.module.origin === "project" ? "bulk_create() does not call the model's save()" : null;
}

/**
 * `for x in xs: Order.objects.create(a=x)` as `Order.objects.bulk_create(Order(a=x) for x in xs)`; advice where
 * `bulk_create` would not do the same or the loop does more.
 */
export function bulkCreateFix(loop: For, model: Model, file: string, input: RuleInput): FixDraft[] {
  const title = "Create the rows with bulk_create()";
  const hazard = bulkCreateHazard(model, input);
  if (hazard !== null) return [{ title: `${title}: ${hazard}`, safety: "advice", edits: [] }];
  const call = onlyCreate(loop);
  const text = input.text(file);
  const owner = call?.callee.kind === "attribute" && call.callee.object.kind === "attribute" ? call.callee.object : null;
  const hasComment = text.slice(loop.start, loop.end).includes("#");
  if (call === null || owner === null || owner.object.kind !== "name" || hasComment) {
    return [{ title: `${title}: collect the objects in the loop and create them after it`, safety: "advice", edits: [] }];
  }
  const source = (at: { readonly start: number; readonly end: number }): string => text.slice(at.start, at.end);
  const indent = indentAt(text, loop.start);
  const inner = `${indent}${styleOf(text).step}`;
  const made = `${owner.object.name}${text.slice(call.callee.end, call.end)}`;
  const body = `${inner}${made}\n${inner}for ${source(loop.target)} in ${source(loop.iterable)}`;
  const edit = { span: { file, start: loop.start, end: loop.end }, text: `${source(owner)}.bulk_create(\n${body}\n${indent})` };
  return [{ title, safety: "review", edits: [edit] }];
}

function onlyCreate(loop: For): Call | null {
  const [stmt] = loop.body;
  if (loop.body.length !== 1 || loop.otherwise.length > 0 || loop.isAsync || stmt?.kind !== "expr" || stmt.value.kind !== "call") return null;
  const call = stmt.value;
  return call.callee.kind === "attribute" && call.callee.name === "create" ? call : null;
}
