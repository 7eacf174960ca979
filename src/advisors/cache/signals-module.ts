/** Receivers that give a table a new generation when Django itself tells of a change. */
import type { Model, ModelGraph, RuleInput } from "../../model/index.ts";
import { labelsByTable } from "../../rules/caching/tables.ts";

interface Sender {
  readonly importLine: string;
  readonly name: string;
}

/** Null where no table is a model's of this project or of a package that was read. */
export function signalsModule(tables: readonly string[], source: RuleInput): string | null {
  const labels = labelsByTable(source.graph);
  const saved = tables.flatMap((table) => modelOf(source, labels.get(table) ?? ""));
  const linked = tables.flatMap((table) => throughOf(source, labels.get(table) ?? ""));
  if (saved.length + linked.length === 0) return null;
  const imports = [...new Set([...saved, ...linked].map(({ importLine }) => importLine))].toSorted();
  const signals = [...(linked.length > 0 ? ["m2m_changed"] : []), ...(saved.length > 0 ? ["post_delete", "post_save"] : [])];
  return `"""New generations for rows that are saved and deleted one by one: forms, the admin site, cascades. Import it in an AppConfig's ready().

update(), bulk_update(), bulk_create() and SQL send no signal: they need changed() beside them.
"""

from django.db.models.signals import ${signals.join(", ")}

from generations import changed
${imports.join("\n")}


def _changed(sender, using, **kwargs):
    changed(sender._meta.db_table, using=using)

${saved.map(({ name }) => `\npost_save.connect(_changed, sender=${name}, dispatch_uid="generation of ${name}")\npost_delete.connect(_changed, sender=${name}, dispatch_uid="generation of ${name}")`).join("")}${linked.map(({ name }) => `\nm2m_changed.connect(_changed, sender=${name}, dispatch_uid="generation of ${name}")`).join("")}
`;
}

function modelOf({ graph }: RuleInput, label: string): Sender[] {
  const model = graph.models.get(label);
  if (model === undefined || throughField(graph, label) !== null || (model.cls.module.origin === "builtin" && model.app !== "auth")) return [];
  return [{ importLine: `from ${model.cls.module.name} import ${model.name}`, name: model.name }];
}

function throughOf({ graph }: RuleInput, label: string): Sender[] {
  const found = throughField(graph, label);
  if (found === null) return [];
  const { model, field } = found;
  return [{ importLine: `from ${model.cls.module.name} import ${model.name}`, name: `${model.name}.${field}.through` }];
}

/** The many-to-many field whose links Django itself keeps under this label: `shop.Book_genres` is `Book.genres.through`, and no module has it. */
function throughField(graph: ModelGraph, label: string): { readonly model: Model; readonly field: string } | null {
  for (const model of graph.models.values()) {
    if (model.isAbstract || !label.startsWith(`${model.label}_`)) continue;
    const field = model.fields.get(label.slice(model.label.length + 1));
    if (field?.relation?.kind === "m2m" && field.relation.through === label) return { model, field: field.name };
  }
  return null;
}
