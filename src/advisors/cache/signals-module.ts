/** Receivers that give a table a new generation when Django itself tells of a change. */
import type { RuleInput } from "../../model/index.ts";
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
  if (model === undefined || (model.cls.module.origin === "builtin" && model.app !== "auth")) return [];
  return [{ importLine: `from ${model.cls.module.name} import ${model.name}`, name: model.name }];
}

/** `shop.Book_genres` is `Book.genres.through`. */
function throughOf({ graph }: RuleInput, label: string): Sender[] {
  if (graph.models.has(label)) return [];
  for (const model of graph.models.values()) {
    const field = [...model.fields.values()].find(({ relation }) => relation?.kind === "m2m" && relation.through === label);
    if (field !== undefined && !model.isAbstract)
      return [{ importLine: `from ${model.cls.module.name} import ${model.name}`, name: `${model.name}.${field.name}.through` }];
  }
  return [];
}
