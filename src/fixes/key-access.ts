/** `book.author.id` asks the database for what `book.author_id` already has. */
import type { Field, FixDraft, LazyLoad, RuleInput } from "../model/index.ts";
import { stepsOf } from "./eager-paths.ts";

/**
 * Reads the foreign key's own column where nothing but the key of the related row is read, in Python and templates.
 * Null when one of the loads reads more than that.
 */
export function keyAccessFix(loads: readonly LazyLoad[], input: RuleInput): FixDraft | null {
  const [first] = loads;
  const field = first === undefined ? null : keyField(first, input);
  if (first === undefined || field?.attname == null || !loads.every((load) => load.keyOnly && load.path === first.path)) return null;
  const edits = loads.map((load) => keyEdit(load, field, input));
  const whole = edits.filter((edit) => edit !== null);
  if (whole.length < edits.length) return null;
  const title = `Read ${field.attname}, which came with the row`;
  if (!field.null) return { title, safety: "safe", edits: whole };
  return { title: `${title}: where there is none it is None`, safety: "review", edits: whole };
}

function keyField(load: LazyLoad, { graph }: RuleInput): Field | null {
  const field = stepsOf(graph, load.origin.model, load.path)?.at(-1);
  if (field?.relation == null || (field.relation.kind !== "fk" && field.relation.kind !== "o2o")) return null;
  const target = graph.byLabel(field.relation.target ?? "");
  const isByKey = field.declaration?.kind === "call" && !field.declaration.keywords.some(({ name }) => name === "to_field" || name === "");
  return target !== null && target.parents.length === 0 && isByKey ? field : null;
}

function keyEdit({ access }: LazyLoad, field: Field, input: RuleInput): FixDraft["edits"][number] | null {
  const text = input.text(access.file);
  const read = text.slice(access.start, access.end);
  const key = /^\.\w+/.exec(text.slice(access.end))?.[0];
  if (key === undefined || !read.endsWith(`.${field.name}`)) return null;
  const start = access.end - field.name.length;
  return { span: { file: access.file, start, end: access.end + key.length }, text: field.attname ?? field.name };
}
